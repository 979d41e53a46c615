import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { decodeAll, encodeAll } from '../../../src/wire/field/codec.ts';
import type { Field } from '../../../src/wire/field/field.ts';
import { type NetlinkMessage, decodeMessages } from '../../../src/wire/netlink/message.ts';
import { RTM } from '../../../src/wire/rtnetlink/constants.ts';

interface Vector {
  readonly name: string;
  readonly command: string;
  readonly datagrams: readonly { readonly direction: 'to' | 'from'; readonly hex: string }[];
}

export interface Exchange {
  readonly name: string;
  /** What the reference tool asked. */
  readonly sent: readonly NetlinkMessage[];
  /** What the kernel answered. */
  readonly received: readonly NetlinkMessage[];
}

/** The captures of one file of test/vectors/rtnetlink. */
export function exchangesOf(file: string): readonly Exchange[] {
  const path = join(import.meta.dirname, '../../vectors/rtnetlink', file);
  const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: readonly Vector[] };
  return vectors.map(({ name, datagrams }) => {
    const messages = (direction: string): NetlinkMessage[] =>
      datagrams
        .filter((one) => one.direction === direction)
        .flatMap((one) => decodeMessages(fromHex(one.hex)));
    return { name, sent: messages('to'), received: messages('from') };
  });
}

/** The only request of the capture with this name, its payload decoded. */
export function requestOf<T>(
  exchanges: readonly Exchange[],
  name: string,
  field: Field<T>,
): { type: number; flags: number; value: T } {
  const message = exchanges.find((one) => one.name === name)?.sent.at(-1);
  assert.ok(message, `a capture named "${name}"`);
  return { type: message.type, flags: message.flags, value: decodeAll(field, message.payload) };
}

/** Every reply of the capture with this name, decoded. */
export function repliesOf<T>(exchanges: readonly Exchange[], name: string, field: Field<T>): T[] {
  const exchange = exchanges.find((one) => one.name === name);
  assert.ok(exchange, `a capture named "${name}"`);
  return exchange.received.filter(({ type }) => type >= 16).map(({ payload }) => decodeAll(field, payload));
}

/** What holds for every captured message and for bytes no kernel sends. `inexact` names requests ip spells in another way. */
export function checkCodec<T>(
  codec: string,
  field: Field<T>,
  exchanges: readonly Exchange[],
  inexact: readonly string[] = [],
): void {
  for (const { name, sent, received } of exchanges) {
    const own = (messages: readonly NetlinkMessage[]): NetlinkMessage[] =>
      messages.filter(({ type }) => type >= 16);
    test(`${codec} reads all of the capture "${name}" and writes it so that nothing is lost`, () => {
      assert.ok(own(sent).length > 0, 'the capture holds a request');
      for (const { payload } of own([...sent, ...received])) {
        const value = decodeAll(field, payload);
        assert.deepEqual(decodeAll(field, encodeAll(field, value)), value);
      }
    });
    if (inexact.includes(name)) continue;
    test(`${codec} writes the request of the capture "${name}" byte for byte`, () => {
      // ip asks GETLINK with an attribute that only narrows the answer, in front of all others.
      for (const { payload } of own(sent).filter(({ type }) => type !== RTM.GETLINK))
        assert.equal(toHex(encodeAll(field, decodeAll(field, payload))), toHex(payload));
    });
  }

  test(`${codec} throws nothing but DecodeError for any bytes, and for every cut and change of a real message`, () => {
    const real = exchanges.flatMap(({ received }) => received).filter(({ type }) => type >= 16);
    const attempt = (bytes: Uint8Array): void => {
      try {
        decodeAll(field, bytes);
      } catch (error) {
        assert.ok(error instanceof DecodeError, String(error));
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt));
    for (const { payload } of real.slice(0, 8))
      for (let cut = 0; cut < payload.length; cut++) attempt(payload.subarray(0, cut));
    const sample = real[0]?.payload ?? new Uint8Array();
    fc.assert(
      fc.property(fc.nat(sample.length - 1), fc.nat(255), (at, byte) => {
        const changed = Uint8Array.from(sample);
        changed[at] = byte;
        attempt(changed);
      }),
    );
  });
}
