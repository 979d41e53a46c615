import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError } from '../../../src/base/errors.ts';
import { fromHex } from '../../../src/base/hex.ts';
import { decodeAcknowledgement, decodeDone } from '../../../src/wire/netlink/acknowledgement.ts';
import { NLM_F } from '../../../src/wire/netlink/constants.ts';
import { decodeMessages } from '../../../src/wire/netlink/message.ts';

const REQUEST_HEADER = '2c000000 1800 0506 f817036b 00000000';
// NLMSGERR_ATTR_MSG "no" and NLMSGERR_ATTR_OFFS 28.
const EXTENDED = '07000100 6e6f0000 08000200 1c000000';

test('decodeAcknowledgement() reads a success', () => {
  assert.deepEqual(
    decodeAcknowledgement({ flags: NLM_F.CAPPED, payload: fromHex(`00000000 ${REQUEST_HEADER}`) }),
    { errno: undefined, text: '', offset: undefined },
  );
});

test('decodeAcknowledgement() reads errno, text and offset behind a capped request', () => {
  const payload = fromHex(`9bffffff ${REQUEST_HEADER} ${EXTENDED}`);
  assert.deepEqual(decodeAcknowledgement({ flags: NLM_F.CAPPED | NLM_F.ACK_TLVS, payload }), {
    errno: 'ENETUNREACH',
    text: 'no',
    offset: 28,
  });
});

test('decodeAcknowledgement() skips the copy of the request when it is not capped', () => {
  const body = '00'.repeat(0x2c - 16);
  const payload = fromHex(`9bffffff ${REQUEST_HEADER} ${body} ${EXTENDED}`);
  assert.equal(decodeAcknowledgement({ flags: NLM_F.ACK_TLVS, payload }).text, 'no');
});

test('decodeAcknowledgement() reads the refusal captured from `ip route add` without extended acknowledgement', () => {
  const [message] = decodeMessages(
    fromHex(
      '34000000 0200 0000 00000000 7b600000 edffffff 20000000 1000 0500 00000000 00000000' +
        '00000000 00000000 00000000 00000000',
    ),
  );
  assert.ok(message);
  assert.equal(decodeAcknowledgement(message).errno, 'ENODEV');
});

test('decodeAcknowledgement() names a number it does not know', () => {
  const payload = fromHex(`0cfeffff ${REQUEST_HEADER}`);
  assert.equal(decodeAcknowledgement({ flags: NLM_F.CAPPED, payload }).errno, 'errno 500');
});

test('decodeDone() reads the end of a dump with and without an error', () => {
  assert.equal(decodeDone({ flags: NLM_F.MULTI, payload: fromHex('00000000') }).errno, undefined);
  assert.equal(decodeDone({ flags: NLM_F.MULTI, payload: new Uint8Array() }).errno, undefined);
  assert.deepEqual(decodeDone({ flags: NLM_F.ACK_TLVS, payload: fromHex(`eaffffff ${EXTENDED}`) }), {
    errno: 'EINVAL',
    text: 'no',
    offset: 28,
  });
});

test('decodeAcknowledgement() throws nothing but DecodeError for any bytes and flags', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(0xffff), (payload, flags) => {
      for (const decode of [decodeAcknowledgement, decodeDone]) {
        try {
          decode({ flags, payload });
        } catch (error) {
          assert.ok(error instanceof DecodeError, String(error));
        }
      }
    }),
  );
});
