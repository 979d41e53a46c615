import { after, Instant } from '../../../src/base/instant.ts';
import { type Duration, Milliseconds } from '../../../src/base/duration.ts';
import { formatIpv4, type Ipv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { macBytes, parseMac } from '../../../src/base/mac.ts';
import { formatPrefix4 } from '../../../src/base/prefix.ts';
import { clientIdOf } from '../../../src/engine/dhcp4-client/request.ts';
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
export const TYPE = { DISCOVER: 1, OFFER: 2, REQUEST: 3, ACK: 5, NAK: 6, RELEASE: 7 } as const;
const NAMES = new Map<number | undefined, string>(Object.entries(TYPE).map(([name, code]) => [code, name]));

export interface Sent {
  /** Milliseconds since the start. */
  readonly at: number;
  readonly type: string;
  readonly to: string;
  readonly source: string;
  readonly message: Dhcp4Message;
}

/** The client engine on a simulated clock, with the jitter in its middle: it waits 4, 8, 16 seconds exactly. */
export class Driver {
  readonly sent: Sent[] = [];
  /** Everything but messages and wakes, as short texts with the time in seconds. */
  readonly done: string[] = [];
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

  /** The server answers the last message with these options. */
  answer(type: number, yiaddr: Ipv4, options: Dhcp4Options = {}): void {
    this.receive(reply(this.lastSent.message.xid, type, { yiaddr, options }));
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
        });
        return;
      }
      case 'configure':
        this.configured = formatPrefix4(effect.lease.binding.address);
        this.done.push(`${seconds} ${effect.origin} ${this.configured}`);
        return;
      case 'unconfigure':
        this.configured = undefined;
        this.done.push(`${seconds} unconfigure ${effect.reason}`);
        return;
      case 'wake':
        this.#wake = effect.at;
        return;
      default:
        this.done.push(`${seconds} ${effect.kind}`);
    }
  }

  #middle(limit: number): number {
    if (limit === 0x1_0000_0000) return ++this.#xids;
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

/** A driver that has got 203.0.113.50/24 at time 0. */
export function bound(options: Dhcp4Options = {}): Driver {
  const driver = new Driver();
  driver.fire({ kind: 'start', linkUp: true, saved: undefined, adopt: false });
  driver.answer(TYPE.OFFER, ADDRESS, options);
  driver.answer(TYPE.ACK, ADDRESS, options);
  driver.sent.length = 0;
  driver.done.length = 0;
  return driver;
}

export const ADDRESS = parseIpv4('203.0.113.50');
