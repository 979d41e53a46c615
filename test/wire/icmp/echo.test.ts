import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { decodeEchoReply, encodeEchoRequest } from '../../../src/wire/icmp/echo.ts';
import { encodeIcmp } from '../../../src/wire/icmp/message.ts';
import { PROTOCOL, encodeIpv4Packet } from '../../../src/wire/ipv4/packet.ts';

const source = parseIpv4('192.0.2.9');

function datagram(kind: 'echo-request' | 'echo-reply'): Uint8Array {
  const payload = encodeIcmp({ kind, identifier: 7, sequence: 9, data: fromHex('6162') });
  const destination = parseIpv4('192.0.2.1');
  return encodeIpv4Packet({ protocol: PROTOCOL.ICMP, source, destination, timeToLive: 64 }, [payload]);
}

test('encodeEchoRequest() writes the eight octets of RFC 792', () => {
  assert.equal(toHex(encodeEchoRequest({ identifier: 7, sequence: 9 })), '0800f7ef00070009');
});

test('decodeEchoReply() finds the reply in a datagram and who sent it', () => {
  assert.deepEqual(decodeEchoReply(datagram('echo-reply')), { source, identifier: 7, sequence: 9 });
});

test('decodeEchoReply() ignores requests, other protocols and damage', () => {
  assert.equal(decodeEchoReply(datagram('echo-request')), undefined);
  const damaged = datagram('echo-reply');
  damaged[28] = 0xff;
  assert.equal(decodeEchoReply(damaged), undefined);
  const payload = new Uint8Array(8);
  const udp = encodeIpv4Packet({ protocol: 17, source, destination: source, timeToLive: 64 }, [payload]);
  assert.equal(decodeEchoReply(udp), undefined);
  assert.equal(decodeEchoReply(new Uint8Array(3)), undefined);
});

test('decodeEchoReply() finds no reply in random bytes and in every cut of one, and throws nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      assert.equal(decodeEchoReply(bytes), undefined);
    }),
  );
  const whole = datagram('echo-reply');
  for (let length = 0; length < whole.length; length++)
    assert.equal(decodeEchoReply(whole.subarray(0, length)), undefined);
});
