import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { Ipv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { internetChecksum } from '../../../src/wire/ipv4/checksum.ts';
import { decodeIpv4Packet, encodeIpv4Packet } from '../../../src/wire/ipv4/packet.ts';

const packet = {
  protocol: 17,
  source: parseIpv4('192.0.2.1'),
  destination: parseIpv4('192.0.2.9'),
  timeToLive: 64,
  payload: fromHex('aabbcc'),
};
// The words of the header add up to 20932; 0932 + 2 = 0934, whose complement is f6cb (RFC 1071).
const HEX = '45000017000000004011f6cbc0000201c0000209aabbcc';

/** With the header checksum put right, so that the checks behind it are reached. */
function repaired(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const length = ((copy[0] ?? 0) & 15) * 4;
  if (copy.length < 12) return copy;
  copy.fill(0, 10, 12);
  const sum = internetChecksum([copy.subarray(0, length)]);
  copy.set([sum >> 8, sum & 255], 10);
  return copy;
}

test('encodeIpv4Packet() and decodeIpv4Packet() agree with octets written by hand (RFC 791 §3.1)', () => {
  assert.equal(toHex(encodeIpv4Packet(packet, [packet.payload])), HEX);
  assert.deepEqual(decodeIpv4Packet(fromHex(HEX)), packet);
});

test('decodeIpv4Packet() skips options and link-layer padding', () => {
  const withOptions = repaired(fromHex(`4600001b${HEX.slice(8, 40)}01010100aabbccffff`));
  assert.deepEqual(decodeIpv4Packet(withOptions), packet);
});

test('decodeIpv4Packet() refuses either part of a fragmented datagram', () => {
  for (const fragment of ['2000', '0001'])
    assert.throws(
      () => decodeIpv4Packet(repaired(fromHex(HEX.slice(0, 12) + fragment + HEX.slice(16)))),
      (error) => error instanceof DecodeError && error.message.includes('fragment'),
    );
  const dontFragment = repaired(fromHex(`${HEX.slice(0, 12)}4000${HEX.slice(16)}`));
  assert.deepEqual(decodeIpv4Packet(dontFragment), packet);
});

test('decodeIpv4Packet() throws only DecodeError for random bytes, with their checksum put right or not', () => {
  const attempt = (bytes: Uint8Array): void => {
    try {
      decodeIpv4Packet(bytes);
    } catch (error) {
      assert.ok(error instanceof DecodeError, String(error));
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(15), (bytes, length) => {
      attempt(bytes);
      if (bytes.length > 0) bytes[0] = 0x40 | length;
      attempt(repaired(bytes));
    }),
  );
});

test('decodeIpv4Packet() is the inverse of encodeIpv4Packet()', () => {
  const address = fc.integer({ min: 0, max: 0xffff_ffff }).map(Ipv4);
  const payload = fc.uint8Array({ maxLength: 1400 });
  fc.assert(
    fc.property(address, address, fc.nat(255), payload, (source, destination, protocol, payload) => {
      const one = { protocol, source, destination, timeToLive: 1, payload };
      assert.deepEqual(decodeIpv4Packet(encodeIpv4Packet(one, [one.payload])), one);
    }),
  );
});
