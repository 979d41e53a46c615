import type { Ipv4 } from '../../base/ipv4.ts';
import type { RecordedLeases } from '../../port/lease-journal.ts';
import { type Place, SegmentShares } from '../compaction/segment-shares.ts';
import { type LeaseRecord, addressOf } from './record.ts';

interface Entry {
  readonly record: LeaseRecord;
  readonly place: Place;
}

/** The fold of a lease journal: for each address its last record and where that is. At most one entry an address that ever had a lease. */
export class LeaseTable {
  readonly shares = new SegmentShares();
  readonly #entries = new Map<Ipv4, Entry>();

  apply(record: LeaseRecord, place: Place): void {
    const address = addressOf(record);
    const earlier = this.#entries.get(address);
    if (earlier !== undefined) this.shares.drop(earlier.place);
    this.#entries.set(address, { record, place });
    this.shares.add(place);
  }

  /** The last record of an address. */
  get(address: Ipv4): LeaseRecord | undefined {
    return this.#entries.get(address)?.record;
  }

  /**
   * Whether a compaction must copy the record at `place`. The end of a lease is needed only as long as
   * an older segment, which may hold the lease, is there.
   */
  isLive(address: Ipv4, place: Place, oldestSegment: number): boolean {
    const entry = this.#entries.get(address);
    if (entry?.place.segment !== place.segment || entry.place.offset !== place.offset) return false;
    return entry.record.kind !== 'ended' || place.segment > oldestSegment;
  }

  snapshot(): RecordedLeases {
    const records = Array.from(this.#entries.values(), ({ record }) => record);
    return {
      bindings: records.filter((record) => record.kind === 'bound').map((record) => record.binding),
      declined: records.filter((record) => record.kind === 'declined').map((record) => record.declined),
    };
  }
}
