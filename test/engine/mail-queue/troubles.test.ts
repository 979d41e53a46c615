import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hours } from '../../../src/base/duration.ts';
import { Instant, Timestamp, after } from '../../../src/base/instant.ts';
import { Destinations } from '../../../src/engine/mail-queue/destinations.ts';
import { DEFAULT_QUEUE_LIMITS } from '../../../src/engine/mail-queue/limits.ts';
import {
  type TroubleFacts,
  lateDomains,
  lateTrouble,
  severeTroubles,
} from '../../../src/engine/mail-queue/troubles.ts';
import type { QueueSummary } from '../../../src/port/mail-queue.ts';
import { FakeRandom } from '../../fake/fake-random.ts';

const TIME = Timestamp(Date.UTC(2026, 10, 22));
const RELAY = 'via:office@relay.example:587';
const NO_ANSWER = '4.4.1 No answer';

function destinations(failures: Readonly<Record<string, number>>, reason = NO_ANSWER): Destinations {
  const all = new Destinations(DEFAULT_QUEUE_LIMITS);
  for (const [key, count] of Object.entries(failures)) {
    for (let n = 0; n < count; n++) all.failed(key, reason, { now: Instant(100), random: new FakeRandom(1) });
  }
  return all;
}

function factsOf(all: Destinations, more: Partial<TroubleFacts> = {}): TroubleFacts {
  return { isUp: true, time: TIME, failures: all.all(), lastAnswer: all.lastAnswer, entries: [], ...more };
}

const reasons = (facts: TroubleFacts): string[] => severeTroubles(facts).map(({ reason }) => reason);

test('severeTroubles() tells at once of a smart host that refuses the login, without the name of the login', () => {
  for (const reply of [
    '535 5.7.8 Wrong (relay.example)',
    '4.7.8 Cannot log in',
    '530 5.7.0 Log in',
    '454 4.7.0 Later',
  ]) {
    assert.deepEqual(reasons(factsOf(destinations({ [RELAY]: 1 }, reply))), [
      `The smart host relay.example:587 does not take the login of the box: ${reply}; user and password are in mail.smartHost`,
    ]);
  }
});

test('severeTroubles() tells of a smart host that cannot be reached when it has been tried often', () => {
  assert.deepEqual(reasons(factsOf(destinations({ [RELAY]: 2 }))), []);
  assert.deepEqual(reasons(factsOf(destinations({ [RELAY]: 3 }))), [
    'The smart host relay.example:587 takes no mail, tried 3 times: 4.4.1 No answer',
  ]);
});

test('severeTroubles() tells that nothing goes out when many fail, none answers and the uplink is up', () => {
  const all = destinations({ 'a.example': 2, 'b.example': 2, 'c.example': 3 });
  assert.match(
    reasons(factsOf(all))[0] ?? '',
    /^Nothing goes out although .* none of 3 destinations .* a\.example .*No answer/,
  );
  assert.deepEqual(reasons(factsOf(all, { isUp: false })), []);
  assert.deepEqual(reasons(factsOf(destinations({ 'a.example': 2, 'b.example': 2, 'c.example': 1 }))), []);
  all.answered('d.example', Instant(200));
  assert.deepEqual(reasons(factsOf(all)), []);
});

test('Destinations keeps when failures began, and forgets it with an answer or at the wish of the owner', () => {
  const all = destinations({ 'a.example': 1 });
  all.failed('a.example', 'x', { now: Instant(500), random: new FakeRandom(1) });
  assert.equal(all.failure('a.example')?.since, Instant(100));
  all.forget('a.example');
  assert.deepEqual([all.failure('a.example'), all.lastAnswer], [undefined, undefined]);
});

const entry = (id: number, domain: string, age: number, more: Partial<QueueSummary> = {}): QueueSummary => ({
  id,
  message: id,
  size: 1,
  domain,
  accepted: Timestamp(TIME - age),
  nextAttempt: TIME,
  attempts: 1,
  isHeld: false,
  ...more,
});

test('lateDomains() names what has waited for 4 hours, the longest first, without what was held or never tried', () => {
  const entries = [
    entry(1, 'a.example', Hours(4)),
    entry(2, 'b.example', Hours(9)),
    entry(3, 'a.example', Hours(5)),
    entry(4, 'c.example', Hours(4) - 1),
    entry(5, 'd.example', Hours(9), { isHeld: true }),
    entry(6, 'e.example', Hours(9), { attempts: 0 }),
  ];
  const facts = factsOf(destinations({ 'b.example': 1 }), { entries });
  const late = lateDomains(facts);
  assert.deepEqual(
    late.map((one) => lateTrouble(one, facts, '450 4.2.0 Later').reason),
    [
      'A message for b.example has been waiting for 9 hours: 4.4.1 No answer; "gatepost mail queue" shows more',
      '2 messages for a.example have been waiting for 5 hours: 450 4.2.0 Later; "gatepost mail queue" shows more',
    ],
  );
  assert.deepEqual(lateDomains({ ...facts, isUp: false }), []);
  assert.equal(lateDomains({ ...facts, time: after(TIME, Hours(1)) }).length, 3);
});
