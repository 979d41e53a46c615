import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAddress } from '../../../src/base/address.ts';
import { DecodeError } from '../../../src/base/errors.ts';
import { fromHex } from '../../../src/base/hex.ts';
import { decodePacketHeaders } from '../../../src/wire/ip/headers.ts';

const V4 = '45000028000040004006 0000 cb007109 cb007132';
const TCP = '115c 0017 00000000 00000000 5002 ffff 0000 0000';
const V6_ADDRESSES = '20010db8000300000000000000000009 20010db8000300000000000000000050';

function v6(next: string, rest: string): Uint8Array {
  return fromHex(`60000000 0028 ${next} 40 ${V6_ADDRESSES} ${rest}`);
}

test('decodePacketHeaders() reads TCP over IPv4 (RFC 791 §3.1, RFC 9293 §3.1)', () => {
  const { source, destination, protocol, transport } = decodePacketHeaders(fromHex(`${V4} ${TCP}`));
  assert.equal(`${formatAddress(source)} ${formatAddress(destination)}`, '203.0.113.9 203.0.113.50');
  assert.equal(protocol, 6);
  assert.deepEqual(transport, { kind: 'tcp', sourcePort: 4444, destinationPort: 23, flags: 2 });
});

test('decodePacketHeaders() goes over IPv4 options', () => {
  const bytes = fromHex(`${V4.replace('45', '47')} 0101010101010100 ${TCP}`);
  assert.equal(decodePacketHeaders(bytes).transport?.kind, 'tcp');
});

test('decodePacketHeaders() reads no ports in a fragment other than the first (RFC 791 §2.3)', () => {
  assert.equal(decodePacketHeaders(fromHex(`${V4.replace('4000', '0001')} ${TCP}`)).transport, undefined);
  assert.equal(decodePacketHeaders(fromHex(`${V4.replace('4000', '2000')} ${TCP}`)).transport?.kind, 'tcp');
});

test('decodePacketHeaders() goes over IPv6 extension headers, in a first fragment too (RFC 8200 §4)', () => {
  const plain = decodePacketHeaders(v6('3a', '8000 0000 00000000'));
  assert.deepEqual(plain.transport, { kind: 'icmp', type: 128, code: 0 });
  const hopByHop = '2b00 050200000000';
  const routing = '2c01 0000 00000000 0000000000000000';
  const firstFragment = '1100 0001 12345678';
  const udp = '0035 d431 0010 0000';
  const long = decodePacketHeaders(v6('00', `${hopByHop} ${routing} ${firstFragment} ${udp}`));
  assert.equal(long.protocol, 17);
  assert.deepEqual(long.transport, { kind: 'udp', sourcePort: 53, destinationPort: 54_321 });
});

test('decodePacketHeaders() names the protocol of a later IPv6 fragment and reads no ports of it', () => {
  const { protocol, transport } = decodePacketHeaders(v6('2c', '1100 0008 12345678 0035d43100100000'));
  assert.deepEqual({ protocol, transport }, { protocol: 17, transport: undefined });
});

test('decodePacketHeaders() stops after eight extension headers', () => {
  const chain = '3c00000000000000'.repeat(20);
  const { protocol, transport } = decodePacketHeaders(v6('3c', chain));
  assert.deepEqual({ protocol, transport }, { protocol: 60, transport: undefined });
});

test('decodePacketHeaders() gives the addresses of a packet cut off behind them', () => {
  const whole = fromHex(`${V4} ${TCP}`);
  for (let end = 20; end < 34; end++)
    assert.equal(decodePacketHeaders(whole.subarray(0, end)).transport, undefined, String(end));
  assert.equal(decodePacketHeaders(v6('00', '2b')).transport, undefined);
});

test('decodePacketHeaders() refuses what has no addresses, and other versions', () => {
  for (const bytes of [
    new Uint8Array(),
    fromHex(V4).subarray(0, 19),
    fromHex('44'),
    fromHex('55'.repeat(40)),
  ])
    assert.throws(() => decodePacketHeaders(bytes), DecodeError);
});

test('decodePacketHeaders() throws only DecodeError for any bytes', () => {
  const start = fc.constantFrom('', '45', '4f', '60').map(fromHex);
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 160 }), (start, bytes) => {
      try {
        decodePacketHeaders(Uint8Array.of(...start, ...bytes));
      } catch (error) {
        assert.ok(error instanceof DecodeError, String(error));
      }
    }),
  );
});
