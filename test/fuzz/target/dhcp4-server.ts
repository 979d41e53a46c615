import { Milliseconds } from '../../../src/base/duration.ts';
import { Instant, Timestamp, after } from '../../../src/base/instant.ts';
import { type Effect, type Event, type State, initialState } from '../../../src/engine/dhcp4-server/state.ts';
import { stepServer } from '../../../src/engine/dhcp4-server/step.ts';
import { decodeMessage, encodeMessage } from '../../../src/wire/dhcp4/message.ts';
import { macFromBytes } from '../../../src/base/mac.ts';
import { OPTIONS } from '../../engine/dhcp4-server/bench.ts';
import type { FuzzTarget } from '../fuzz-target.ts';

const MAC_LENGTH = 6;

/** The server on a simulated clock behind its decoder; the world around it says yes and no by the bytes of the input. */
class World {
  #state: State = initialState(OPTIONS);
  #now = Instant(1_000_000);
  #wall = Timestamp(Date.UTC(2026, 0, 15));
  readonly done: string[] = [];

  pass(milliseconds: number): void {
    this.#now = after(this.#now, Milliseconds(milliseconds));
    this.#wall = after(this.#wall, Milliseconds(milliseconds));
    this.fire({ kind: 'wake' }, 0);
  }

  /** One event and all that follows from it; `chance` decides how probes and writes end. */
  fire(event: Event, chance: number): void {
    const { state, effects } = stepServer(this.#state, event, { now: this.#now, wall: this.#wall });
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect, chance);
  }

  #carryOut(effect: Effect, chance: number): void {
    this.done.push(effect.kind);
    if (effect.kind === 'send') encodeMessage(effect.message, effect.limits);
    else if (effect.kind === 'probe')
      this.fire({ kind: 'probed', address: effect.address, inUse: chance % 7 === 0 }, chance >> 1);
    else if (effect.kind === 'persist' && effect.commit !== undefined)
      this.fire(
        { kind: 'persisted', commit: effect.commit, failure: chance % 5 === 0 ? 'no room' : undefined },
        chance >> 1,
      );
  }
}

/** Messages to the DHCP server: decoder, engine, and the encoder of what it answers. */
export const dhcp4ServerTarget: FuzzTarget = {
  name: 'dhcp4-server',
  open() {
    const world = new World();
    return (input) => {
      world.done.length = 0;
      const chance = input.reduce((sum, byte) => (sum * 31 + byte) >>> 0, 7);
      world.pass(chance % 1000 === 0 ? 86_400_000 : chance % 4000);
      const message = decodeMessage(input);
      const via = macFromBytes(Uint8Array.from({ length: MAC_LENGTH }, (_, i) => message.chaddr[i] ?? 0));
      world.fire({ kind: 'message', message, via }, chance);
      return `${message.options.messageType} ${Object.keys(message.options).length} ${world.done.join(' ')}`;
    };
  },
};
