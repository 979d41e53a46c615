import { type Duration, Milliseconds } from '../../base/duration.ts';
import { Instant, between } from '../../base/instant.ts';
import type { PayloadWord } from '../../port/packet.ts';

/*
 * A hot path: in a flood it sees every packet, before anything is decoded.
 */

/**
 * Packets read in one window, and how many more if those before were quieter: an office of thousands that is switched on at once
 * is no flood. What is beyond is dropped unread, but for what is kept.
 */
export const MAX_READ = 1500;
export const MAX_SAVED = 4096;
export const READ_WINDOW: Duration = Milliseconds(100);

/** What is left of a flood in a window, once it is known to be one: as many strangers as the server answers (MAX_STRANGERS_PER_SECOND). */
export const MAX_THINNED = MAX_READ / 2;
/** Of what the socket brings, one of 2^6 is the least: a chance for newcomers in a flood of 64 times of what can be read. */
export const MAX_HALVINGS = 6;

/** Fixed offsets: the UDP header has 8 octets, `ciaddr` is behind 12 of the message, options are behind 240 (RFC 2131 §2). */
const UDP_HEADER = 8;
const CIADDR = 12;
const OPTIONS = 240;
/** Option 53, which clients put first, of one octet: 3 is REQUEST (RFC 2132 §9.6). */
const REQUEST = [53, 1, 3] as const;

/**
 * What has a socket of its own and is never thinned out: messages of clients that have an address, renewals and releases,
 * and of those that want what they were offered or had. What a flood is made of, because it finds the pool full sooner,
 * are DISCOVERs.
 */
export const KEPT: readonly PayloadWord[] = [
  { offset: CIADDR, mask: 0xffff_ffff },
  { offset: OPTIONS, mask: 0xffff_ff00, value: 0x3501_0300 },
];

/** The same, told by this side of the socket. */
function isKept(packet: Uint8Array): boolean {
  const message = ((packet[0] ?? 0) & 15) * 4 + UDP_HEADER;
  const at = message + CIADDR;
  const hasAddress =
    ((packet[at] ?? 0) | (packet[at + 1] ?? 0) | (packet[at + 2] ?? 0) | (packet[at + 3] ?? 0)) !== 0;
  return hasAddress || REQUEST.every((octet, index) => packet[message + OPTIONS + index] === octet);
}

/**
 * Keeps a flood of questions from taking the time of everything else in the process, and with it that of the clients
 * which only want to keep what they have: those go first. Even to count what is dropped takes time, so the kernel is
 * asked to drop most of it, by halves until that much is left, and no longer than the flood lasts.
 */
export class FloodGate {
  #began = Instant(-Infinity);
  #left = 0;
  #kept = 0;
  /** Others in this window, read or not. */
  #others = 0;
  #halvings = 0;

  /** Whether the packet, an IPv4 datagram, is read. */
  admits(packet: Uint8Array, now: Instant): boolean {
    this.halvings(now);
    const isOther = !isKept(packet);
    if (isOther) this.#others++;
    if (this.#left > 0) {
      this.#left--;
      return true;
    }
    if (!isOther) return this.#kept++ < MAX_READ;
    // At once: what the socket's buffer cannot hold until the window ends is lost, renewals too.
    if (this.#halvings === 0 && this.#others > MAX_READ) this.#halve(this.#others);
    return false;
  }

  /** How often what is not kept is to be halved from now on; to be asked once a window while it is not 0. */
  halvings(now: Instant): number {
    const passed = Math.floor(between(this.#began, now) / READ_WINDOW);
    if (passed >= 1) {
      const came = this.#others / passed;
      if (this.#halvings > 0 && came > MAX_THINNED) this.#halve(came);
      else if (came * 4 <= MAX_THINNED) this.#halvings = Math.max(0, this.#halvings - 1);
      this.#began = now;
      this.#left = Math.min(MAX_SAVED, this.#left + passed * MAX_READ);
      this.#kept = 0;
      this.#others = 0;
    }
    return this.#halvings;
  }

  /** So often that what came will be little enough; what is counted from now on is what is left. */
  #halve(came: number): void {
    const more = Math.ceil(Math.log2(came / MAX_THINNED));
    this.#halvings = Math.min(MAX_HALVINGS, this.#halvings + more);
    this.#others = 0;
  }
}
