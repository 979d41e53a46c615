import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Days, Hours, Milliseconds } from '../../src/base/duration.ts';
import { Timestamp, after } from '../../src/base/instant.ts';
import { announcedExpiry, expiredMessages, borneOut, keepDays } from '../../src/engine/mail-retention.ts';

const READ = Timestamp(Date.UTC(2026, 0, 1));

function expired(firstRead: Timestamp | undefined, keep: number | 'NEVER', now: Timestamp): boolean {
  return expiredMessages([{ uid: 'a', firstRead }], keep, now).length === 1;
}

test('expiredMessages() counts whole days from the first reading, to the millisecond', () => {
  const end = after(READ, Days(30));
  assert.ok(!expired(READ, 30, after(end, Milliseconds(-1))));
  assert.ok(expired(READ, 30, end));
  assert.ok(expired(READ, 0, READ));
});

test('expiredMessages() keeps what nobody has read, and everything where nothing expires', () => {
  assert.ok(!expired(undefined, 0, after(READ, Days(9999))));
  assert.ok(!expired(READ, 'NEVER', after(READ, Days(9999))));
});

test('expiredMessages() believes no date of a clock that was not set', () => {
  assert.ok(!expired(Timestamp(86_400_000), 30, READ));
  assert.ok(!expired(READ, 30, Timestamp(86_400_000)));
});

test('keepDays() prefers the rule of the user to that of the office', () => {
  const rules = { keep: 30, users: new Map<string, number | 'NEVER'>([['alice', 'NEVER']]) };
  assert.deepEqual([keepDays(rules, 'alice'), keepDays(rules, 'bob')], ['NEVER', 30]);
});

test('announcedExpiry() is the least of all rules, and says whether they differ (RFC 2449 §6.7)', () => {
  assert.deepEqual(announcedExpiry({ keep: 'NEVER', users: new Map() }), { days: 'NEVER', perUser: false });
  assert.deepEqual(announcedExpiry({ keep: 30, users: new Map([['alice', 30]]) }), {
    days: 30,
    perUser: false,
  });
  assert.deepEqual(announcedExpiry({ keep: 'NEVER', users: new Map([['alice', 7]]) }), {
    days: 7,
    perUser: true,
  });
});

const hours = (passed: ReadonlyMap<Timestamp, number>): number[] =>
  [...passed.values()].map((one) => one / Hours(1));
const daysAgo = (...days: readonly number[]): Timestamp[] => days.map((count) => after(READ, Days(-count)));

test('borneOut() counts what lies between readings, and before its end, of at most 4 days each', () => {
  assert.deepEqual(hours(borneOut(daysAgo(7, 1, 3, 1), { end: READ, hasJumped: false })), [24, 72, 168]);
  assert.deepEqual(hours(borneOut(daysAgo(-1, 4, 9, 9.5), { end: READ, hasJumped: false })), [96, 96, 108]);
  assert.deepEqual(hours(borneOut(daysAgo(3650, 3651), { end: READ, hasJumped: false })), [0, 24]);
});

test('borneOut() does not count from the last reading to a jump', () => {
  assert.deepEqual(hours(borneOut(daysAgo(1, 2), { end: READ, hasJumped: true })), [0, 24]);
});
