import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Seconds } from '../../../src/base/duration.ts';
import { Instant, after } from '../../../src/base/instant.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { DnsCache, LARGEST_ENTRY, questionKey } from '../../../src/engine/dns-cache/dns-cache.ts';
import { RCODE, TYPE } from '../../../src/wire/dns/constants.ts';
import { decodeMessage } from '../../../src/wire/dns/decode-message.ts';
import { parseDomainName } from '../../../src/wire/dns/domain-name.ts';
import { encodeMessage } from '../../../src/wire/dns/encode-message.ts';
import type { DnsRecord, Message, RecordData } from '../../../src/wire/dns/message.ts';
import { type PackedMessage, scanMessage } from '../../../src/wire/dns/packed.ts';

const name = parseDomainName('www.example');
const START = Instant(5000);

function record(ttl: number, data: RecordData, owner = name): DnsRecord {
  return { name: owner, class: 1, ttl, data };
}
const a = (ttl: number): DnsRecord => record(ttl, { type: 'A', address: parseIpv4('192.0.2.1') });
const soa = (ttl: number, minimum: number): DnsRecord =>
  record(
    ttl,
    {
      type: 'SOA',
      mname: name,
      rname: name,
      serial: 1,
      refresh: 1,
      retry: 1,
      expire: 1,
      minimum,
    },
    parseDomainName('example'),
  );

interface Parts {
  readonly rcode?: number;
  readonly type?: number;
  readonly answers?: readonly DnsRecord[];
  readonly authorities?: readonly DnsRecord[];
  readonly truncated?: boolean;
}

function response(parts: Parts): PackedMessage {
  const message: Message = {
    id: 4711,
    opcode: 0,
    flags: {
      response: true,
      authoritative: false,
      truncated: parts.truncated ?? false,
      recursionDesired: true,
      recursionAvailable: true,
      authenticData: false,
      checkingDisabled: false,
    },
    rcode: parts.rcode ?? 0,
    questions: [{ name, type: parts.type ?? TYPE.A, class: 1 }],
    answers: parts.answers ?? [],
    authorities: parts.authorities ?? [],
    additionals: [],
    edns: { udpSize: 1232, version: 0, dnssecOk: false },
  };
  return scanMessage(encodeMessage(message));
}

/** Seconds for which the cache answers with what was put at START; 0 if it never does. */
function life(message: PackedMessage): number {
  const cache = new DnsCache();
  cache.put('k', message, START);
  let seconds = 0;
  let step = 131_072;
  for (; step >= 1; step /= 2) {
    const probe = new DnsCache();
    probe.put('k', message, START);
    if (probe.get('k', after(START, Seconds(seconds + step - 1))) !== undefined) seconds += step;
  }
  return seconds;
}

test('DnsCache keeps an answer for its shortest time to live, the answers and authorities together', () => {
  assert.equal(life(response({ answers: [a(300), a(60)] })), 60);
  assert.equal(life(response({ answers: [a(300)], authorities: [soa(30, 5)] })), 30);
});

test('DnsCache keeps nothing with a time to live of 0, or with its top bit set (RFC 2181 §8)', () => {
  assert.equal(life(response({ answers: [a(0)] })), 0);
  assert.equal(life(response({ answers: [a(0x8000_0001)] })), 0);
});

test('DnsCache keeps no answer longer than a day and no absence longer than an hour (RFC 2308 §5)', () => {
  assert.equal(life(response({ answers: [a(1_000_000)] })), 86_400);
  assert.equal(life(response({ rcode: RCODE.NXDOMAIN, authorities: [soa(90_000, 90_000)] })), 3600);
});

test('DnsCache keeps an absence for the lesser of the TTL and the minimum of its SOA record (RFC 2308 §5)', () => {
  assert.equal(life(response({ rcode: RCODE.NXDOMAIN, authorities: [soa(600, 20)] })), 20);
  assert.equal(life(response({ authorities: [soa(15, 600)] })), 15);
  const alias = record(900, { type: 'CNAME', target: parseDomainName('elsewhere.example') });
  assert.equal(life(response({ answers: [alias], authorities: [soa(600, 25)] })), 25);
});

test('DnsCache does not keep an absence without SOA record, nor failures, nor cut messages', () => {
  const ns = record(600, { type: 'NS', target: name });
  assert.equal(life(response({ rcode: RCODE.NXDOMAIN })), 0);
  assert.equal(life(response({})), 0);
  assert.equal(life(response({ authorities: [ns] })), 0);
  assert.equal(life(response({ rcode: RCODE.SERVFAIL, answers: [a(60)] })), 0);
  assert.equal(life(response({ rcode: RCODE.REFUSED, authorities: [soa(60, 60)] })), 0);
  assert.equal(life(response({ answers: [a(60)], truncated: true })), 0);
});

test('DnsCache.get() lowers every time to live by the age and leaves id and OPT to the caller', () => {
  const cache = new DnsCache();
  cache.put('k', response({ answers: [a(300), a(100)], authorities: [soa(200, 1)] }), START);
  const bytes = cache.get('k', after(START, Seconds(40)));
  assert.ok(bytes !== undefined);
  const message = decodeMessage(bytes);
  assert.equal(message.id, 0);
  assert.equal(message.edns, undefined);
  const ttls = [...message.answers, ...message.authorities].map((one) => one.ttl);
  assert.deepEqual(ttls, [60, 60, 60]);
});

test('DnsCache.get() never answers with a time to live below 1 or above what was said', () => {
  const ttl = fc.integer({ min: 1, max: 5000 });
  fc.assert(
    fc.property(ttl, ttl, fc.integer({ min: 0, max: 5_000_000 }), (first, second, milliseconds) => {
      const cache = new DnsCache();
      cache.put('k', response({ answers: [a(first), a(second)] }), START);
      const bytes = cache.get('k', Instant(START + milliseconds));
      assert.equal(bytes !== undefined, milliseconds < Math.min(first, second) * 1000);
      if (bytes === undefined) return;
      for (const record of decodeMessage(bytes).answers)
        assert.ok(record.ttl >= 1 && record.ttl <= Math.min(first, second));
    }),
  );
});

test('DnsCache.get() hands out copies', () => {
  const cache = new DnsCache();
  cache.put('k', response({ answers: [a(300)] }), START);
  cache.get('k', START)?.fill(0);
  const again = cache.get('k', START);
  assert.ok(again !== undefined && decodeMessage(again).answers.length === 1);
});

test('DnsCache drops what was not used for the longest time when it is full', () => {
  const cache = new DnsCache(3);
  const message = response({ answers: [a(300)] });
  for (const key of ['one', 'two', 'three']) cache.put(key, message, START);
  cache.get('one', START);
  cache.put('four', message, START);
  assert.equal(cache.size, 3);
  assert.notEqual(cache.get('one', START), undefined);
  assert.equal(cache.get('two', START), undefined);
});

test('DnsCache drops an entry when it is asked for after its time', () => {
  const cache = new DnsCache();
  cache.put('k', response({ answers: [a(10)] }), START);
  assert.equal(cache.get('k', after(START, Seconds(10))), undefined);
  assert.equal(cache.size, 0);
});

test('DnsCache does not keep very large answers', () => {
  const cache = new DnsCache();
  const text = record(60, { type: 'TXT', texts: Array.from({ length: 20 }, () => new Uint8Array(250)) });
  cache.put('k', response({ type: TYPE.TXT, answers: [text] }), START);
  assert.ok(20 * 250 > LARGEST_ENTRY);
  assert.equal(cache.size, 0);
});

test('questionKey() tells apart name, type, class and the bits that change the answer', () => {
  const question = { name, type: 1, class: 1 };
  const bits = { dnssecOk: false, checkingDisabled: false };
  const keys = [
    questionKey(question, bits),
    questionKey({ ...question, type: 28 }, bits),
    questionKey({ ...question, class: 3 }, bits),
    questionKey({ ...question, name: parseDomainName('www2.example') }, bits),
    questionKey(question, { ...bits, dnssecOk: true }),
    questionKey(question, { ...bits, checkingDisabled: true }),
  ];
  assert.equal(new Set(keys).size, keys.length);
});
