import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { counted } from '../base/counted.ts';
import { UserError } from '../base/errors.ts';
import { kernelErrorFrom } from '../io/node/errors.ts';
import { nodeFiles } from '../io/node/files.ts';
import type { ListedMail, MailList } from '../port/mail-import.ts';
import type { MailStore } from '../port/mailbox.ts';
import type { MailArchive } from '../service/mail-store/mail-archive.ts';
import type { ApiClient } from './client.ts';
import type { Command, Context } from './command.ts';
import { dataHolder } from './data-holder.ts';
import { MailCarrier } from './mail-carrier.ts';
import { storeFiles, valueOf } from './mail-directory.ts';

async function listOf(api: ApiClient, user: string): Promise<ListedMail[]> {
  const found: ListedMail[] = [];
  for (let query = ''; ;) {
    const path = `/api/mail/mailboxes/${encodeURIComponent(user)}/messages${query}`;
    const { messages, more } = await api.get<MailList>(path);
    found.push(...messages);
    const last = messages.at(-1);
    if (!more || last === undefined) return found;
    query = `?after=${encodeURIComponent(last.uid)}`;
  }
}

/** Through the box: it takes mail, and people read it, meanwhile. */
async function restoreRunning({ api, print }: Context, user: string, archive: MailArchive): Promise<void> {
  const { missingMessages } = await import('../engine/mail-store/missing-messages.ts');
  const { readArchived } = await import('../service/mail-store/restore-user.ts');
  const missing = missingMessages(archive.messages(user), await listOf(api, user));
  const carrier = new MailCarrier(api, user);
  const unreadable: string[] = [];
  try {
    await carrier.carry(readArchived(archive, missing, (reason) => unreadable.push(reason)));
  } finally {
    print(`restored ${carrier.stored} of ${counted(missing.length, 'missing message')}`);
  }
  tell(unreadable, user);
}

function tell(unreadable: readonly string[], user: string): void {
  if (unreadable.length === 0) return;
  throw new Error(
    `Cannot restore ${counted(unreadable.length, 'message')} of "${user}", all others are restored: ${unreadable.join('; ')}`,
  );
}

/** Into the files of a box that does not run; they stay those of the post office's user. */
async function restoreStopped(
  { print }: Context,
  user: string,
  archive: MailArchive,
  data: string,
): Promise<void> {
  const holder = dataHolder(data);
  if (holder !== undefined)
    throw new UserError(
      `Cannot put mail into ${data}: a box runs on it (process ${holder}); without --data that box is asked to take it`,
    );
  const { openMailStore } = await import('../service/mail-store/mail-store.ts');
  const { lockDirectory } = await import('../io/node/data-lock.ts');
  const { NodeClock } = await import('../io/node/clock.ts');
  const { NodeRandom } = await import('../io/node/random.ts');
  const { RingLog } = await import('../io/log/ring-log.ts');
  const [clock, owner] = [new NodeClock(), ownerOf(`${data}/mail`)];
  const log = new RingLog({ clock, print: () => undefined }).logFor('mail');
  const release = await lockDirectory(data);
  if (release === undefined)
    throw new UserError(
      `Cannot put mail into ${data}: another process writes it, a box that starts or another restore; try again when that has ended`,
    );
  try {
    const store = await openMailStore({
      files: nodeFiles(data, owner),
      clock,
      random: new NodeRandom(),
      log,
    });
    try {
      await restoreInto(store, { user, archive, print });
    } finally {
      await store.close();
    }
  } finally {
    release();
  }
}

interface Restoring extends Pick<Context, 'print'> {
  readonly user: string;
  readonly archive: MailArchive;
}

async function restoreInto(store: MailStore, { user, archive, print }: Restoring): Promise<void> {
  const { restoreUser } = await import('../service/mail-store/restore-user.ts');
  const { imported, problem, unreadable } = await restoreUser(archive, user, store);
  print(`restored ${counted(imported, 'missing message')}`);
  if (problem !== undefined) throw new UserError(problem);
  tell(unreadable, user);
}

function ownerOf(path: string): { readonly uid: number; readonly gid: number } {
  try {
    const { uid, gid } = statSync(path);
    return { uid, gid };
  } catch (error) {
    throw kernelErrorFrom(`look at ${path}, which the first start of a box makes`, error);
  }
}

export const mailRestoreCommand: Command = {
  name: 'mail restore',
  usage: 'mail restore USER BACKUP [--data DIR]',
  summary:
    'puts back what a person had in a backup and has no more; with --data into a box that does not run',
  words: [2, 2],
  options: { data: true },
  async run(context) {
    const [user = '', backup = ''] = context.words;
    const { MailArchive } = await import('../service/mail-store/mail-archive.ts');
    const { requireMailbox } = await import('../service/mail-store/export-mail.ts');
    const archive = await MailArchive.open({ files: storeFiles(backup) });
    try {
      requireMailbox(archive, user);
      const data = valueOf(context, 'data');
      if (data === undefined) await restoreRunning(context, user, archive);
      else await restoreStopped(context, user, archive, resolve(data));
    } finally {
      archive.close();
    }
  },
};
