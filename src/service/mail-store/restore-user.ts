import { UserError } from '../../base/errors.ts';
import type { MailStore } from '../../port/mailbox.ts';
import { type ImportReport, type ImportedMessage, importMail } from './import-mail.ts';
import type { MailArchive } from './mail-archive.ts';

/** Puts back what a user had in a backup and has no more. Doing it twice puts nothing back twice. @throws UserError, KernelError, DamagedRecordError */
export async function restoreUser(
  archive: MailArchive,
  user: string,
  store: MailStore,
): Promise<ImportReport> {
  const maildrop = await store.open(user);
  if (maildrop === undefined) {
    throw new UserError(`Cannot restore the mail of "${user}": the mailbox is in use just now, try again`);
  }
  try {
    // A message that was put back before has another uid, but the same size and time.
    const present = new Set(maildrop.messages.map(likeness));
    const missing = archive.messages(user).filter((message) => !present.has(likeness(message)));
    return await importMail(store, user, read(archive, missing));
  } finally {
    maildrop.close();
  }
}

function likeness({ size, received }: { readonly size: number; readonly received: number }): string {
  return `${size} ${received}`;
}

async function* read(
  archive: MailArchive,
  messages: ReturnType<MailArchive['messages']>,
): AsyncGenerator<ImportedMessage> {
  for (const { id, received } of messages) {
    const content = await archive.read(id);
    if (content !== undefined) yield { received, content };
  }
}
