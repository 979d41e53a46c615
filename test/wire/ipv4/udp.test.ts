import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { type Ipv4, formatIpv4 } from '../../../src/base/ipv4.ts';
import { decodeUdpPacket, encodeUdpPacket } from '../../../src/wire/ipv4/udp.ts';

const { packets } = JSON.parse(
  readFileSync(new URL('../../vectors/dhcp4.json', import.meta.url), 'utf8'),
) as { packets: { from: string; packet: string }[] };
const byClients = packets.filter((one) => !one.from.startsWith('dnsmasq')).map((one) => fromHex(one.packet));
const byKernel = packets.filter((one) => one.from.startsWith('dnsmasq')).map((one) => fromHex(one.packet));

test('decodeUdpPacket() reads what raw-socket clients sent, checksum included', () => {
  for (const bytes of byClients) {
    const packet = decodeUdpPacket(bytes, true);
    assert.equal(formatIpv4(packet.destination), '255.255.255.255');
    assert.deepEqual([packet.sourcePort, packet.destinationPort], [68, 67]);
    assert.equal(packet.payload.length, bytes.length - 28);
  }
});

test('encodeUdpPacket() writes the UDP part of a captured packet octet for octet', () => {
  for (const bytes of byClients) {
    const again = encodeUdpPacket(decodeUdpPacket(bytes, true));
    assert.equal(toHex(again.subarray(20)), toHex(bytes.subarray(20)));
  }
});

test('decodeUdpPacket() checks no checksum that the sender left to the hardware', () => {
  const bytes = byKernel[0] ?? new Uint8Array(0);
  assert.equal(decodeUdpPacket(bytes, false).sourcePort, 67);
  assert.throws(() => decodeUdpPacket(bytes, true), /UDP checksum/);
});

test('decodeUdpPacket() ignores link-layer padding behind the datagram', () => {
  const bytes = encodeUdpPacket({
    source: 1 as Ipv4,
    sourcePort: 68,
    destination: 2 as Ipv4,
    destinationPort: 67,
    payload: Uint8Array.of(9),
  });
  assert.deepEqual([...decodeUdpPacket(Uint8Array.of(...bytes, 0, 0, 0), true).payload], [9]);
});

const good = encodeUdpPacket({
  source: 0xc000_0201 as Ipv4,
  sourcePort: 68,
  destination: 0xc000_0202 as Ipv4,
  destinationPort: 67,
  payload: fromHex('010203'),
});

/** `good` with octets overwritten and the header checksum made right again by an independent sum. */
function changed(at: number, ...octets: number[]): Uint8Array {
  const bytes = good.slice();
  bytes.set(octets, at);
  bytes.set([0, 0], 10);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += ((bytes[i] ?? 0) << 8) + (bytes[i + 1] ?? 0);
  sum = (sum & 0xffff) + (sum >> 16);
  bytes.set([(~sum >> 8) & 255, ~sum & 255], 10);
  return bytes;
}

const refused: readonly (readonly [string, Uint8Array])[] = [
  ['IP version 6', changed(0, 0x65)],
  ['a header shorter than 20 octets', changed(0, 0x44)],
  ['a header longer than the datagram', changed(0, 0x4f)],
  ['a total length past the end', changed(2, 0, 200)],
  ['a first fragment', changed(6, 0x20, 0)],
  ['a later fragment', changed(6, 0, 1)],
  ['another protocol', changed(9, 6)],
  ['a UDP length past the end', changed(24, 0, 200)],
  ['a UDP length shorter than its header', changed(24, 0, 7)],
  ['a wrong header checksum', Uint8Array.of(...good.subarray(0, 10), 1, 2, ...good.subarray(12))],
  ['a wrong UDP checksum', changed(30, 99)],
];
for (const [what, bytes] of refused) {
  test(`decodeUdpPacket() rejects ${what}`, () => {
    assert.throws(() => decodeUdpPacket(bytes, true), DecodeError);
  });
}

test('decodeUdpPacket() accepts a datagram without UDP checksum (RFC 768)', () => {
  assert.equal(decodeUdpPacket(changed(26, 0, 0), true).payload.length, 3);
});

test('decodeUdpPacket() throws only DecodeError for every cut and for random bytes', () => {
  const attempt = (bytes: Uint8Array): void => {
    try {
      decodeUdpPacket(bytes, false);
    } catch (error) {
      assert.ok(error instanceof DecodeError, String(error));
    }
  };
  for (let length = 0; length < good.length; length++) attempt(good.subarray(0, length));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), attempt));
});

test('encodeUdpPacket() and decodeUdpPacket() are inverse', () => {
  const address = fc.integer({ min: 0, max: 0xffff_ffff }).map((value) => value as Ipv4);
  const port = fc.integer({ min: 0, max: 65535 });
  const packet = fc.record(
    {
      source: address,
      sourcePort: port,
      destination: address,
      destinationPort: port,
      payload: fc.uint8Array({ maxLength: 1400 }),
    },
    { noNullPrototype: true },
  );
  fc.assert(fc.property(packet, (one) => assert.deepEqual(decodeUdpPacket(encodeUdpPacket(one), true), one)));
});
