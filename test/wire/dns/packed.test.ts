import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { encodeMessage } from '../../../src/wire/dns/encode-message.ts';
import {
  MOST_QUESTIONS,
  appendEdns,
  isResponse,
  patchId,
  scanMessage,
  withoutAdditionals,
  withoutEdns,
} from '../../../src/wire/dns/packed.ts';
import { anyMessage } from './arbitrary.ts';

test('scanMessage() finds every record of a message, in order, with its time to live', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const scanned = scanMessage(encodeMessage(message));
      const all = [...message.answers, ...message.authorities, ...message.additionals];
      assert.deepEqual(
        scanned.records.map((record) => record.ttl),
        all.map((record) => record.ttl),
      );
      assert.deepEqual(scanned.questions, message.questions);
      assert.deepEqual(scanned.edns, message.edns);
      assert.equal(scanned.rcode, message.rcode);
    }),
  );
});

test('scanMessage() takes names of any octets, which decodeMessage() does not', () => {
  const scanned = scanMessage(fromHex('0001 8180 0001 0000 0000 0000 04612e00ff 00 0001 0001'));
  assert.equal(scanned.questions[0]?.name, 'a\\.\\000\\255');
});

test('scanMessage() reads the upper bits of the response code from OPT (RFC 6891 §6.1.3)', () => {
  const scanned = scanMessage(fromHex('0001 8000 0000 0000 0000 0001 00 0029 04d0 01 00 0000 0000'));
  assert.equal(scanned.rcode, 16);
});

test('scanMessage() reads sixteen questions, each a pointer to the one before, and refuses a full-size message of them', () => {
  const withQuestions = (count: number): Uint8Array => {
    const bytes = new Uint8Array(17 + 6 * (count - 1));
    bytes.set(fromHex('0001 0000 0000 0000 0000 0000 00 0001 0001'));
    bytes.set([count >> 8, count & 255], 4);
    for (let at = 17, last = 12; at < bytes.length; last = at, at += 6)
      bytes.set([0xc0 | (last >> 8), last & 255, 0, 1, 0, 1], at);
    return bytes;
  };
  assert.equal(scanMessage(withQuestions(MOST_QUESTIONS)).questions.length, MOST_QUESTIONS);
  for (const count of [MOST_QUESTIONS + 1, 0x2900])
    assert.throws(() => scanMessage(withQuestions(count)), /questions are too many/);
});

test('withoutEdns() removes what appendEdns() added', () => {
  const edns = { udpSize: 1232, version: 0, dnssecOk: true };
  fc.assert(
    fc.property(anyMessage, (message) => {
      const bytes = withoutEdns(scanMessage(encodeMessage(message)));
      const extended = appendEdns(bytes, edns);
      assert.deepEqual(scanMessage(extended).edns, edns);
      assert.equal(toHex(withoutEdns(scanMessage(extended))), toHex(bytes));
      assert.equal(toHex(withoutEdns(scanMessage(bytes))), toHex(bytes));
    }),
  );
});

test('withoutEdns() drops records behind the OPT record rather than break names that point at them', () => {
  const record = '00 0001 0001 00000005 0004 c0000201';
  const bytes = fromHex(
    `0001 8000 0000 0001 0000 0003 ${record} ${record} 00 0029 04d0 00000000 0000 ${record}`,
  );
  assert.equal(
    toHex(withoutEdns(scanMessage(bytes))),
    toHex(fromHex(`0001 8000 0000 0001 0000 0001 ${record} ${record}`)),
  );
});

test('withoutAdditionals() leaves answers and authorities as they are, and says so of itself', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const cut = withoutAdditionals(scanMessage(encodeMessage(message)));
      const { edns: _edns, ...plain } = message;
      const rest = scanMessage(encodeMessage({ ...plain, additionals: [] }));
      assert.deepEqual(cut, { ...rest, rcode: message.rcode, bytes: cut.bytes });
      assert.deepEqual(scanMessage(cut.bytes).records, cut.records);
    }),
  );
});

test('patchId() changes the id and nothing else; isResponse() reads the first bit', () => {
  const bytes = fromHex('0001 8000 0000 0000 0000 0000');
  patchId(bytes, 0xabcd);
  assert.equal(toHex(bytes), 'abcd80000000000000000000');
  assert.ok(isResponse(bytes));
  assert.ok(!isResponse(fromHex('0001 0100')));
  assert.ok(!isResponse(new Uint8Array(0)));
});

test('scanMessage() throws only DecodeError for random octets and every cut of a message', () => {
  const attempt = (bytes: Uint8Array): void => {
    try {
      scanMessage(bytes);
    } catch (error) {
      assert.ok(error instanceof DecodeError, String(error));
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt));
  fc.assert(
    fc.property(anyMessage, fc.nat(), fc.nat(255), (message, at, octet) => {
      const bytes = encodeMessage(message);
      attempt(bytes.subarray(0, at % bytes.length));
      bytes[at % bytes.length] = octet;
      attempt(bytes);
    }),
  );
});
