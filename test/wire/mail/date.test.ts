import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timestamp } from '../../../src/base/instant.ts';
import { formatMailDate } from '../../../src/wire/mail/date.ts';

test('formatMailDate() writes a date-time in UTC (RFC 5322 §3.3)', () => {
  assert.equal(formatMailDate(Timestamp(0)), 'Thu, 1 Jan 1970 00:00:00 +0000');
  assert.equal(
    formatMailDate(Timestamp(Date.UTC(2026, 10, 22, 9, 5, 7, 999))),
    'Sun, 22 Nov 2026 09:05:07 +0000',
  );
  assert.equal(
    formatMailDate(Timestamp(Date.UTC(2028, 1, 29, 23, 59, 59))),
    'Tue, 29 Feb 2028 23:59:59 +0000',
  );
});
