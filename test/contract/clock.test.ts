import { setImmediate as turn } from 'node:timers/promises';
import { after } from '../../src/base/instant.ts';
import { NodeClock } from '../../src/io/node/clock.ts';
import { FakeClock } from '../fake/fake-clock.ts';
import { clockContract } from './clock.ts';

clockContract('FakeClock', () => {
  const clock = new FakeClock();
  return { clock, pass: (by) => clock.advance(by) };
});

clockContract('NodeClock', () => {
  const clock = new NodeClock();
  return {
    clock,
    // A wake of the clock itself is the event waited for; the turn after it lets wakes of the same time run.
    pass: async (by) => {
      await new Promise<void>((done) => void clock.wake(after(clock.now(), by), done));
      await turn();
    },
  };
});
