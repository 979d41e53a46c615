import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { decodeMessages, encodeMessages } from '../../../src/wire/netlink/message.ts';

// What `ip link set lan0 up` sent, and the acknowledgement it got (strace, Linux 6.18).
const REQUEST = '20000000 1000 0500 f817036b 00000000 00000000 04000000 01000000 01000000';
const ACKNOWLEDGEMENT = '24000000 0200 0001 f817036b 7b600000 00000000 20000000 1000 0500 f817036b 00000000';

test('decodeMessages() reads the header of linux/netlink.h in host order', () => {
  const [message] = decodeMessages(fromHex(REQUEST));
  assert.deepEqual(
    { ...message, payload: message?.payload.length },
    { type: 16, flags: 5, sequence: 0x6b0317f8, port: 0, payload: 16 },
  );
});

test('decodeMessages() and encodeMessages() are inverse for several messages in one datagram', () => {
  const datagram = fromHex(REQUEST + ACKNOWLEDGEMENT);
  const messages = decodeMessages(datagram);
  assert.equal(messages.length, 2);
  assert.equal(toHex(encodeMessages(messages)), toHex(datagram));
});

test('encodeMessages() pads each message to four bytes and leaves the padding out of its length', () => {
  const one = { type: 20, flags: 1, sequence: 7, port: 9, payload: Uint8Array.of(1, 2, 3, 4, 5) };
  const datagram = encodeMessages([one, one]);
  assert.equal(datagram.length, 48);
  assert.equal(datagram[0], 21);
  assert.deepEqual(decodeMessages(datagram), [one, one]);
});

test('decodeMessages() accepts a last message without its padding, as the kernel sends it', () => {
  const one = { type: 20, flags: 1, sequence: 7, port: 9, payload: Uint8Array.of(1, 2, 3, 4, 5) };
  assert.deepEqual(decodeMessages(encodeMessages([one]).subarray(0, 21)), [one]);
});

test('decodeMessages() rejects a datagram cut inside a message', () => {
  const datagram = fromHex(REQUEST + ACKNOWLEDGEMENT);
  for (let cut = 1; cut < datagram.length; cut++) {
    if (cut === 32) continue;
    assert.throws(() => decodeMessages(datagram.subarray(0, cut)), DecodeError, `cut at ${cut}`);
  }
});

test('decodeMessages() rejects a length below that of the header', () => {
  assert.throws(() => decodeMessages(fromHex(`0f${REQUEST.slice(2)}`)), /length 15 is below 16/);
});

test('decodeMessages() throws nothing but DecodeError for any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      try {
        decodeMessages(bytes);
      } catch (error) {
        assert.ok(error instanceof DecodeError);
      }
    }),
  );
});
