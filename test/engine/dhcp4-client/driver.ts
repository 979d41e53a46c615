import assert from 'node:assert/strict';
import { after, Instant } from '../../../src/base/instant.ts';
import { type Duration, Milliseconds, Seconds } from '../../../src/base/duration.ts';
import { formatIpv4, type Ipv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { type Mac, macBytes, parseMac } from '../../../src/base/mac.ts';
import { formatPrefix4 } from '../../../src/base/prefix.ts';
import { clientIdOf } from '../../../src/engine/dhcp4-client/client-id.ts';
import {
  type Effect,
  type Env,
  type Event,
  INITIAL,
  type State,
} from '../../../src/engine/dhcp4-client/state.ts';
import { stepClient } from '../../../src/engine/dhcp4-client/step.ts';
import type { Dhcp4Message } from '../../../src/wire/dhcp4/message.ts';
import type { Dhcp4Options } from '../../../src/wire/dhcp4/options.ts';

export const MAC = parseMac('02:00:00:00:00:51');
export const SERVER = parseIpv4('203.0.113.1');
export const TYPE = { DISCOVER: 1, OFFER: 2, REQUEST: 3, ACK: 5, DECLINE: 4, NAK: 6, RELEASE: 7 } as const;
const NAMES = new Map<number | undefined, string>(Object.entries(TYPE).map(([name, code]) => [code, name]));

export interface Sent {
  /** Milliseconds since the start. */
  readonly at: number;
  readonly type: string;
  readonly to: string;
  readonly source: string;
  readonly message: Dhcp4Message;
  /** A server has answered it. */
  answered: boolean;
}

/** The client engine on a simulated clock, with the jitter in its middle: it waits 4, 8, 16 seconds exactly, and 250 ms behind a probe. */
export class Driver {
  readonly sent: Sent[] = [];
  /** Everything but messages, ARP and wakes, as short texts with the time in seconds. */
  readonly done: string[] = [];
  /** ARP packets sent, `probe 203.0.113.50 0.25`. */
  readonly arp: string[] = [];
  state: State = INITIAL;
  configured: string | undefined;
  #now = Instant(0);
  #wake: Instant | undefined;
  #xids = 0;
  readonly #random: (limit: number) => number;

  constructor(random?: (limit: number) => number) {
    this.#random = random ?? ((limit) => this.#middle(limit));
  }

  get now(): Instant {
    return this.#now;
  }

  get lastSent(): Sent {
    const last = this.sent.at(-1);
    if (last === undefined) throw new Error('nothing was sent');
    return last;
  }

  /** Types and times in seconds of everything sent. */
  get schedule(): string[] {
    return this.sent.map(({ type, at }) => `${type} ${at / 1000}`);
  }

  fire(event: Event): void {
    const options = { mac: MAC, clientId: clientIdOf(MAC), hostName: 'gatepost' };
    const env: Env = { now: this.#now, random: this.#random, options };
    const { state, effects } = stepClient(this.state, event, env);
    this.state = state;
    this.#wake = undefined;
    for (const effect of effects) this.#note(effect);
  }

  /** Passes time, waking the engine whenever it asked for it. */
  pass(duration: Duration): void {
    const end = after(this.#now, duration);
    while (this.#wake !== undefined && this.#wake <= end) {
      if (this.#wake > this.#now) this.#now = this.#wake;
      this.fire({ kind: 'wake' });
    }
    this.#now = end;
  }

  /** Passes time until so long after the start. */
  passTo(seconds: number): void {
    this.pass(Milliseconds(seconds * 1000 - this.#now));
  }

  /** An ARP packet of another station: a reply or, with sender 0.0.0.0, a probe. */
  hearArp(senderMac: Mac, senderAddress: Ipv4, targetAddress: Ipv4 = senderAddress): void {
    const operation = senderAddress === 0 ? 1 : 2;
    const message = { operation, senderMac, senderAddress, targetMac: MAC, targetAddress };
    this.fire({ kind: 'arp', message });
  }

  /** The server answers the last message with these options. */
  answer(type: number, yiaddr: Ipv4, options: Dhcp4Options = {}): void {
    const { lastSent } = this;
    lastSent.answered = true;
    this.receive(reply(lastSent.message.xid, type, { yiaddr, options }));
  }

  receive(message: Dhcp4Message): void {
    this.fire({ kind: 'message', message, from: SERVER });
  }

  #note(effect: Effect): void {
    const seconds = this.#now / 1000;
    switch (effect.kind) {
      case 'broadcast':
      case 'unicast': {
        const to = effect.kind === 'broadcast' ? 'all' : formatIpv4(effect.server);
        const type = NAMES.get(effect.message.options.messageType) ?? '?';
        this.sent.push({
          at: this.#now,
          type,
          to,
          source: formatIpv4(effect.source),
          message: effect.message,
          answered: false,
        });
        return;
      }
      case 'configure':
        this.#checkUse(formatPrefix4(effect.lease.binding.address), effect.origin);
        this.configured = formatPrefix4(effect.lease.binding.address);
        this.done.push(`${seconds} ${effect.origin} ${this.configured}`);
        return;
      case 'unconfigure':
        this.configured = undefined;
        this.done.push(`${seconds} unconfigure ${effect.reason}`);
        return;
      case 'arp':
        this.arp.push(`${effect.purpose} ${formatIpv4(effect.address)} ${seconds}`);
        return;
      case 'wake':
        this.#wake = effect.at;
        return;
      default:
        this.done.push(`${seconds} ${effect.kind}`);
    }
  }

  /** RFC 5227 §2.1: whatever else happened, an address not in use before has been asked for three times. */
  #checkUse(prefix: string, origin: string): void {
    if (this.configured === prefix || origin === 'adopted') return;
    const [address = ''] = prefix.split('/');
    const asked = this.arp.slice(-3).map((one) => one.split(' '));
    assert.deepEqual(
      asked.map(([what, about]) => `${what} ${about}`),
      Array.from({ length: 3 }, () => `probe ${address}`),
    );
    assert.ok(this.#now - Number(asked[0]?.[2]) * 1000 >= 600, 'and there was time to answer');
  }

  #middle(limit: number): number {
    if (limit === 0x1_0000_0000) return ++this.#xids;
    if (limit === 101) return 50;
    return limit === 2001 ? 1000 : 0;
  }
}

/** A server's message, field by field; a lease of 1000 seconds and a /24 unless `options` say otherwise. */
export function reply(
  xid: number,
  type: number,
  rest: { readonly yiaddr: Ipv4; readonly options?: Dhcp4Options },
): Dhcp4Message {
  const zero = parseIpv4('0.0.0.0');
  return {
    op: 2,
    htype: 1,
    hops: 0,
    xid,
    secs: 0,
    broadcast: false,
    ciaddr: zero,
    yiaddr: rest.yiaddr,
    siaddr: zero,
    giaddr: zero,
    chaddr: macBytes(MAC),
    sname: new Uint8Array(0),
    file: new Uint8Array(0),
    options: {
      messageType: type,
      serverId: SERVER,
      leaseTime: Milliseconds(1_000_000),
      subnetMask: parseIpv4('255.255.255.0'),
      routers: [SERVER],
      ...rest.options,
    },
  };
}

/** A driver that was granted 203.0.113.50/24 at time 0, checked it until 0.75 s and announced it twice until 2.75 s. */
export function bound(options: Dhcp4Options = {}): Driver {
  const driver = new Driver();
  driver.fire({ kind: 'start', linkUp: true, saved: undefined, adopt: false });
  driver.answer(TYPE.OFFER, ADDRESS, options);
  driver.answer(TYPE.ACK, ADDRESS, options);
  driver.pass(Seconds(3));
  driver.sent.length = 0;
  driver.done.length = 0;
  driver.arp.length = 0;
  return driver;
}

export const ADDRESS = parseIpv4('203.0.113.50');
