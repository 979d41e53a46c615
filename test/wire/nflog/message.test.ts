import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAddress } from '../../../src/base/address.ts';
import { DecodeError } from '../../../src/base/errors.ts';
import { toHex } from '../../../src/base/hex.ts';
import { macFromBytes } from '../../../src/base/mac.ts';
import { decodePacketHeaders } from '../../../src/wire/ip/headers.ts';
import { NFULNL_CFG_CMD, NFULNL_COPY } from '../../../src/wire/nflog/constants.ts';
import { type NflogMessage, decodeNflog, encodeNflog } from '../../../src/wire/nflog/message.ts';
import { exchangeOf } from '../conntrack/vectors.ts';

const { sent, received } = exchangeOf('nflog/packet.json', 'follow a group');

function messages(): NflogMessage[] {
  return [...sent, ...received].map(decodeNflog).filter((message) => message !== undefined);
}

const packets = messages().filter((message) => message.kind === 'packet');

test('encodeNflog() writes what the reference tool sends to follow a group, byte for byte', () => {
  const group = 77;
  const requests: readonly NflogMessage[] = [
    { kind: 'config', family: 2, group: 0, body: { command: NFULNL_CFG_CMD.PF_UNBIND } },
    { kind: 'config', family: 2, group: 0, body: { command: NFULNL_CFG_CMD.PF_BIND } },
    { kind: 'config', family: 0, group, body: { command: NFULNL_CFG_CMD.BIND } },
    {
      kind: 'config',
      family: 0,
      group,
      body: { mode: { range: 262_144, mode: NFULNL_COPY.PACKET, pad: undefined } },
    },
  ];
  for (const [index, request] of requests.entries()) {
    const { type, payload } = encodeNflog(request);
    assert.equal(type, sent[index]?.type);
    assert.equal(toHex(payload), toHex(sent[index]?.payload ?? new Uint8Array()));
  }
});

test('decodeNflog() reads reason, devices, hook, sender on the link and group of captured packets', () => {
  assert.deepEqual(
    packets.map(({ group, family, body }) => ({
      group,
      family,
      prefix: body.prefix,
      hook: body.header?.hook,
      in: body.inDevice,
      out: body.outDevice,
    })),
    [
      { group: 77, family: 2, prefix: 'wan-input', hook: 1, in: 3, out: undefined },
      { group: 77, family: 10, prefix: 'wan-forward', hook: 2, in: 3, out: 2 },
      { group: 77, family: 2, prefix: 'wan-input', hook: 1, in: 3, out: undefined },
      { group: 77, family: 10, prefix: 'wan-input', hook: 1, in: 3, out: undefined },
      { group: 77, family: 2, prefix: 'lan-input', hook: 1, in: 2, out: undefined },
    ],
  );
  const address = packets[0]?.body.hardwareAddress;
  assert.equal(
    macFromBytes(address?.octets.subarray(0, address.length) ?? new Uint8Array()),
    '36:67:69:2c:98:30',
  );
});

test('decodePacketHeaders() reads of the captured payloads what the reference tool printed', () => {
  const { output } = exchangeOf('nflog/packet.json', 'follow a group');
  for (const [index, { body }] of packets.entries()) {
    const { source, destination, transport } = decodePacketHeaders(body.payload ?? new Uint8Array());
    const port = (which: 'sourcePort' | 'destinationPort'): string =>
      transport !== undefined && which in transport ? `.${transport[which as never] as number}` : '';
    const way = `${formatAddress(source)}${port('sourcePort')} > ${formatAddress(destination)}${port('destinationPort')}:`;
    assert.ok(output[index]?.includes(way), `${way} in ${output[index]}`);
  }
});

test('decodeNflog() and encodeNflog() are inverse for everything captured', () => {
  for (const message of messages()) assert.deepEqual(decodeNflog(encodeNflog(message)), message);
});

test('decodeNflog() leaves other subsystems and kinds alone', () => {
  for (const type of [0x000, 0x100, 0x402, 0xa00])
    assert.equal(decodeNflog({ type, payload: new Uint8Array(4) }), undefined);
});

test('decodeNflog() throws only DecodeError for every cut of a captured message and for any bytes', () => {
  const attempt = (type: number, payload: Uint8Array): void => {
    try {
      decodeNflog({ type, payload });
    } catch (error) {
      assert.ok(error instanceof DecodeError, String(error));
    }
  };
  for (const { type, payload } of [...sent, ...received])
    for (let end = 0; end < payload.length; end++) attempt(type, payload.subarray(0, end));
  fc.assert(fc.property(fc.constantFrom(0x400, 0x401), fc.uint8Array({ maxLength: 120 }), attempt));
});
