import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concatBytes } from '../../../src/base/bytes.ts';
import { DecodeError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { FAMILY, IPS, NFNL_SUBSYS_CTNETLINK } from '../../../src/wire/conntrack/constants.ts';
import {
  type ConntrackMessage,
  decodeConntrack,
  encodeConntrack,
} from '../../../src/wire/conntrack/message.ts';
import { conntrackLine, plainLine } from '../../fake/conntrack-line.ts';
import { decoded, exchangeOf, exchangesOf, withCleanPadding } from './vectors.ts';

const ENTRIES = 'conntrack/entry.json';
const EVENTS = 'conntrack/event.json';
const STATISTICS = 'conntrack/stats.json';
const exchanges = [ENTRIES, EVENTS, STATISTICS].flatMap(exchangesOf);

function entriesOf(messages: readonly ConntrackMessage[]) {
  return messages.flatMap((message) => (message.kind === 'statistics' ? [] : [message.body]));
}

for (const { name, sent, received } of exchanges) {
  test(`decodeConntrack() reads all of the capture "${name}", and what encodeConntrack() writes loses nothing`, () => {
    for (const message of decoded([...sent, ...received])) {
      const again = decodeConntrack(encodeConntrack(message));
      assert.deepEqual(again, message);
    }
  });
}

for (const name of [
  'insert',
  'insert with translation',
  'insert into a zone',
  'get one',
  'flush',
  'delete',
]) {
  test(`encodeConntrack() writes the last request of the capture "${name}" byte for byte`, () => {
    const request = exchangeOf(ENTRIES, name).sent.at(-1);
    assert.ok(request);
    const [message] = decoded([request]);
    assert.ok(message);
    const { type, payload } = encodeConntrack(message);
    assert.equal(type, request.type);
    assert.equal(toHex(payload), toHex(withCleanPadding(request.payload)));
  });
}

for (const name of ['list IPv4', 'list IPv6']) {
  test(`the entries of the capture "${name}" say what the reference tool printed`, () => {
    const { received, output } = exchangeOf(ENTRIES, name);
    assert.deepEqual(entriesOf(decoded(received)).map(conntrackLine), output.map(plainLine));
  });
}

test('decodeConntrack() tells the events of the kernel apart: new or changed, and ended', () => {
  const { received, output } = exchangeOf(EVENTS, 'follow events');
  const kinds = decoded(received).map(({ kind }) => kind);
  const printed = output.map((line) => (/\[DESTROY\]/.test(line) ? 'delete' : 'new'));
  assert.deepEqual(kinds, printed);
});

test('decodeConntrack() reads how many connections there are', () => {
  const { received, output } = exchangeOf(STATISTICS, 'count');
  const [message] = decoded(received);
  assert.equal(message?.kind, 'statistics');
  assert.equal(String(message.body.entries), output[0]);
  assert.equal(message.body.limit, 262_144);
});

test('encodeConntrack() writes a filter in the order of the host (struct nla of CTA_FILTER)', () => {
  const { payload } = encodeConntrack({
    kind: 'get',
    family: FAMILY.IPV4,
    body: {
      original: { addresses: { source4: parseIpv4('192.0.2.1') } },
      filter: { original: 1, reply: 0 },
    },
  });
  assert.equal(
    toHex(payload),
    '02000000100001800c00018008000100c00002011400198008000100010000000800020000000000',
  );
});

test('encodeConntrack() writes status and mask of a dump filter', () => {
  const { payload } = encodeConntrack({
    kind: 'get',
    family: FAMILY.ANY,
    body: { status: IPS.ASSURED, statusMask: IPS.ASSURED },
  });
  assert.equal(toHex(payload), '00000000080003000000000408001a0000000004');
});

test('decodeConntrack() keeps attributes without a name here, nested ones too', () => {
  const received = exchangeOf(ENTRIES, 'get one').received[0];
  assert.ok(received);
  const foreign = concatBytes([received.payload, fromHex('0700ff3f010203000500638009000000')]);
  const message = decodeConntrack({ type: received.type, payload: foreign });
  assert.equal(message?.kind, 'new');
  assert.deepEqual(
    message.body.unknown?.map(({ type }) => type),
    [0x8018, 0x3fff, 0x8063],
  );
  const again = decodeConntrack(encodeConntrack(message));
  assert.deepEqual(again, message);
});

test('decodeConntrack() leaves messages of other subsystems and kinds alone', () => {
  const payload = new Uint8Array(4);
  for (const type of [0x000, 0xa00, 0x200, 0x104, 0x106, 0x1ff])
    assert.equal(decodeConntrack({ type, payload }), undefined, type.toString(16));
});

function decodesOrRefuses(type: number, payload: Uint8Array): void {
  try {
    decodeConntrack({ type, payload });
  } catch (error) {
    assert.ok(error instanceof DecodeError, String(error));
  }
}

test('decodeConntrack() throws only DecodeError for every cut of every captured message', () => {
  for (const { type, payload } of exchanges.flatMap(({ sent, received }) => [...sent, ...received]))
    for (let end = 0; end < payload.length; end++) decodesOrRefuses(type, payload.subarray(0, end));
});

test('decodeConntrack() throws only DecodeError for any bytes', () => {
  const type = fc.constantFrom(0, 1, 2, 5).map((kind) => (NFNL_SUBSYS_CTNETLINK << 8) | kind);
  fc.assert(fc.property(type, fc.uint8Array({ maxLength: 200 }), decodesOrRefuses));
});
