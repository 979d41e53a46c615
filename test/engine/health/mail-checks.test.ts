import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timestamp } from '../../../src/base/instant.ts';
import { mailChecks } from '../../../src/engine/health/mail-checks.ts';
import type { MailFacts } from '../../../src/engine/health/facts.ts';

const time = Timestamp(Date.UTC(2026, 10, 22, 3, 15));
const say = (facts: Partial<MailFacts>): string[] =>
  mailChecks({ problem: null, storage: undefined, troubles: [], ...facts }).map(
    ({ name, finding }) => `${finding.state} ${name}: ${finding.reason}`,
  );

test('mailChecks() says when the stored mail was last checked', () => {
  assert.deepEqual(say({ storage: { lastScrub: time, damage: [], problem: undefined } }), [
    'ok store: Messages are stored; every byte of them was last checked on 2026-11-22 at 03:15 UTC',
    'ok sending: Nothing is in the way of outgoing mail',
  ]);
  assert.match(say({})[0] ?? '', /^ok store: .* for the first time soon$/);
  const early = { lastScrub: Timestamp(20_000), damage: [], problem: undefined };
  assert.match(say({ storage: early })[0] ?? '', /was last checked before the clock of the box was set$/);
});

test('mailChecks() names each damaged message, its people and the file', () => {
  const message = { uid: 'a-1', size: 2048, received: time, users: ['alice', 'bob'] };
  const damage = [{ path: 'mail/segment-00000001.log', offset: 0, length: 4096, messages: [message] }];
  assert.deepEqual(say({ problem: 'damaged', storage: { lastScrub: time, damage, problem: 'damaged' } }), [
    'failed store: damaged',
    'failed damaged message: The message a-1 of alice, bob, received on 2026-11-22 at 03:15 UTC, 2K long, cannot be read: mail/segment-00000001.log is damaged; a backup may have it',
    'ok sending: Nothing is in the way of outgoing mail',
  ]);
});

test('mailChecks() tells what keeps mail from going out: all of it as a failure, one destination as a warning', () => {
  const troubles = [
    { isSevere: true, reason: 'no way out' },
    { isSevere: false, reason: 'a host is down' },
  ];
  assert.deepEqual(say({ troubles }).slice(1), [
    'failed sending: no way out',
    'warning sending: a host is down',
  ]);
});
