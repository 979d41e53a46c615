import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes } from '../../../src/base/bytes.ts';
import { Seconds } from '../../../src/base/duration.ts';
import { KernelError } from '../../../src/base/errors.ts';
import { ResetButton } from '../../../src/service/reset/reset-button.ts';
import { FakeClock } from '../../fake/fake-clock.ts';

const KEY_RESTART = 408;

/** An event as the kernel writes it, made by hand. */
function event(type: number, code: number, value: number): Uint8Array {
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  view.setUint16(16, type, true);
  view.setUint16(18, code, true);
  view.setInt32(20, value, true);
  return bytes;
}

const down = event(1, KEY_RESTART, 1);
const repeated = event(1, KEY_RESTART, 2);
const up = event(1, KEY_RESTART, 0);
const dropped = event(0, 3, 0);
const otherDown = event(1, 116, 1);

function harness() {
  const clock = new FakeClock();
  const line = { said: [] as Uint8Array[], isGone: false };
  const heard = { held: 0, problems: [] as string[] };
  const device = {
    read: () => {
      if (line.isGone) throw new KernelError('read the button', 'ENODEV');
      return concatBytes(line.said.splice(0));
    },
    close: () => undefined,
  };
  const button = new ResetButton(
    { device: '/dev/input/event0', key: KEY_RESTART },
    {
      devices: { open: () => device },
      clock,
      onHeld: () => heard.held++,
      onProblem: (sentence) => heard.problems.push(sentence),
    },
  );
  button.start();
  const say = async (seconds: number, ...events: readonly Uint8Array[]): Promise<void> => {
    line.said.push(...events);
    await clock.advance(Seconds(seconds));
  };
  return { say, heard, line, button };
}

test('ResetButton resets once when the button is held for ten seconds', async () => {
  const { say, heard } = harness();
  await say(9, down, repeated);
  assert.equal(heard.held, 0);
  await say(2, repeated);
  assert.equal(heard.held, 1);
  await say(30, repeated);
  assert.equal(heard.held, 1);
  await say(1, up);
  await say(11, down);
  assert.equal(heard.held, 2);
});

test('ResetButton does nothing for a shorter press, another key, and a button that was down all the time', async () => {
  const { say, heard } = harness();
  await say(8, down);
  await say(1, up);
  await say(30, otherDown);
  await say(30, repeated, repeated);
  assert.equal(heard.held, 0);
});

test('ResetButton begins anew when the kernel has dropped events', async () => {
  const { say, heard } = harness();
  await say(9, down);
  await say(20, dropped, repeated);
  assert.equal(heard.held, 0);
});

test('ResetButton reads events in pieces', async () => {
  const { say, heard } = harness();
  await say(1, down.subarray(0, 7));
  await say(11, down.subarray(7));
  assert.equal(heard.held, 1);
});

test('ResetButton says when its device is gone, and stops', async () => {
  const { say, heard, line } = harness();
  line.isGone = true;
  await say(60);
  assert.equal(heard.problems.length, 1);
});
