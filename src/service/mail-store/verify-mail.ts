import { DamagedRecordError } from '../../io/journal/damaged-record-error.ts';
import type { Files } from '../../port/files.ts';
import type { DamagedMessage, MailDamage } from '../../port/mailbox.ts';
import { MailArchive } from './mail-archive.ts';

/** What a check of every byte came to. */
export interface MailReport {
  readonly segments: number;
  readonly octets: number;
  readonly records: number;
  /** Each counted once, however many have it. */
  readonly messages: number;
  /** Of them in files of their own. */
  readonly blobs: number;
  readonly mailboxes: number;
  /** Entries of the queue. */
  readonly queued: number;
  readonly damage: readonly MailDamage[];
  /** Messages whose own record is lost: who had them is known, their bytes are not. */
  readonly lost: readonly DamagedMessage[];
}

/** Reads a mail store whole and checks every checksum; writes nothing, and the box may run meanwhile. @throws KernelError, UserError */
export async function verifyMail(files: Files): Promise<MailReport> {
  const archive = await MailArchive.open({ files, isThorough: true });
  try {
    const blobs = archive.blobs();
    for (const { id } of blobs) await ignoreDamage(archive.read(id));
    const { segments } = archive;
    return {
      segments: segments.length,
      octets: segments.reduce((sum, { size }) => sum + size, 0),
      records: archive.records,
      messages: archive.messageCount,
      blobs: blobs.length,
      mailboxes: archive.mailboxes().length,
      queued: archive.queued,
      damage: archive.damage(),
      lost: archive.lost(),
    };
  } finally {
    archive.close();
  }
}

/** The archive keeps in mind what is damaged. */
async function ignoreDamage(reading: Promise<unknown>): Promise<void> {
  try {
    await reading;
  } catch (error) {
    if (!(error instanceof DamagedRecordError)) throw error;
  }
}
