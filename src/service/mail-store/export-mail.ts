import { UserError } from '../../base/errors.ts';
import type { Timestamp } from '../../base/instant.ts';
import { DamagedRecordError } from '../../io/journal/damaged-record-error.ts';
import type { MailArchive } from './mail-archive.ts';

export interface ExportedMessage {
  readonly uid: string;
  readonly received: Timestamp;
  /** With CRLF line ends. */
  readonly content: Uint8Array;
}

/** Where exported messages go, one after the other. */
export interface MailSink {
  put(message: ExportedMessage): Promise<void>;
  /** All is on stable storage when it returns. */
  close(): Promise<void>;
}

export interface ExportReport {
  readonly exported: number;
  readonly octets: number;
  /** Messages that are damaged, with the reason of each. */
  readonly unreadable: readonly { readonly uid: string; readonly reason: string }[];
}

/** Writes all mail of a user out, the oldest first, one message in memory at a time. A damaged one is left out and reported. @throws KernelError, UserError */
export async function exportMail(archive: MailArchive, user: string, sink: MailSink): Promise<ExportReport> {
  requireMailbox(archive, user);
  let [exported, octets] = [0, 0];
  const unreadable: { readonly uid: string; readonly reason: string }[] = [];
  for (const { id, uid, received } of archive.messages(user)) {
    const content = await readOr(archive.read(id), (reason) => unreadable.push({ uid, reason }));
    // Removed since the export began.
    if (content === undefined) continue;
    await sink.put({ uid, received, content });
    exported += 1;
    octets += content.length;
  }
  await sink.close();
  return { exported, octets, unreadable };
}

/** @throws UserError if nothing is stored for a user: a wrong name must not look like an empty mailbox */
export function requireMailbox(archive: MailArchive, user: string): void {
  const known = archive.mailboxes().map((one) => one.user);
  if (known.includes(user)) return;
  throw new UserError(
    `Cannot use the mail of "${user}": nothing is stored under this name; there is mail of ${known.toSorted().join(', ') || 'nobody'}`,
  );
}

async function readOr(
  reading: Promise<Uint8Array | undefined>,
  onDamage: (reason: string) => void,
): Promise<Uint8Array | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof DamagedRecordError)) throw error;
    onDamage(error.message);
    return undefined;
  }
}
