import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Minutes, Seconds } from '../../../src/base/duration.ts';
import { Instant, Timestamp, after } from '../../../src/base/instant.ts';
import { DEFAULT_QUEUE_LIMITS, type QueueLimits } from '../../../src/engine/mail-queue/limits.ts';
import {
  type DueEntry,
  QueueScheduler,
  type ScheduleEffect,
  type ScheduleEvent,
} from '../../../src/engine/mail-queue/scheduler.ts';
import { FakeRandom } from '../../fake/fake-random.ts';

const NOW = Timestamp(Date.UTC(2026, 0, 15, 12));

function entry(
  id: number,
  key: string,
  more: { readonly message?: number; readonly size?: number } = {},
): DueEntry {
  const { message = id, size = 1000 } = more;
  const times = { accepted: NOW, nextAttempt: NOW };
  return {
    key,
    needsUplink: true,
    summary: { id, message, size, domain: key, ...times, attempts: 0, isHeld: false },
  };
}

/** A scheduler on a clock that the test moves. */
class Desk {
  readonly scheduler: QueueScheduler;
  now = Instant(0);

  constructor(limits: Partial<QueueLimits> = {}) {
    this.scheduler = new QueueScheduler({ ...DEFAULT_QUEUE_LIMITS, ...limits });
  }

  step(event: ScheduleEvent): ScheduleEffect[] {
    const time = Timestamp(NOW + this.now);
    return this.scheduler.step(event, { now: this.now, time, random: new FakeRandom(1) });
  }

  due(...entries: readonly DueEntry[]): ScheduleEffect[] {
    return this.step({ kind: 'due', entries });
  }
}

function idsOf(effects: readonly ScheduleEffect[]): (readonly number[])[] {
  return effects.flatMap((effect) => (effect.kind === 'attempt' ? [effect.ids] : []));
}

test('QueueScheduler puts the recipients of one message at one destination into one attempt, a hundred at most', () => {
  const desk = new Desk({ recipients: 2 });
  const effects = desk.due(
    entry(1, 'a', { message: 9 }),
    entry(2, 'b', { message: 9 }),
    entry(3, 'a', { message: 9 }),
    entry(4, 'a', { message: 9 }),
  );
  assert.deepEqual(idsOf(effects), [[1, 3], [2], [4]]);
});

test('QueueScheduler gives no entry to two attempts, however often the list of the due names it', () => {
  const desk = new Desk();
  assert.deepEqual(idsOf(desk.due(entry(1, 'a'))), [[1]]);
  assert.deepEqual(desk.due(entry(1, 'a')), []);
  assert.equal(desk.scheduler.isTrying(1), true);
  desk.step({ kind: 'ended', attempt: 1, answered: true });
  assert.deepEqual(idsOf(desk.due(entry(1, 'a'))), [[1]]);
});

test('QueueScheduler keeps a large message from being overtaken until it has room', () => {
  const desk = new Desk({ octets: 100, attemptsPerDestination: 1 });
  assert.deepEqual(
    idsOf(desk.due(entry(1, 'a', { size: 60 }), entry(2, 'b', { size: 90 }), entry(3, 'c', { size: 10 }))),
    [[1]],
  );
  assert.deepEqual(idsOf(desk.step({ kind: 'ended', attempt: 1, answered: true })), [[2], [3]]);
});

test('QueueScheduler puts mail off until a whole millisecond of civil time, no earlier than the destination is asked again', () => {
  const desk = new Desk();
  desk.due(entry(1, 'a'));
  desk.step({ kind: 'ended', attempt: 1, answered: false, reason: 'no answer' });
  const { until } = desk.scheduler.destinations.failure('a') ?? { until: Instant(0) };
  const env = { now: Instant(1000.4), time: Timestamp(NOW + 1000), random: new FakeRandom(1) };
  const [put] = desk.scheduler.step({ kind: 'due', entries: [entry(2, 'a')] }, env);
  assert.ok(put?.kind === 'defer');
  assert.equal(put.until, NOW + 1000 + Math.ceil(until - 1000.4));
});

test('QueueScheduler asks a destination that failed with one attempt, after its pause', () => {
  const desk = new Desk();
  const three = [entry(1, 'a'), entry(2, 'a'), entry(3, 'a')];
  assert.equal(idsOf(desk.due(...three)).length, 3);
  desk.step({ kind: 'ended', attempt: 1, answered: false, reason: 'no answer' });
  const [put] = desk.due(entry(4, 'a'));
  assert.equal(put?.kind, 'defer');
  assert.ok(put?.kind === 'defer' && put.reason === 'no answer' && put.until > NOW);
  desk.step({ kind: 'ended', attempt: 2, answered: false, reason: 'no answer' });
  desk.step({ kind: 'ended', attempt: 3, answered: false, reason: 'no answer' });
  desk.step({ kind: 'ended', attempt: 4 });
  desk.now = after(desk.now, Minutes(60));
  assert.equal(idsOf(desk.due(...three)).length, 1);
});

test('QueueScheduler hastens once the uplink is back, not again within a minute', () => {
  const desk = new Desk();
  const flap = (): string[] =>
    [false, true].flatMap((isUp) => desk.step({ kind: 'uplink', isUp }).map(({ kind }) => kind));
  assert.deepEqual(flap(), ['hasten']);
  assert.deepEqual(flap(), []);
  assert.equal(desk.scheduler.nextWake, after(Instant(0), Minutes(1)));
  desk.now = after(desk.now, Seconds(61));
  assert.deepEqual(desk.step({ kind: 'wake' }), [{ kind: 'hasten' }]);
});

test('QueueScheduler, in generated histories: caps hold, nobody starves, every attempt is of entries that are due', () => {
  const limits = { attempts: 5, attemptsPerDestination: 2, octets: 5000, recipients: 3 };
  const entries = fc.array(
    fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      message: fc.integer({ min: 1, max: 12 }),
      size: fc.integer({ min: 1, max: 6000 }),
    }),
    { minLength: 1, maxLength: 40 },
  );
  fc.assert(
    fc.property(entries, fc.infiniteStream(fc.nat()), (some, choices) => {
      const desk = new Desk(limits);
      const waiting = new Map(
        some.map(({ key, message, size }, id) => [id + 1, entry(id + 1, key, { message, size })]),
      );
      const open = new Map<number, { readonly ids: readonly number[]; readonly key: string }>();
      const take = (effects: readonly ScheduleEffect[]): void => {
        for (const effect of effects) {
          assert.ok(effect.kind === 'attempt');
          for (const id of effect.ids) assert.ok(waiting.delete(id), `${id} is not waiting`);
          assert.ok(effect.ids.length <= limits.recipients);
          open.set(effect.attempt, effect);
        }
        assert.ok(open.size <= limits.attempts);
        const keys = [...open.values()].map(({ key }) => key);
        for (const key of keys)
          assert.ok(keys.filter((one) => one === key).length <= limits.attemptsPerDestination);
      };
      take(desk.due(...waiting.values()));
      for (let turn = 0; open.size > 0; turn++) {
        assert.ok(turn < 200, 'it comes to an end');
        const attempts = [...open.keys()];
        const attempt = attempts[(choices.next().value ?? 0) % attempts.length] ?? 0;
        open.delete(attempt);
        take(desk.step({ kind: 'ended', attempt, answered: true }));
      }
      assert.equal(waiting.size, 0);
    }),
  );
});
