import { lru } from 'tiny-lru';
import { Seconds, inSeconds } from '../../base/duration.ts';
import { type Instant, after, between } from '../../base/instant.ts';
import type { Question } from '../../wire/dns/message.ts';
import { type PackedMessage, patchId, scanMessage, viewOf, withoutEdns } from '../../wire/dns/packed.ts';
import { lifetimeOf, ttlOf } from './lifetime.ts';

/** Answers kept when nothing else is said. */
const DEFAULT_ENTRIES = 10_000;

/** Octets of the largest answer that is kept, so that the whole cache is bounded: larger ones are asked for again. */
export const LARGEST_ENTRY = 4096;

/** What of a query decides which answer it gets, besides its question. */
export interface QueryBits {
  /** The DO bit: answers come with DNSSEC records. */
  readonly dnssecOk: boolean;
  /** The CD bit: answers may have failed validation upstream (RFC 4035 section 3.2.2). */
  readonly checkingDisabled: boolean;
}

/** The key of everything that can share one answer. */
export function questionKey(question: Question, bits: QueryBits): string {
  const flags = (bits.dnssecOk ? 2 : 0) + (bits.checkingDisabled ? 1 : 0);
  return `${question.name} ${question.type} ${question.class} ${flags}`;
}

interface Entry {
  /** Without OPT, with id 0. */
  readonly bytes: Uint8Array;
  readonly storedAt: Instant;
  readonly expires: Instant;
  readonly ttlPlaces: readonly number[];
}

/**
 * Answers of upstreams by question, as packed octets, until their time to live is over. At the cap the answer that was not
 * used for the longest time makes room.
 */
export class DnsCache {
  readonly #entries;

  constructor(entries: number = DEFAULT_ENTRIES) {
    this.#entries = lru<Entry>(entries);
  }

  get size(): number {
    return this.#entries.size;
  }

  clear(): void {
    this.#entries.clear();
  }

  /** A copy of the kept answer with its times to live lowered by its age, id 0 and no OPT record. */
  get(key: string, now: Instant): Uint8Array<ArrayBuffer> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (now >= entry.expires) {
      this.#entries.delete(key);
      return undefined;
    }
    const bytes = entry.bytes.slice();
    const view = viewOf(bytes);
    const age = inSeconds(between(entry.storedAt, now));
    for (const at of entry.ttlPlaces) view.setUint32(at, view.getUint32(at) - age);
    return bytes;
  }

  /** Keeps an upstream's answer if and as long as it may be kept. */
  put(key: string, message: PackedMessage, now: Instant): void {
    const [question] = message.questions;
    const life = question === undefined ? 0 : lifetimeOf(message, question);
    const bytes = withoutEdns(message);
    if (life === 0 || bytes.length > LARGEST_ENTRY) return;
    patchId(bytes, 0);
    const view = viewOf(bytes);
    const { records } = scanMessage(bytes);
    // Records of one answer leave together, so none promises to live longer than the entry does.
    for (const record of records) view.setUint32(record.ttlAt, Math.min(ttlOf(record), life));
    this.#entries.set(key, {
      bytes,
      storedAt: now,
      expires: after(now, Seconds(life)),
      ttlPlaces: records.map((record) => record.ttlAt),
    });
  }
}
