import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { type Query, type Transport, makeResponse, readQuery } from '../../../src/engine/dns-query/query.ts';
import { decodeMessage } from '../../../src/wire/dns/decode-message.ts';
import { parseDomainName } from '../../../src/wire/dns/domain-name.ts';
import { encodeMessage } from '../../../src/wire/dns/encode-message.ts';
import type { Message } from '../../../src/wire/dns/message.ts';
import { anyMessage } from '../../wire/dns/arbitrary.ts';

const QUESTION = '03777777 076578616d706c65 00 0001 0001';
const SHOUTED = '03775757 074558616d706c65 00 0001 0001';
const OPT = (size: string, version = '00', flags = '0000'): string =>
  `00 0029 ${size} 00 ${version} ${flags} 0000`;

function ask(hex: string, transport: Transport = 'udp'): Query {
  const reading = readQuery(fromHex(hex), transport);
  assert.ok(reading.kind === 'query', JSON.stringify(reading));
  return reading.query;
}

function refusal(hex: string): string {
  const reading = readQuery(fromHex(hex), 'udp');
  return reading.kind === 'refusal' ? toHex(reading.bytes) : reading.kind;
}

const hex = (text: string): string => toHex(fromHex(text));

function body(texts: number): Uint8Array {
  const name = parseDomainName('www.example');
  const data = { type: 'TXT', texts: [new Uint8Array(200)] } as const;
  const message: Message = {
    id: 0,
    opcode: 0,
    flags: {
      response: true,
      authoritative: true,
      truncated: false,
      recursionDesired: false,
      recursionAvailable: false,
      authenticData: true,
      checkingDisabled: false,
    },
    rcode: 0,
    questions: [{ name, type: 1, class: 1 }],
    answers: [
      { name, class: 1, ttl: 60, data: { type: 'A', address: parseIpv4('192.0.2.1') } },
      ...Array.from({ length: texts }, () => ({ name, class: 1, ttl: 60, data })),
    ],
    authorities: [],
    additionals: [],
  };
  return encodeMessage(message);
}

test('readQuery() takes an ordinary question and knows how much the client takes (RFC 6891 §6.2.5)', () => {
  const plain = ask(`1234 0100 0001 0000 0000 0000 ${QUESTION}`);
  assert.equal(plain.question.name, 'www.example');
  assert.equal(plain.limit, 512);
  const limit = (size: string): number => ask(`1234 0100 0001 0000 0000 0001 ${QUESTION} ${OPT(size)}`).limit;
  assert.equal(limit('0100'), 512);
  assert.equal(limit('0400'), 1024);
  assert.equal(limit('1000'), 1232);
  assert.equal(ask(`1234 0100 0001 0000 0000 0000 ${QUESTION}`, 'tcp').limit, 65_535);
});

test('readQuery() ignores responses and what is shorter than a header', () => {
  assert.equal(refusal(`1234 8100 0001 0000 0000 0000 ${QUESTION}`), 'ignore');
  assert.equal(refusal('1234 0100 0001 0000 0000 00'), 'ignore');
  assert.equal(refusal(''), 'ignore');
});

test('readQuery() answers NOTIMP to other opcodes, FORMERR to what is malformed', () => {
  assert.equal(refusal('1234 2900 0000 0000 0000 0000'), hex('1234 a904 0000 0000 0000 0000'));
  assert.equal(refusal(`1234 0100 0002 0000 0000 0000 ${QUESTION}`), hex('1234 8101 0000 0000 0000 0000'));
  assert.equal(refusal('1234 0100 0000 0000 0000 0000'), hex('1234 8101 0000 0000 0000 0000'));
  assert.equal(
    refusal(`1234 0100 0002 0000 0000 0000 ${QUESTION} ${QUESTION}`),
    hex('1234 8101 0000 0000 0000 0000'),
  );
  assert.equal(refusal(`1234 0100 0001 0000 0000 0000 c002 0001 0001`), hex('1234 8101 0000 0000 0000 0000'));
});

test('readQuery() answers REFUSED to other classes and to zone transfers, BADVERS to later EDNS (RFC 6891 §6.1.3)', () => {
  const chaos = '07 76657273696f6e 04 62696e64 00 0010 0003';
  assert.equal(
    refusal(`1234 0100 0001 0000 0000 0000 ${chaos}`),
    hex(`1234 8185 0001 0000 0000 0000 ${chaos}`),
  );
  const transfer = QUESTION.replace(/0001 0001$/, '00fc 0001');
  assert.equal(
    refusal(`1234 0000 0001 0000 0000 0000 ${transfer}`),
    hex(`1234 8085 0001 0000 0000 0000 ${transfer}`),
  );
  assert.equal(
    refusal(`1234 0000 0001 0000 0000 0001 ${QUESTION} ${OPT('1000', '01')}`),
    hex(`1234 8080 0001 0000 0000 0001 ${QUESTION} 00 0029 04d0 01 00 0000 0000`),
  );
});

test('readQuery() throws for no octets at all', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => void readQuery(bytes, 'udp')));
  fc.assert(
    fc.property(anyMessage, (message) => {
      const query = encodeMessage({ ...message, flags: { ...message.flags, response: false } });
      const reading = readQuery(query, 'tcp');
      if (reading.kind === 'refusal') decodeMessage(reading.bytes);
    }),
  );
});

test("makeResponse() repeats the client's id, spelling, RD and CD, and sets its own bits", () => {
  const query = ask(`1234 0130 0001 0000 0000 0000 ${SHOUTED}`);
  const response = makeResponse(query, { rcode: 0, isAuthoritative: false }, body(0));
  assert.equal(
    toHex(response),
    hex(`1234 8190 0001 0001 0000 0000 ${SHOUTED} c00c 0001 0001 0000003c 0004 c0000201`),
  );
  const own = makeResponse(query, { rcode: 3, isAuthoritative: true });
  assert.equal(toHex(own), hex(`1234 8593 0001 0000 0000 0000 ${SHOUTED}`));
});

test('makeResponse() adds OPT only for clients that sent one, with their DO bit (RFC 6891 §7, RFC 3225)', () => {
  const query = ask(`1234 0100 0001 0000 0000 0001 ${QUESTION} ${OPT('1000', '00', '8000')}`);
  const message = decodeMessage(makeResponse(query, { rcode: 0, isAuthoritative: false }, body(0)));
  assert.deepEqual(message.edns, { udpSize: 1232, version: 0, dnssecOk: true });
});

test('makeResponse() cuts what is longer than the client takes to the question, with TC (RFC 2181 §9)', () => {
  const plain = ask(`1234 0100 0001 0000 0000 0000 ${QUESTION}`);
  const cut = decodeMessage(makeResponse(plain, { rcode: 0, isAuthoritative: false }, body(3)));
  assert.ok(cut.flags.truncated);
  assert.deepEqual([cut.answers.length, cut.questions.length], [0, 1]);
  const fits = decodeMessage(makeResponse(plain, { rcode: 0, isAuthoritative: false }, body(2)));
  assert.ok(!fits.flags.truncated);
  assert.equal(fits.answers.length, 3);
  const edns = ask(`1234 0100 0001 0000 0000 0001 ${QUESTION} ${OPT('1000')}`);
  for (const texts of [0, 1, 2, 3, 4, 5, 6, 7]) {
    const response = makeResponse(edns, { rcode: 0, isAuthoritative: false }, body(texts));
    assert.ok(response.length <= 1232);
    assert.equal(decodeMessage(response).flags.truncated, texts > 5);
  }
});
