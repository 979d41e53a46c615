import type { Ipv4 } from '../../base/ipv4.ts';
import type { RecordedLeases } from '../../port/lease-journal.ts';
import { type Place, SegmentShares } from '../compaction/segment-shares.ts';
import { type LeaseRecord, addressOf } from './record.ts';

interface Entry {
  readonly record: LeaseRecord;
  readonly place: Place;
}

/**
 * Addresses kept; at the cap the one longest without a change is forgotten, which costs its client the preference for
 * it. More than the DHCP server has leases.
 */
const MAX_ADDRESSES = 65_536;

/** The fold of a lease journal: for each address its last record and where that is. */
export class LeaseTable {
  readonly shares = new SegmentShares();
  readonly #entries = new Map<Ipv4, Entry>();

  apply(record: LeaseRecord, place: Place): void {
    const address = addressOf(record);
    const earlier = this.#entries.get(address);
    if (earlier !== undefined) this.#drop(address, earlier);
    this.#entries.set(address, { record, place });
    this.shares.add(place);
    const [oldest] = this.#entries;
    if (this.#entries.size > MAX_ADDRESSES && oldest !== undefined) this.#drop(...oldest);
  }

  #drop(address: Ipv4, { place }: Entry): void {
    this.#entries.delete(address);
    this.shares.drop(place);
  }

  /** The last record of an address. */
  get(address: Ipv4): LeaseRecord | undefined {
    return this.#entries.get(address)?.record;
  }

  /**
   * Whether a compaction must copy the record at `place`. The end of a lease of which nothing else is known is needed only
   * as long as an older segment, which may hold the lease, is there.
   */
  isLive(address: Ipv4, place: Place, oldestSegment: number): boolean {
    const entry = this.#entries.get(address);
    if (entry?.place.segment !== place.segment || entry.place.offset !== place.offset) return false;
    const { record } = entry;
    return record.kind !== 'ended' || record.binding !== undefined || place.segment > oldestSegment;
  }

  snapshot(): RecordedLeases {
    const records = Array.from(this.#entries.values(), ({ record }) => record);
    return {
      bindings: records.flatMap((record) =>
        record.kind === 'declined' || record.binding === undefined ? [] : [record.binding],
      ),
      declined: records.filter((record) => record.kind === 'declined').map((record) => record.declined),
    };
  }
}
