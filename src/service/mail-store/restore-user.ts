import { UserError } from '../../base/errors.ts';
import { missingMessages } from '../../engine/mail-store/missing-messages.ts';
import { DamagedRecordError } from '../../io/journal/damaged-record-error.ts';
import type { MailStore } from '../../port/mailbox.ts';
import { type ImportReport, type ImportedMessage, importMail } from './import-mail.ts';
import type { MailArchive } from './mail-archive.ts';

export interface RestoreReport extends ImportReport {
  /** Why messages that are damaged in the backup are left out. */
  readonly unreadable: readonly string[];
}

/** Puts back what a user had in a backup and has no more. Doing it twice puts nothing back twice. @throws UserError, KernelError */
export async function restoreUser(
  archive: MailArchive,
  user: string,
  store: MailStore,
): Promise<RestoreReport> {
  const maildrop = await store.open(user);
  if (maildrop === undefined) {
    throw new UserError(`Cannot restore the mail of "${user}": the mailbox is in use just now, try again`);
  }
  try {
    const missing = missingMessages(archive.messages(user), maildrop.messages);
    const unreadable: string[] = [];
    const messages = readArchived(archive, missing, (reason) => unreadable.push(reason));
    return { ...(await importMail(store, user, messages)), unreadable };
  } finally {
    maildrop.close();
  }
}

/** The messages with their bytes, without those that are damaged in the backup. */
export async function* readArchived(
  archive: MailArchive,
  messages: readonly { readonly id: number; readonly received: ImportedMessage['received'] }[],
  onUnreadable: (reason: string) => void,
): AsyncGenerator<ImportedMessage> {
  for (const { id, received } of messages) {
    try {
      const content = await archive.read(id);
      if (content !== undefined) yield { received, content };
    } catch (error) {
      if (!(error instanceof DamagedRecordError)) throw error;
      onUnreadable(error.message);
    }
  }
}
