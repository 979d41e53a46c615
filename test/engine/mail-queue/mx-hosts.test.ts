import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_MX_HOSTS, mxHosts } from '../../../src/engine/mail-queue/mx-hosts.ts';
import type { MxRecord } from '../../../src/port/name-lookup.ts';
import { FakeRandom } from '../../fake/fake-random.ts';

const env = { isOwn: (host: string) => host === 'mail.office.example', random: new FakeRandom(1) };

function hosts(...records: readonly (readonly [number, string])[]): unknown {
  const list = records.map(([preference, exchange]): MxRecord => ({ preference, exchange }));
  const found = mxHosts('a.example', { kind: 'found', records: list }, env);
  return found.kind === 'hosts' ? found.hosts : [found.kind, found.reply.enhanced];
}

test('mxHosts() orders by preference and mixes equals (RFC 5321 section 5.1)', () => {
  assert.deepEqual(hosts([20, 'c'], [5, 'a'], [10, 'b']), ['a', 'b', 'c']);
  const seen = new Set(Array.from({ length: 50 }, () => String(hosts([10, 'a'], [10, 'b'], [10, 'c']))));
  assert.equal(seen.size, 6);
});

test('mxHosts() leaves out this host and all that are not better (RFC 5321 section 5.1)', () => {
  assert.deepEqual(hosts([10, 'a'], [20, 'mail.office.example'], [20, 'b'], [30, 'c']), ['a']);
  assert.deepEqual(hosts([10, 'mail.office.example'], [20, 'b']), ['failed', '5.4.6']);
});

test('mxHosts() takes the domain itself without MX, and tells null MX from nothing (RFC 7505)', () => {
  assert.deepEqual(mxHosts('a.example', { kind: 'none', nameExists: true }, env), {
    kind: 'hosts',
    hosts: ['a.example'],
  });
  assert.equal(mxHosts('a.example', { kind: 'none', nameExists: false }, env).kind, 'failed');
  assert.equal(mxHosts('a.example', { kind: 'failed', reason: 'no answer' }, env).kind, 'deferred');
  assert.deepEqual(hosts([0, '.']), ['failed', '5.1.10']);
  assert.deepEqual(hosts([0, '.'], [10, 'a']), ['a']);
});

test('mxHosts() names each host once, and not more than can be tried', () => {
  assert.deepEqual(hosts([10, 'a'], [20, 'a']), ['a']);
  const many = Array.from({ length: 40 }, (_, index): [number, string] => [index, `h${index}`]);
  assert.equal((hosts(...many) as string[]).length, MAX_MX_HOSTS);
});
