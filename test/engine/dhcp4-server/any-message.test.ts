import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { Seconds } from '../../../src/base/duration.ts';
import { DecodeError } from '../../../src/base/errors.ts';
import { fromHex } from '../../../src/base/hex.ts';
import { type Dhcp4Message, decodeMessage, encodeMessage } from '../../../src/wire/dhcp4/message.ts';
import { Bench, macOf } from './bench.ts';

const vectors = new URL('../../vectors/dhcp4.json', import.meta.url);
const { packets } = JSON.parse(readFileSync(vectors, 'utf8')) as { packets: { packet: string }[] };
/** The UDP payloads, behind 28 octets of headers. */
const payloads = packets.map(({ packet }) => fromHex(packet).subarray(28));

function tryDecode(bytes: Uint8Array): Dhcp4Message | undefined {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    assert.ok(error instanceof DecodeError);
    return undefined;
  }
}

const damage = fc.record({
  capture: fc.nat(payloads.length - 1),
  octets: fc.array(fc.tuple(fc.nat(547), fc.nat(255)), { maxLength: 12 }),
});

test('stepServer() answers any message that can be read with one that can be written and fits, or with nothing', () => {
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 40 }), (messages) => {
      const custom = new Map([
        [43, new Uint8Array(400)],
        [224, new Uint8Array(250)],
      ]);
      const bench = new Bench({ custom });
      for (const { capture, octets } of messages) {
        const bytes = Uint8Array.from(payloads[capture] ?? []);
        for (const [at, value] of octets) if (at < bytes.length) bytes[at] = value;
        const message = tryDecode(bytes);
        if (message === undefined) continue;
        const effects = bench.take({ kind: 'message', message, via: macOf(1) });
        bench.pass(Seconds(1));
        for (const effect of effects) {
          if (effect.kind !== 'send') continue;
          const reply = encodeMessage(effect.message, effect.limits);
          assert.ok(reply.length <= (effect.limits.maxLength ?? 548));
          const { options, xid, chaddr } = decodeMessage(reply);
          assert.equal(xid, message.xid);
          assert.deepEqual(chaddr, message.chaddr);
          assert.deepEqual(options.clientId, message.options.clientId);
          assert.ok([2, 5, 6].includes(options.messageType ?? 0));
        }
      }
    }),
    { numRuns: 300 },
  );
});
