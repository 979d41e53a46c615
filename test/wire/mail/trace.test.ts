import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timestamp } from '../../../src/base/instant.ts';
import { fromUtf8 } from '../../../src/base/text.ts';
import { type Trace, encodeTrace } from '../../../src/wire/mail/trace.ts';

const BASE: Trace = {
  sender: 'bob@world.example',
  source: { kind: 'host', helo: 'mx.world.example', address: '203.0.113.25' },
  by: 'mail.office.example',
  protocol: 'ESMTPS',
  tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
  id: 'abc.1',
  recipient: 'alice@office.example',
  isOurs: true,
  isFinal: true,
  time: Timestamp(Date.UTC(2026, 0, 15, 12)),
};

const trace = (changes: Partial<Trace>): string => fromUtf8(encodeTrace({ ...BASE, ...changes }));

test('encodeTrace() writes Return-Path, Delivered-To and Received with the tls clause (RFC 5321 §4.4, RFC 8314 §4.3)', () => {
  assert.equal(
    trace({}),
    [
      'Return-Path: <bob@world.example>',
      'Delivered-To: alice@office.example',
      'Received: from mx.world.example ([203.0.113.25])',
      '\tby mail.office.example with ESMTPS',
      '\tid abc.1',
      '\tfor <alice@office.example>',
      '\ttls TLS_AES_256_GCM_SHA384 (TLSv1.3);',
      '\tThu, 15 Jan 2026 12:00:00 +0000',
      '',
    ].join('\r\n'),
  );
});

test('encodeTrace() names no recipient when there are several', () => {
  const several = trace({ recipient: undefined, tls: undefined, protocol: 'ESMTP' });
  assert.doesNotMatch(several, /alice|tls/);
  assert.match(several, /\r\n\tid abc\.1;\r\n\tThu/);
});

test('encodeTrace() writes Return-Path only where a copy stays, and Delivered-To only for recipients of ours (RFC 5321 §4.4)', () => {
  const relayed = trace({ isFinal: false, isOurs: false });
  assert.match(relayed, /^Received: [^]*for <alice@office\.example>/);
  assert.doesNotMatch(relayed, /Delivered-To|Return-Path/);
  assert.match(trace({ isFinal: false }), /^Delivered-To: alice@office\.example\r\nReceived: /);
});

test('encodeTrace() writes the null sender as <>', () => {
  assert.match(trace({ sender: '' }), /^Return-Path: <>\r\n/);
});

test('encodeTrace() tells nothing of a client of the office', () => {
  assert.match(
    trace({ source: { kind: 'private', note: 'LAN client' } }),
    /Received: from unknown \(LAN client\)\r\n\tby/,
  );
});

test('encodeTrace() uses the address where HELO is no name, so that nothing can be injected', () => {
  for (const helo of ['a)b', 'a b', '-a', 'evil(by', 'ü.example', '', 'a..b', `${'a'.repeat(64)}.example`]) {
    const source = { kind: 'host', helo, address: '203.0.113.25' } as const;
    assert.match(trace({ source }), /from \[203\.0\.113\.25\] \(\[203\.0\.113\.25\]\)\r\n/, helo);
  }
});

test('encodeTrace() writes IPv6 addresses as literals (RFC 5321 §4.1.3)', () => {
  const source = { kind: 'host', helo: '[IPv6:2001:db8::1]', address: '2001:db8::1' } as const;
  assert.match(trace({ source }), /from \[IPv6:2001:db8::1\] \(\[IPv6:2001:db8::1\]\)\r\n/);
});
