import { Milliseconds } from '../../../src/base/duration.ts';
import { Instant, after } from '../../../src/base/instant.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { macBytes, parseMac } from '../../../src/base/mac.ts';
import { type Effect, type Event, INITIAL, type State } from '../../../src/engine/dhcp4-client/state.ts';
import { stepClient } from '../../../src/engine/dhcp4-client/step.ts';
import { decodeArp } from '../../../src/wire/arp/message.ts';
import { OP } from '../../../src/wire/dhcp4/constants.ts';
import { decodeMessage, encodeMessage } from '../../../src/wire/dhcp4/message.ts';
import type { FuzzTarget } from '../fuzz-target.ts';

const MAC = parseMac('02:00:00:00:00:51');
const SERVER = parseIpv4('203.0.113.1');
const OPTIONS = { mac: MAC, clientId: Uint8Array.of(1, ...macBytes(MAC)), hostName: 'gatepost' };

class World {
  readonly done: string[] = [];
  #state: State = INITIAL;
  #now = Instant(1_000_000);
  #xid = 0;
  #chance = 0;

  constructor() {
    this.fire({ kind: 'start', linkUp: true, saved: undefined, adopt: false });
  }

  get phase(): string {
    return this.#state.phase.kind;
  }

  /** Of the question the client waits for an answer to. */
  get xid(): number {
    return this.#xid;
  }

  pass(milliseconds: number, chance: number): void {
    this.#now = after(this.#now, Milliseconds(milliseconds));
    this.#chance = chance;
    this.fire({ kind: 'wake' });
  }

  fire(event: Event): void {
    const random = (limit: number): number => (this.#chance = (this.#chance * 31 + 7) >>> 0) % limit;
    const env = { now: this.#now, random, options: OPTIONS };
    const { state, effects } = stepClient(this.#state, event, env);
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    this.done.push(effect.kind);
    if (effect.kind !== 'broadcast' && effect.kind !== 'unicast') return;
    this.#xid = effect.message.xid;
    encodeMessage(effect.message);
  }
}

/**
 * Answers of DHCP servers, and ARP: the first byte says which, and whether the answer carries the number of the question,
 * without which the client does not look further.
 */
export const dhcp4ClientTarget: FuzzTarget = {
  name: 'dhcp4-client',
  open() {
    const world = new World();
    return (input) => {
      world.done.length = 0;
      const chance = input.reduce((sum, byte) => (sum * 31 + byte) >>> 0, 7);
      world.pass(chance % 500 === 0 ? 86_400_000 : chance % 3000, chance);
      const [choice = 0] = input;
      if (choice % 8 === 7) {
        world.fire({ kind: 'arp', message: decodeArp(input.subarray(1)) });
        return `arp ${world.phase} ${world.done.join(' ')}`;
      }
      const message = decodeMessage(input.subarray(1));
      const addressed = { ...message, op: OP.BOOTREPLY, xid: world.xid, chaddr: macBytes(MAC) };
      world.fire({ kind: 'message', message: choice % 8 < 6 ? addressed : message, from: SERVER });
      return `${message.options.messageType} ${world.phase} ${world.done.join(' ')}`;
    };
  },
};
