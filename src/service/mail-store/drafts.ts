import { InvariantError } from '../../base/errors.ts';
import { Timestamp } from '../../base/instant.ts';
import { queueTime } from '../../engine/mail-queue/entry-times.ts';
import { type EntryRecord, MAX_ENTRY_TEXT } from '../../engine/mail-store/entry-record.ts';
import { deliverRecords, encodeMail } from '../../engine/mail-store/record.ts';
import type { Clock } from '../../port/clock.ts';
import type { RemoteRecipient } from '../../port/mail-queue.ts';
import type { Envelope } from '../../port/mailbox.ts';
import type { JournalRecord } from '../../wire/record/frame.ts';
import type { BlobFiles } from './blob-files.ts';
import { type MailLog, asStoreFull } from './mail-log.ts';

/** A message ready to be committed. */
export interface Draft {
  readonly records: readonly JournalRecord[];
  /** Its number, if it has a file of its own. */
  readonly newBlobs: readonly number[];
}

export interface DraftOptions {
  readonly log: MailLog;
  readonly blobs: BlobFiles;
  readonly clock: Pick<Clock, 'wallTime'>;
  /** A longer message gets a file of its own. */
  readonly inlineMessage: number;
}

/** Turns a message with its envelope into records: the message once, who has it, and an entry of the queue for each recipient elsewhere. */
export class Drafts {
  readonly #options: DraftOptions;

  constructor(options: DraftOptions) {
    this.#options = options;
  }

  /** Writes the message's own file if it gets one; nothing counts before the records are committed. @throws StoreFullError, KernelError */
  async make(envelope: Envelope, message: Uint8Array): Promise<Draft> {
    const users = [...new Set(envelope.users)];
    const remote = envelope.remote ?? [];
    if (users.length + remote.length === 0) {
      throw new InvariantError('Cannot store a message without recipients');
    }
    const { log, clock, inlineMessage } = this.#options;
    const [id, size] = [log.newId(), message.length];
    const now = envelope.received ?? clock.wallTime();
    const received = Timestamp(Math.max(0, Math.floor(now)));
    const records: JournalRecord[] = deliverRecords({ kind: 'deliver', id, size, received, users }).map(
      encodeMail,
    );
    for (const recipient of remote) {
      records.push(
        encodeMail(newEntry(envelope, recipient, { id: log.newId(), message: id, size, received })),
      );
    }
    const isBlob = size > inlineMessage;
    const blobChecksum = isBlob ? await this.#writeBlob(id, message) : undefined;
    const content = encodeMail({ kind: 'message', id, size, blobChecksum });
    records.unshift({ ...content, payload: isBlob ? undefined : message });
    return { records, newBlobs: isBlob ? [id] : [] };
  }

  async #writeBlob(id: number, message: Uint8Array): Promise<number> {
    try {
      return await this.#options.blobs.write(id, message);
    } catch (error) {
      this.#options.log.failed(error);
      throw asStoreFull(error, `store a message of ${message.length} bytes`);
    }
  }
}

interface NewEntry {
  readonly id: number;
  readonly message: number;
  readonly size: number;
  readonly received: Timestamp;
}

/** An entry that nobody has attempted yet, due at once. */
function newEntry(envelope: Envelope, recipient: RemoteRecipient, about: NewEntry): EntryRecord {
  const { id, message, size, received } = about;
  if (recipient.address.length > MAX_ENTRY_TEXT) {
    throw new InvariantError(
      `Cannot queue mail for an address of ${recipient.address.length} characters: at most ${MAX_ENTRY_TEXT} fit`,
    );
  }
  return {
    kind: 'entry',
    id,
    message,
    size,
    accepted: queueTime(received),
    nextAttempt: queueTime(received),
    attempts: 0,
    isHeld: false,
    sender: envelope.sender,
    recipient,
    envelopeId: envelope.envelopeId,
    returns: envelope.returns,
    lastAttempt: undefined,
    lastReply: '',
    isDelayNotified: false,
  };
}
