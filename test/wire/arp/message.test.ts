import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parseMac } from '../../../src/base/mac.ts';
import { ARP, decodeArp, encodeArp, encodeArpRequest } from '../../../src/wire/arp/message.ts';

const hex = '0001080006040001 020000000021 c0a84d01 000000000000 c0a84d02';
const message = {
  operation: ARP.REQUEST,
  senderMac: parseMac('02:00:00:00:00:21'),
  senderAddress: parseIpv4('192.168.77.1'),
  targetMac: parseMac('00:00:00:00:00:00'),
  targetAddress: parseIpv4('192.168.77.2'),
};

test('decodeArp() and encodeArp() agree with the layout of RFC 826', () => {
  assert.deepEqual(decodeArp(fromHex(hex)), message);
  assert.equal(toHex(encodeArp(message)), toHex(fromHex(hex)));
});

test('encodeArpRequest() asks with a target hardware address of zero (RFC 5227 §2.1.1)', () => {
  const { senderMac, senderAddress, targetAddress } = message;
  assert.equal(toHex(encodeArpRequest({ senderMac, senderAddress, targetAddress })), toHex(fromHex(hex)));
});

test('decodeArp() ignores the padding of a short Ethernet frame', () => {
  assert.deepEqual(decodeArp(fromHex(hex + '00'.repeat(18))), message);
});

test('decodeArp() rejects other hardware, other protocols and odd address lengths', () => {
  for (const head of ['0006080006040001', '000186dd06040001', '0001080008040001', '0001080006100001']) {
    assert.throws(() => decodeArp(fromHex(head + hex.slice(16))), DecodeError);
  }
});

test('decodeArp() throws only DecodeError for every cut and for random bytes', () => {
  const attempt = (bytes: Uint8Array): void => {
    try {
      decodeArp(bytes);
    } catch (error) {
      assert.ok(error instanceof DecodeError, String(error));
    }
  };
  const whole = fromHex(hex);
  for (let length = 0; length < whole.length; length++) attempt(whole.subarray(0, length));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), attempt));
});
