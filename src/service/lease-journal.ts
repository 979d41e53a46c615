import { messageOf } from '../base/errors.ts';
import { Timestamp } from '../base/instant.ts';
import type { Ipv4 } from '../base/ipv4.ts';
import { LeaseTable } from '../engine/lease-journal/lease-table.ts';
import {
  type EncodedLease,
  type LeaseRecord,
  addressOf,
  decodeLease,
  encodeLease,
} from '../engine/lease-journal/record.ts';
import { needsWrite, withMargin } from '../engine/lease-journal/renewal.ts';
import type { AppliedRecord } from '../io/journal/applied-record.ts';
import { Compactor } from '../io/journal/compactor.ts';
import { type Journal, openJournal } from '../io/journal/journal.ts';
import type { Clock } from '../port/clock.ts';
import type { Files } from '../port/files.ts';
import type { LeaseBinding, LeaseJournal, RecordedLeases } from '../port/lease-journal.ts';
import type { Log } from '../port/log.ts';
import type { Random } from '../port/random.ts';

const DIRECTORY = 'state/leases.journal';
const PREFIX = 'leases';
/** About sixty batches: the leases of an office, copied when a segment is full, are a small part of it. */
const SEGMENT_SIZE = 256 * 1024;
const ENDED = Timestamp(0);

export interface LeaseJournalOptions {
  /** The data directory. */
  readonly files: Files;
  readonly clock: Pick<Clock, 'wallTime'>;
  readonly random: Random;
  readonly log: Log;
}

interface Pending {
  readonly record: LeaseRecord;
  readonly done: Promise<void>;
}

/** Opens the journal of DHCP leases, `state/leases.journal/` in the data directory. @throws KernelError, UserError */
export async function openLeaseJournal(options: LeaseJournalOptions): Promise<JournaledLeases> {
  const { log } = options;
  const table = new LeaseTable();
  const journal = await openJournal({
    ...options,
    directory: DIRECTORY,
    prefix: PREFIX,
    segmentSize: SEGMENT_SIZE,
    apply: (record) => applyTo(table, record, log),
    onDamage: ({ path, offset, length }) =>
      log.error(
        `The lease journal is damaged: ${length} bytes of ${path} from ${offset}; other leases are kept`,
      ),
  });
  return new JournaledLeases(journal, table, log);
}

function applyTo(table: LeaseTable, { type, header, position }: AppliedRecord, log: Log): void {
  const record = readable(type, header);
  if (record === undefined)
    log.warn(`A record of type ${type} in the lease journal is not understood and left out`);
  else table.apply(record, position);
}

/** DHCP leases on the flash. */
export class JournaledLeases implements LeaseJournal {
  readonly #journal: Journal;
  readonly #table: LeaseTable;
  /** The last change of an address that is not yet on stable storage. */
  readonly #pending = new Map<Ipv4, Pending>();
  /** Addresses whose last change failed: it may be on the disk all the same, so the next one is written in any case. */
  readonly #doubtful = new Set<Ipv4>();
  readonly #compactor: Compactor;

  constructor(journal: Journal, table: LeaseTable, log: Log) {
    this.#journal = journal;
    this.#table = table;
    this.#compactor = new Compactor({
      journal,
      pick: (segments) => table.shares.pick(segments),
      keep: (record) => this.#keep(record),
      onFailure: (error) => log.warn(`The lease journal is not compacted now: ${messageOf(error)}`),
    });
  }

  load(): RecordedLeases {
    return this.#table.snapshot();
  }

  async bind(binding: LeaseBinding): Promise<void> {
    const recorded = this.#last(binding.address);
    const isCovered =
      recorded?.kind === 'bound' &&
      !this.#doubtful.has(binding.address) &&
      !needsWrite(recorded.binding, binding);
    if (isCovered) return this.#pending.get(binding.address)?.done;
    return this.#write({ kind: 'bound', binding: withMargin(binding) });
  }

  async end(address: Ipv4): Promise<void> {
    const recorded = this.#last(address);
    const isEnded = recorded === undefined || recorded.kind === 'ended';
    if (isEnded && !this.#doubtful.has(address)) return this.#pending.get(address)?.done;
    // Whatever clock reads it, it has ended.
    const binding = recorded?.kind === 'bound' ? { ...recorded.binding, expires: ENDED } : undefined;
    return this.#write({ kind: 'ended', address, binding });
  }

  async decline(address: Ipv4, until: Timestamp): Promise<void> {
    return this.#write({ kind: 'declined', declined: { address, until } });
  }

  /** Waits for what is under way and lets go of the files. */
  async close(): Promise<void> {
    await this.#compactor.close();
    await this.#journal.close();
  }

  /** What the journal says, or will say when the writes under way are done. */
  #last(address: Ipv4): LeaseRecord | undefined {
    return this.#pending.get(address)?.record ?? this.#table.get(address);
  }

  async #write(record: LeaseRecord): Promise<void> {
    const address = addressOf(record);
    const pending: Pending = { record, done: this.#append(record) };
    this.#pending.set(address, pending);
    try {
      await pending.done;
      this.#doubtful.delete(address);
    } catch (error) {
      this.#doubtful.add(address);
      throw error;
    } finally {
      if (this.#pending.get(address) === pending) this.#pending.delete(address);
    }
    void this.#compactor.run();
  }

  async #append(record: LeaseRecord): Promise<void> {
    await this.#journal.append([encodeLease(record)]);
  }

  #keep({ type, header, position }: AppliedRecord): EncodedLease | undefined {
    const oldest = this.#journal.segments()[0]?.number ?? position.segment;
    const record = readable(type, header);
    const isLive = record === undefined || this.#table.isLive(addressOf(record), position, oldest);
    return isLive ? { type, header } : undefined;
  }
}

/** Undefined for a record of a kind that this version does not know; it is carried along. */
function readable(type: number, header: Uint8Array): LeaseRecord | undefined {
  try {
    return decodeLease(type, header);
  } catch {
    return undefined;
  }
}
