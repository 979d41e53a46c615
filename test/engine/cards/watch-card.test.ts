import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hours, Seconds } from '../../../src/base/duration.ts';
import { Instant, after } from '../../../src/base/instant.ts';
import {
  type CardLook,
  type CardState,
  MAX_RESETS,
  newCard,
  watchCard,
} from '../../../src/engine/cards/watch-card.ts';

const QUIET: CardLook = { carrier: true, sent: 100, waiting: 0, timeouts: 0 };

/** Looks every five seconds for so long; what was said besides `well`, with the second it was said in. */
function watched(seconds: number, lookAt: (second: number) => Partial<CardLook>): readonly string[] {
  const begun = Instant(0);
  let state: CardState = newCard(QUIET, begun);
  const said: string[] = [];
  for (let second = 5; second <= seconds; second += 5) {
    const step = watchCard(state, { ...QUIET, ...lookAt(second) }, after(begun, Seconds(second)));
    state = step.state;
    const { verdict } = step;
    if (verdict.kind !== 'well')
      said.push(`${second} ${verdict.kind}${verdict.kind === 'reset' ? ` ${verdict.how}` : ''}`);
  }
  return said;
}

test('a card that sends is well, however much waits', () => {
  assert.deepEqual(
    watched(3600, (second) => ({ sent: 100 + second, waiting: 1500 })),
    [],
  );
});

test('a card with packets that do not leave is reset by its link, then by its driver, then given up', () => {
  const said = watched(300, () => ({ waiting: 1500 }));
  assert.deepEqual(said.slice(0, 3), ['20 reset link', '80 reset driver', '140 hopeless']);
});

test('a card the kernel has given up waiting for is reset at once', () => {
  assert.deepEqual(
    watched(5, () => ({ timeouts: 1 })),
    ['5 reset link'],
  );
});

test('a silent card is given something to send first', () => {
  assert.deepEqual(
    watched(100, (second) => ({ sent: second > 60 ? 101 : 100 })),
    ['60 try'],
  );
  assert.deepEqual(
    watched(75, () => ({})),
    ['60 try', '70 reset link'],
  );
});

test('a card without a cable is well', () => {
  assert.deepEqual(
    watched(3600, () => ({ carrier: false, waiting: 1500, timeouts: 1 })),
    [],
  );
});

test('a card is reset a few times a day at most, as long as each helps for a while', () => {
  const hours = Number(Hours(24)) / Number(Seconds(1));
  const said = watched(hours, (second) => ({
    sent: 100 + Math.floor(second / 1800),
    waiting: second % 1800 > 60 ? 1500 : 0,
  }));
  const resets = said.filter((one) => one.endsWith('reset link') || one.endsWith('reset driver'));
  assert.equal(resets.length, MAX_RESETS);
  assert.ok(said.some((one) => one.endsWith('hopeless')));
});
