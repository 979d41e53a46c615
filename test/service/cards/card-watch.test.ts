import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Minutes, Seconds } from '../../../src/base/duration.ts';
import { KernelError } from '../../../src/base/errors.ts';
import { CardWatch } from '../../../src/service/cards/card-watch.ts';
import { FakeClock } from '../../fake/fake-clock.ts';

function harness({ hasDriver }: { readonly hasDriver: boolean }) {
  const clock = new FakeClock();
  const card = { sent: 0, waiting: 0, timeouts: 0 };
  const world = {
    name: 'wan0',
    isThere: true,
    hasCarrier: true,
    staysAway: false,
    isSending: true,
    canSend: true,
  };
  const done: string[] = [];
  const problems: (string | undefined)[] = [];
  const watch = new CardWatch({
    clock,
    cards: {
      counters: () => ({ ...card, sent: world.isSending ? card.sent++ : card.sent }),
      rebind: () => {
        if (hasDriver) done.push('driver');
        if (world.staysAway) {
          world.isThere = false;
          throw new KernelError('give wan0 back to its driver', 'ETIMEDOUT');
        }
        return hasDriver;
      },
    },
    devices: () => (world.isThere ? [{ device: world.name, carrier: world.hasCarrier }] : []),
    send: async () => {
      if (world.canSend) done.push('send');
      return world.canSend;
    },
    restartLink: async () => void done.push('link'),
    onReset: (_device, sentence) => done.push(sentence),
    onProblem: (sentence) => problems.push(sentence),
  });
  watch.start();
  return { clock, world, card, done, problems, watch };
}

test('CardWatch resets a card that is stuck, says why, and has a problem when that has not helped', async () => {
  const { clock, world, card, done, problems, watch } = harness({ hasDriver: true });
  await clock.advance(Minutes(10));
  assert.deepEqual(done, []);
  world.isSending = false;
  card.waiting = 3000;
  await clock.advance(Seconds(30));
  assert.match(
    done.join(),
    /^link,The network card wan0 was switched off and on: 3000 octets have been waiting/,
  );
  assert.equal(problems.at(-1), undefined);
  await clock.advance(Minutes(1));
  assert.match(done.join(), /driver,The network card wan0 was given back to its driver anew/);
  await clock.advance(Minutes(2));
  assert.match(watch.problem ?? '', /wan0 does not send/);
  world.isSending = true;
  await clock.advance(Seconds(10));
  assert.equal(problems.at(-1), undefined);
  watch.stop();
});

test('CardWatch switches a card without a driver of its own off and on once more', async () => {
  const { clock, world, done, watch } = harness({ hasDriver: false });
  world.isSending = false;
  await clock.advance(Minutes(3));
  assert.deepEqual(
    done.filter((one) => !one.startsWith('The')),
    ['send', 'link', 'link'],
  );
  watch.stop();
});

test('CardWatch forgets a card that was pulled out', async () => {
  const { clock, world, card, watch } = harness({ hasDriver: false });
  world.isSending = false;
  card.waiting = 1;
  await clock.advance(Minutes(4));
  assert.notEqual(watch.problem, undefined);
  world.isThere = false;
  await clock.advance(Seconds(10));
  assert.equal(watch.problem, undefined);
  watch.stop();
});

test('CardWatch finds no fault with a silent card that it can give nothing to send', async () => {
  const { clock, world, done, watch } = harness({ hasDriver: true });
  world.isSending = false;
  world.canSend = false;
  await clock.advance(Minutes(30));
  assert.deepEqual(done, []);
  watch.stop();
});

test('CardWatch finds no fault with a card that has lost its cable after resets were in vain', async () => {
  const { clock, world, card, watch } = harness({ hasDriver: true });
  world.isSending = false;
  card.waiting = 1;
  await clock.advance(Minutes(4));
  assert.notEqual(watch.problem, undefined);
  world.hasCarrier = false;
  await clock.advance(Seconds(10));
  assert.equal(watch.problem, undefined);
  watch.stop();
});

test('CardWatch has a problem while a card does not come back from its driver, as only the board can bring it back', async () => {
  const { clock, world, card, problems, watch } = harness({ hasDriver: true });
  Object.assign(world, { isSending: false, staysAway: true });
  card.waiting = 1;
  await clock.advance(Minutes(4));
  assert.equal(world.isThere, false);
  assert.match(watch.problem ?? '', /wan0 does not send: .*not come back/);
  Object.assign(world, { isThere: true, isSending: true });
  await clock.advance(Seconds(10));
  assert.equal(problems.at(-1), undefined);
  watch.stop();
});

test('CardWatch knows a card that comes back from its driver by another name', async () => {
  const { clock, world, card, watch } = harness({ hasDriver: true });
  Object.assign(world, { isSending: false, staysAway: true });
  card.waiting = 1;
  await clock.advance(Minutes(4));
  assert.notEqual(watch.problem, undefined);
  Object.assign(world, { isThere: true, isSending: true, name: 'eth0' });
  await clock.advance(Seconds(10));
  assert.equal(watch.problem, undefined);
  watch.stop();
});
