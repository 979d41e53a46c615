import { type Duration, Milliseconds } from '../../base/duration.ts';
import { Instant, between } from '../../base/instant.ts';

/*
 * A hot path: in a flood it sees every packet, before anything is decoded.
 */

/**
 * Packets read in one window, and how many more if those before were quieter: an office of thousands that is switched on at once
 * is no flood. What is beyond is dropped unread, but for packets of clients that have an address.
 */
export const MAX_READ = 1500;
export const MAX_SAVED = 4096;
export const READ_WINDOW: Duration = Milliseconds(100);

/** Fixed offsets: the UDP header has 8 octets, `ciaddr` is behind 12 of the message (RFC 2131 §2). */
const UDP_HEADER = 8;
const CIADDR = 12;

/** Whether the message says that its client has an address: a renewal, or a release. */
function hasAddress(packet: Uint8Array): boolean {
  const at = ((packet[0] ?? 0) & 15) * 4 + UDP_HEADER + CIADDR;
  return ((packet[at] ?? 0) | (packet[at + 1] ?? 0) | (packet[at + 2] ?? 0) | (packet[at + 3] ?? 0)) !== 0;
}

/**
 * Keeps a flood of questions from taking the time of everything else in the process, and with it that of the clients
 * which only want to keep what they have: those go first.
 */
export class FloodGate {
  #began = Instant(-Infinity);
  #left = 0;
  #renewals = 0;

  /** Whether the packet, an IPv4 datagram, is read. */
  admits(packet: Uint8Array, now: Instant): boolean {
    const passed = Math.floor(between(this.#began, now) / READ_WINDOW);
    if (passed >= 1) {
      this.#began = now;
      this.#left = Math.min(MAX_SAVED, this.#left + passed * MAX_READ);
      this.#renewals = 0;
    }
    if (this.#left > 0) {
      this.#left--;
      return true;
    }
    return hasAddress(packet) && this.#renewals++ < MAX_READ;
  }
}
