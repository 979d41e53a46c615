import { Minutes } from '../../base/duration.ts';
import { DecodeError, messageOf } from '../../base/errors.ts';
import { after } from '../../base/instant.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import type { Log } from '../../port/log.ts';
import type { KernelMessage, NetlinkSession } from '../../port/netlink-session.ts';
import { type PacketHeaders, decodePacketHeaders } from '../../wire/ip/headers.ts';
import type { NflogConfig } from '../../wire/nflog/config.ts';
import { NFULNL_CFG_CMD, NFULNL_COPY } from '../../wire/nflog/constants.ts';
import { decodeNflog, encodeNflog } from '../../wire/nflog/message.ts';
import type { NflogPacket } from '../../wire/nflog/packet.ts';
import { dropSentence } from './sentence.ts';

/**
 * Dropped packets are listed one a line, so many in a minute; the rest of that minute becomes one line. The log has room
 * for 2000 lines: at this pace noise from the Internet pushes out nothing that is younger than an hour and a half.
 */
export const MAX_LINES = 20;
const WINDOW = Minutes(1);

/** After so many packets in a minute the kernel is told to say no more until the minute is over: a flood costs us nothing. */
export const MAX_PACKETS = 3000;

/** Reasons are names in our own ruleset; should another program log to our group, so many of its are told apart. */
const MAX_REASONS = 32;

/** The headers of a packet, with extensions and options. */
const COPIED_BYTES = 128;
/** Packets come to us in bundles: so many, or as many as there are after a fifth of a second. */
const BUNDLE = 32;
const BUNDLE_TIMEOUT = 20;

export interface DropLogOptions {
  /** The group the ruleset logs to. */
  readonly group: number;
  readonly clock: Clock;
  readonly log: Log;
  /** The name of the device with this number. */
  readonly deviceName: (index: number) => string | undefined;
}

export interface DropLog {
  stop(): void;
}

function headersOf({ payload }: NflogPacket): PacketHeaders | undefined {
  try {
    return payload === undefined ? undefined : decodePacketHeaders(payload);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

class NflogListener implements DropLog {
  readonly #session: NetlinkSession;
  readonly #options: DropLogOptions;
  readonly #listening: Cancel;
  /** What came in this minute: lines written, packets, and those without a line by reason. */
  #lines = 0;
  #packets = 0;
  readonly #unlisted = new Map<string, number>();
  #isPaused = false;
  #failure: string | undefined;
  #window: Cancel | undefined;
  #stopped = false;

  constructor(session: NetlinkSession, options: DropLogOptions) {
    this.#session = session;
    this.#options = options;
    this.#listening = session.listen({
      onMessage: (message) => this.#receive(message),
      // The socket was overrun, so there is a flood: the next one listens when the minute is over.
      onResync: () => this.#pause(),
    });
    void this.#bind();
  }

  stop(): void {
    this.#stopped = true;
    this.#listening.cancel();
    this.#window?.cancel();
    void this.#configure({ command: NFULNL_CFG_CMD.UNBIND }).catch(() => {});
  }

  async #bind(): Promise<void> {
    try {
      await this.#configure({
        command: NFULNL_CFG_CMD.BIND,
        mode: { range: COPIED_BYTES, mode: NFULNL_COPY.PACKET, pad: undefined },
        timeout: BUNDLE_TIMEOUT,
        threshold: BUNDLE,
      });
      this.#failure = undefined;
    } catch (error) {
      if (this.#stopped) return;
      if (this.#failure === undefined)
        this.#options.log.info(`Dropped packets are not listed for now: ${messageOf(error)}`);
      this.#failure = messageOf(error);
      this.#isPaused = true;
      this.#openWindow();
    }
  }

  async #configure(body: NflogConfig): Promise<void> {
    const frame = encodeNflog({ kind: 'config', family: 0, group: this.#options.group, body });
    await this.#session.request({ ...frame, flags: 0, purpose: 'hear of dropped packets' });
  }

  #receive(message: KernelMessage): void {
    if (this.#stopped) return;
    this.#openWindow();
    if (++this.#packets >= MAX_PACKETS && !this.#isPaused) {
      this.#pause();
      void this.#configure({ command: NFULNL_CFG_CMD.UNBIND }).catch(() => {});
    }
    const packet = packetIn(message);
    if (packet === undefined) return;
    const reason = packet.prefix ?? '';
    if (this.#lines >= MAX_LINES) this.#count(reason);
    else this.#list(packet, reason);
  }

  #list(packet: NflogPacket, reason: string): void {
    const { log } = this.#options;
    this.#lines++;
    const from = this.#nameOf(packet.inDevice);
    log.info(dropSentence(headersOf(packet), { reason, from, to: this.#nameOf(packet.outDevice) }));
  }

  #count(reason: string): void {
    const known = this.#unlisted.has(reason) || this.#unlisted.size < MAX_REASONS ? reason : 'other';
    this.#unlisted.set(known, (this.#unlisted.get(known) ?? 0) + 1);
  }

  #nameOf(index: number | undefined): string | undefined {
    return index === undefined ? undefined : (this.#options.deviceName(index) ?? `device ${index}`);
  }

  #pause(): void {
    this.#isPaused = true;
    this.#openWindow();
  }

  #openWindow(): void {
    const { clock } = this.#options;
    this.#window ??= clock.wake(after(clock.now(), WINDOW), () => this.#closeWindow());
  }

  #closeWindow(): void {
    this.#window = undefined;
    const total = [...this.#unlisted.values()].reduce((sum, count) => sum + count, 0);
    if (total > 0) {
      const reasons = [...this.#unlisted].map(([reason, count]) => `${count} ${reason}`).join(', ');
      const least = this.#isPaused ? 'At least ' : '';
      this.#options.log.info(`${least}${total} more packets were dropped in this minute: ${reasons}`);
    }
    this.#lines = 0;
    this.#packets = 0;
    this.#unlisted.clear();
    if (!this.#isPaused) return;
    this.#isPaused = false;
    void this.#bind();
  }
}

function packetIn(message: KernelMessage): NflogPacket | undefined {
  try {
    const decoded = decodeNflog(message);
    return decoded?.kind === 'packet' ? decoded.body : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/**
 * Writes the packets that rules of the group log into the log of the box. The session (NETLINK.NETFILTER) must be its own:
 * a flood may overrun it, and nothing else shall be lost with it.
 */
export function startDropLog(session: NetlinkSession, options: DropLogOptions): DropLog {
  return new NflogListener(session, options);
}
