import { Days } from '../../base/duration.ts';
import { EARLIEST_TIME, type Timestamp } from '../../base/instant.ts';
import { asciiLower } from '../../base/text.ts';
import { splitMailbox } from '../../wire/smtp/mailbox-name.ts';

/** A keyed hash of a text, at least 4 octets of it. */
export type KeyedHash = (text: string) => Uint8Array;

const DIGITS = 'abcdefghijklmnopqrstuvwxyz234567';
const HASH_DIGITS = 6;
const STAMP_DAYS = DIGITS.length ** 2;
const DAY = Days(1);
/** How many days a rewritten address takes bounces: longer than any host keeps trying. A clock may have been put back by as many. */
const LONGEST_DAYS = 21;
/** In place of a day, of a clock that was not set: none of {@link DIGITS}. Such an address takes bounces as long as the key is the same. */
const UNDATED = '00';

function stampOf(time: Timestamp): number {
  return Math.floor(time / DAY) % STAMP_DAYS;
}

/** Where the clock is not set, or was not, the hash has to do. */
function isInTime(stamp: string, time: Timestamp): boolean {
  if (stamp === UNDATED || time < EARLIEST_TIME) return true;
  const age = (stampOf(time) - parseStamp(stamp) + STAMP_DAYS) % STAMP_DAYS;
  return age <= LONGEST_DAYS || age >= STAMP_DAYS - LONGEST_DAYS;
}

function formatStamp(stamp: number): string {
  return `${DIGITS[Math.floor(stamp / DIGITS.length)]}${DIGITS[stamp % DIGITS.length]}`;
}

function parseStamp(text: string): number {
  const [high = '', low = ''] = asciiLower(text);
  return DIGITS.indexOf(high) * DIGITS.length + DIGITS.indexOf(low);
}

/**
 * The Sender Rewriting Scheme: mail that is passed on under a sender of this domain, so that it fits the sender policy (SPF) of
 * the host it comes from, and its bounces find back. `SRS0=hash=day=domain=local@here` for a plain sender;
 * `SRS1=hash=first=rest@here` for one that `first` has rewritten already, so that bounces skip everyone between.
 * Hash and day keep others from sending through such addresses. All but the local part may come back in other capitals.
 */
export class SenderRewriting {
  readonly #domain: string;
  readonly #hash: KeyedHash;

  /** `domain` is that of the rewritten addresses, in the form of the DNS. */
  constructor(domain: string, hash: KeyedHash) {
    this.#domain = domain;
    this.#hash = hash;
  }

  rewrite(sender: string, time: Timestamp): string {
    const { local, domain } = splitMailbox(sender);
    const rewritten = /^SRS([01])([=+-].*)$/is.exec(local);
    const [, kind, rest = ''] = rewritten ?? [];
    if (kind === '0') return this.#again(domain, rest);
    const other = kind === '1' ? /^[=+-][^=]+=([^=]+)=(.+)$/s.exec(rest) : null;
    if (other?.[1] !== undefined && other[2] !== undefined) return this.#again(other[1], other[2]);
    const stamp = time < EARLIEST_TIME ? UNDATED : formatStamp(stampOf(time));
    const hash = this.#hashOf([stamp, domain, local]);
    return `SRS0=${hash}=${stamp}=${domain}=${local}@${this.#domain}`;
  }

  /** The sender behind the local part of a rewritten address; undefined if it is none of ours, or too old. */
  reverse(local: string, time: Timestamp): string | undefined {
    return /^SRS0/i.test(local) ? this.#reverseFirst(local, time) : this.#reverseAgain(local);
  }

  #reverseFirst(local: string, time: Timestamp): string | undefined {
    const parts = /^SRS0[=+-]([^=]+)=(00|[a-z2-7]{2})=([^=]+)=(.+)$/is.exec(local);
    const [, hash = '', stamp = '', domain = '', rest = ''] = parts ?? [];
    const isOurs = parts !== null && asciiLower(hash) === this.#hashOf([stamp, domain, rest]);
    return isOurs && isInTime(stamp, time) ? `${rest}@${domain}` : undefined;
  }

  #reverseAgain(local: string): string | undefined {
    const parts = /^SRS1[=+-]([^=]+)=([^=]+)=(.+)$/is.exec(local);
    const [, hash = '', domain = '', rest = ''] = parts ?? [];
    const isOurs = parts !== null && asciiLower(hash) === this.#hashOf([domain, rest]);
    return isOurs ? `SRS0${rest}@${domain}` : undefined;
  }

  /** `rest` begins with the separator behind `SRS0` and is kept as it is. */
  #again(domain: string, rest: string): string {
    return `SRS1=${this.#hashOf([domain, rest])}=${domain}=${rest}@${this.#domain}`;
  }

  #hashOf(parts: readonly string[]): string {
    const octets = this.#hash(asciiLower(parts.join('=')));
    let bits = 0;
    for (const octet of octets.subarray(0, 4)) bits = bits * 256 + octet;
    let text = '';
    for (let digit = 0; digit < HASH_DIGITS; digit++) {
      text += DIGITS[bits % DIGITS.length];
      bits = Math.floor(bits / DIGITS.length);
    }
    return text;
  }
}
