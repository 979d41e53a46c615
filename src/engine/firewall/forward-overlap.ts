import { type Prefix4, lastAddress4, network4 } from '../../base/prefix.ts';
import { type Range, Ranges } from './ranges.ts';

/** Packets that something lays claim to: of one protocol, to a range of ports, from the senders of a prefix. */
export interface Claim {
  readonly protocol: number;
  readonly ports: Range;
  readonly source: Prefix4;
}

/**
 * Two claims to the same packet, in their order, or undefined. Thousands are compared in a few milliseconds: from the
 * lowest port upwards, each with those only whose ports reach as far; as long as there is no overlap, the senders of
 * those are apart.
 */
export function findOverlap<C extends Claim>(claims: readonly C[]): readonly [C, C] | undefined {
  for (const protocol of new Set(claims.map((claim) => claim.protocol))) {
    const overlap = overlapIn(claims.filter((claim) => claim.protocol === protocol));
    if (overlap !== undefined) return overlap;
  }
  return undefined;
}

function overlapIn<C extends Claim>(claims: readonly C[]): readonly [C, C] | undefined {
  const places = new Map(claims.map((claim, place) => [claim, place]));
  const beginnings = claims.toSorted((a, b) => a.ports.first - b.ports.first);
  const ends = claims.toSorted((a, b) => a.ports.last - b.ports.last);
  const open = new Ranges<C>();
  let closed = 0;
  for (const claim of beginnings) {
    for (
      let end = ends[closed];
      end !== undefined && end.ports.last < claim.ports.first;
      end = ends[closed]
    ) {
      open.delete(senders(end));
      closed++;
    }
    const other = open.overlapping(senders(claim));
    if (other !== undefined)
      return (places.get(other) ?? 0) < (places.get(claim) ?? 0) ? [other, claim] : [claim, other];
    open.add(senders(claim), claim);
  }
  return undefined;
}

function senders({ source }: Claim): Range {
  return { first: network4(source), last: lastAddress4(source) };
}

/** The ports of a protocol that claims leave free for the senders of one prefix. */
export class FreePorts {
  readonly #taken: Ranges<true> = new Ranges();

  constructor(claims: readonly Claim[], protocol: number, source: Prefix4) {
    const concerned = claims.filter(
      (claim) => claim.protocol === protocol && areSome(senders(claim), senders({ ...claim, source })),
    );
    for (const ports of united(concerned.map((claim) => claim.ports))) this.#taken.add(ports, true);
  }

  /** Takes the ports and says so, if all of them are free. */
  take(ports: Range): boolean {
    if (this.#taken.overlapping(ports) === true) return false;
    this.#taken.add(ports, true);
    return true;
  }
}

function areSome(a: Range, b: Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** The same numbers as ranges apart from one another. */
function united(ranges: readonly Range[]): Range[] {
  const all: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = all.at(-1);
    if (before === undefined || before.last < range.first) all.push(range);
    else all[all.length - 1] = { first: before.first, last: Math.max(before.last, range.last) };
  }
  return all;
}
