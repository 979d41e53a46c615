/**
 * How long a packet lies in the kernel's buffer for others to join it, in milliseconds. Much less than any user gives an answer: the
 * shortest time is the 100 ms in which ARP is to tell who answered a ping.
 */
const DELAY = 16;
/** Two turns within this time before it make a turn one of many. */
const RECENT = 4 * DELAY;

/**
 * Says when packets are to be taken, as a network card does with its interrupts: each turn wakes two threads and, in the DHCP server,
 * ends in a sync of its own, which costs more than the packets do. At 2000 DHCP exchanges a second, waiting saves more than half of the
 * processor time. A packet that comes alone does not wait, nor do the few messages of one client.
 */
export class PacketCoalescing {
  #last = -Infinity;
  #beforeLast = -Infinity;
  #isBehind = false;

  /** How many milliseconds a packet that is there at `now` is left to wait. */
  delay(now: number): number {
    return this.#isBehind || now - this.#beforeLast > RECENT ? 0 : DELAY;
  }

  /** After a turn that found something; `isBehind` when more is there than one turn takes. */
  took(now: number, isBehind: boolean): void {
    this.#beforeLast = this.#last;
    this.#last = now;
    this.#isBehind = isBehind;
  }
}
