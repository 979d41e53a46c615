import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError, InvariantError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { utf8 } from '../../../src/base/text.ts';
import { MOST_RECORDS, decodeMessage } from '../../../src/wire/dns/decode-message.ts';
import { parseDomainName } from '../../../src/wire/dns/domain-name.ts';
import { encodeMessage } from '../../../src/wire/dns/encode-message.ts';
import type { Message, RecordData } from '../../../src/wire/dns/message.ts';
import { anyMessage } from './arbitrary.ts';

const name = parseDomainName;
const NO_FLAGS = {
  response: false,
  authoritative: false,
  truncated: false,
  recursionDesired: false,
  recursionAvailable: false,
  authenticData: false,
  checkingDisabled: false,
};
const QUESTION = '03777777066f6666696365076578616d706c6500 0001 0001';

const VECTORS: readonly [string, Message, string][] = [
  [
    'a question with EDNS (RFC 6891 §6.1)',
    {
      id: 0x1234,
      opcode: 0,
      flags: { ...NO_FLAGS, recursionDesired: true, checkingDisabled: true },
      rcode: 0,
      questions: [{ name: name('www.office.example'), type: 1, class: 1 }],
      answers: [],
      authorities: [],
      additionals: [],
      edns: { udpSize: 1232, version: 0, dnssecOk: true },
    },
    `1234 0110 0001 0000 0000 0001 ${QUESTION} 00 0029 04d0 00 00 8000 0000`,
  ],
  [
    'an answer with its owner compressed, a mail exchanger and a type without a form of its own',
    {
      id: 1,
      opcode: 0,
      flags: { ...NO_FLAGS, response: true, authoritative: true },
      rcode: 3,
      questions: [{ name: name('www.office.example'), type: 1, class: 1 }],
      answers: [
        {
          name: name('www.office.example'),
          class: 1,
          ttl: 60,
          data: { type: 'A', address: parseIpv4('192.0.2.7') },
        },
      ],
      authorities: [
        { name: name('b'), class: 1, ttl: 5, data: { type: 'MX', preference: 10, exchange: name('m.b') } },
      ],
      additionals: [
        { name: name('.'), class: 1, ttl: 0, data: { type: 'other', code: 257, octets: fromHex('0005') } },
      ],
    },
    `0001 8403 0001 0001 0001 0001 ${QUESTION} c00c 0001 0001 0000003c 0004 c0000207
     016200 000f 0001 00000005 0007 000a 016d 0162 00  00 0101 0001 00000000 0002 0005`,
  ],
];

test('encodeMessage() and decodeMessage() agree with octets written by hand', () => {
  for (const [what, message, hex] of VECTORS) {
    assert.equal(toHex(encodeMessage(message)), toHex(fromHex(hex)), what);
    assert.deepEqual(decodeMessage(fromHex(hex)), message, what);
  }
});

test('decodeMessage() is the inverse of encodeMessage()', () => {
  fc.assert(
    fc.property(anyMessage, (message) => assert.deepEqual(decodeMessage(encodeMessage(message)), message)),
    { numRuns: 300 },
  );
});

function answer(type: string, data: string): Uint8Array {
  const length = (fromHex(data).length + 0x1_0000).toString(16).slice(1);
  return fromHex(`0001 8000 0001 0001 0000 0000 ${QUESTION} c00c ${type} 0001 00000001 ${length} ${data}`);
}

test('decodeMessage() reads compressed names within the data (RFC 1035 §4.1.4)', () => {
  const data = (type: string, hex: string): RecordData | undefined =>
    decodeMessage(answer(type, hex)).answers[0]?.data;
  assert.deepEqual(data('0005', '0161c010'), { type: 'CNAME', target: 'a.office.example' });
  assert.deepEqual(data('000f', '0005c010'), { type: 'MX', preference: 5, exchange: 'office.example' });
  assert.deepEqual(data('0006', '026e73c010 056f776e6572c010 00000001 00000002 00000003 00000004 00000005'), {
    type: 'SOA',
    mname: 'ns.office.example',
    rname: 'owner.office.example',
    serial: 1,
    refresh: 2,
    retry: 3,
    expire: 4,
    minimum: 5,
  });
  assert.deepEqual(data('0010', '026869 00'), { type: 'TXT', texts: [utf8('hi'), utf8('')] });
});

test('decodeMessage() rejects data that is shorter or longer than its length says', () => {
  const wrong: readonly [string, string][] = [
    ['0001', 'c00002'],
    ['0001', 'c000020100'],
    ['001c', '20010db8'],
    ['0002', 'c01000'],
    ['000f', '00'],
    ['000f', '0005c01000'],
    ['0005', '0161'],
    ['0006', 'c010c01000000001'],
    ['0010', '0568'],
    ['0021', '000100020003'],
    ['0021', '000100020003c010ff'],
  ];
  for (const [type, data] of wrong) assert.throws(() => decodeMessage(answer(type, data)), DecodeError, data);
});

test('decodeMessage() rejects names within data that the record codec cannot hold', () => {
  assert.throws(() => decodeMessage(answer('0005', '03612e62 00')), /"a\\\.b" is not supported/);
  assert.throws(() => decodeMessage(answer('0005', '02c3bc 00')), DecodeError);
});

test('decodeMessage() keeps the escaped dot in the mailbox of a SOA (RFC 1035 §8)', () => {
  const octets = answer('0006', 'c010 05612e622e63 c010 00000001 00000002 00000003 00000004 00000005');
  const message = decodeMessage(octets);
  assert.equal(
    message.answers[0]?.data.type === 'SOA' && message.answers[0].data.rname,
    'a\\.b\\.c.office.example',
  );
  assert.deepEqual(decodeMessage(encodeMessage(message)), message);
});

test('decodeMessage() rejects mailboxes the record codec would not write back', () => {
  const numbers = '00000001 00000002 00000003 00000004 00000005';
  for (const rname of ['022e61 00', '02612e 00', '0161 03622e63 00', '022e61 0162 00'])
    assert.throws(() => decodeMessage(answer('0006', `c010 ${rname} ${numbers}`)), DecodeError, rname);
  const odd = decodeMessage(answer('0006', `c010 05612e2e622e 0163 00 ${numbers}`));
  assert.deepEqual(decodeMessage(encodeMessage(odd)), odd);
});

test('decodeMessage() rejects left-over octets, missing records and a second or misplaced OPT (RFC 6891 §6.1.1)', () => {
  const opt = '00 0029 04d0 00000000 0000';
  for (const hex of [
    '',
    '0001 0000 0000 0000 0000 00',
    '0001 0000 0000 0000 0000 0000 00',
    '0001 0000 0001 0000 0000 0000',
    '0001 0000 ffff ffff ffff ffff',
    '0001 0000 0000 0001 0000 0000',
    `0001 0000 0000 0001 0000 0000 ${opt}`,
    `0001 0000 0000 0000 0000 0002 ${opt} ${opt}`,
    '0001 0000 0000 0000 0000 0001 016100 0029 04d0 00000000 0000',
  ])
    assert.throws(() => decodeMessage(fromHex(hex)), DecodeError, hex);
});

test('decodeMessage() throws only DecodeError for random octets and every cut of a message, and what it takes encodes again', () => {
  const isSafe = (bytes: Uint8Array): void => {
    try {
      const message = decodeMessage(bytes);
      assert.deepEqual(decodeMessage(encodeMessage(message)), message);
    } catch (error) {
      assert.ok(error instanceof DecodeError);
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), isSafe), { numRuns: 1000 });
  fc.assert(
    fc.property(anyMessage, fc.nat(), fc.integer({ min: 0, max: 255 }), (message, at, octet) => {
      const bytes = encodeMessage(message);
      bytes[at % bytes.length] = octet;
      isSafe(bytes);
      for (let end = 0; end < bytes.length; end++) isSafe(bytes.subarray(0, end));
    }),
    { numRuns: 100 },
  );
});

test('decodeMessage() reads 500 records, which may all have the longest name by pointers, and no more', () => {
  const withRecords = (count: number): Uint8Array =>
    fromHex(
      `0001 8180 0001 ${count.toString(16).padStart(4, '0')} 0000 0000 ${'0161'.repeat(126)}00 000f 0001` +
        'c00c 000f 0001 00000009 0004 0001 c00c'.repeat(count),
    );
  const longest = Array.from({ length: 126 }, () => 'a').join('.');
  const { answers } = decodeMessage(withRecords(MOST_RECORDS));
  assert.equal(answers.length, MOST_RECORDS);
  assert.deepEqual(answers.at(-1)?.data, { type: 'MX', preference: 1, exchange: longest });
  for (const count of [MOST_RECORDS + 1, 4000])
    assert.throws(() => decodeMessage(withRecords(count)), /records are too many/);
});

test('encodeMessage() says so when a name cannot be encoded or the message is too long', () => {
  const message = (data: RecordData, count: number): Message => ({
    id: 0,
    opcode: 0,
    flags: NO_FLAGS,
    rcode: 0,
    questions: [],
    answers: Array.from({ length: count }, () => ({ name: name('a'), class: 1, ttl: 0, data })),
    authorities: [],
    additionals: [],
  });
  assert.throws(() => encodeMessage(message({ type: 'NS', target: name('a\\.b') }, 1)), InvariantError);
  const large = { type: 'TXT', texts: [new Uint8Array(255)] } as const;
  assert.throws(() => encodeMessage(message(large, 300)), InvariantError);
});
