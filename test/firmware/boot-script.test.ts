import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeBootEnvironment } from '../../build/image/boot-environment.ts';
import { decodeEnvironment } from '../../src/wire/slot-state/environment.ts';
import {
  SLOTS,
  SLOT_STATE_SIZE,
  type Slot,
  type SlotState,
  encodeSlotState,
  newestSlotState,
} from '../../src/wire/slot-state/slot-state.ts';
import { type Situation, startOf } from './boot-model.ts';

const SCRIPT = readFileSync(new URL('../../firmware/boot.cmd', import.meta.url), 'utf8');
const NOTHING = new Uint8Array(SLOT_STATE_SIZE);
const WHOLE: ReadonlySet<Slot> = new Set(SLOTS);

function start(copies: Situation['copies'], whole = WHOLE, isOtherWished = false) {
  return startOf({ copies, whole, isOtherWished });
}

test('boot.cmd reads the variables that the product writes, but for those of the first program and the system', () => {
  const [, names = ''] = /env import -c \$\{gp_sector\} 200 ([a-z ]+) &&/.exec(SCRIPT) ?? [];
  const all: SlotState = { counter: 1, good: 'a', spare: 'b', trial: 'b', tried: 'b' };
  assert.deepEqual(names.split(' '), [...decodeEnvironment(encodeSlotState(all)).keys()]);
});

test('boot.cmd reads the variables that the image writes beside the kernel', () => {
  const [, names = ''] = /env import -c \$\{gp_check\} \$\{filesize\} ([a-z ]+)'/.exec(SCRIPT) ?? [];
  const block = encodeBootEnvironment({ arguments: 'quiet', kernel: NOTHING, initramfs: NOTHING });
  assert.deepEqual(names.split(' ').toSorted(), [...decodeEnvironment(block).keys()]);
});

test('encodeBootEnvironment() gives checksums as U-Boot leaves them in memory and reads them', () => {
  // U-Boot 2025.01: "crc32 ... ==> cbf43926" for these nine octets, then `itest.l *ADDRESS == 0x2639f4cb` holds.
  const nine = Buffer.from('123456789');
  const block = encodeBootEnvironment({ arguments: 'a=b c', kernel: nine, initramfs: new Uint8Array() });
  assert.deepEqual(
    [...decodeEnvironment(block)],
    [
      ['arguments', 'a=b c'],
      ['initramfs', '0x00000000'],
      ['kernel', '0x2639f4cb'],
    ],
  );
});

test('boot.cmd keeps the parts of a system apart in memory', () => {
  const places = [...SCRIPT.matchAll(/^setexpr gp_\w+ \$\{kernel_addr_r\} \+ (0x[0-9a-f]+)$/gm)].map(
    ([, at]) => Number(at),
  );
  assert.deepEqual(
    places,
    places.toSorted((one, other) => one - other),
  );
  assert.ok((places[0] ?? 0) >= 64 * 2 ** 20, 'the kernel, unpacked, has room');
});

test('boot.cmd loops nowhere: after Ctrl-C the shell of U-Boot leaves every loop', () => {
  assert.doesNotMatch(SCRIPT, /^[^#]*\b(?:for|while|until)\b/m);
});

test('a trial is started once, and without confirmation the good system starts again', () => {
  const first = start([encodeSlotState({ counter: 5, good: 'a', trial: 'b' }), NOTHING]);
  assert.equal(first.slot, 'b');
  const second = start(first.copies);
  assert.equal(second.slot, 'a');
  assert.deepEqual(second.copies, first.copies, 'nothing is written');
});

test('a trial whose kernel or initramfs is damaged falls back within the same start', () => {
  const copies = [encodeSlotState({ counter: 5, good: 'b', trial: 'a' }), NOTHING] as const;
  assert.equal(start(copies, new Set(['b'])).slot, 'b');
});

test('a good system that cannot be loaded gives way to the other for this start, whatever is said of that one', () => {
  for (const more of [{}, { spare: 'b' }, { tried: 'b' }, { failed: 2 }] as const) {
    const copies = [encodeSlotState({ counter: 5, good: 'a', ...more }), NOTHING] as const;
    assert.deepEqual(start(copies, new Set(['b'])), { slot: 'b', isFallback: true, copies });
    assert.deepEqual(start(copies), { slot: 'a', isFallback: false, copies });
  }
});

test('without a whole slot state the first system that loads starts, and nothing is written', () => {
  for (const [whole, slot] of [
    [WHOLE, 'a'],
    [new Set(['b'] as const), 'b'],
    [new Set<Slot>(), undefined],
  ] as const) {
    const copies = [NOTHING, NOTHING] as const;
    assert.deepEqual(start(copies, whole), { slot, isFallback: slot === 'b', copies });
  }
});

test('a key starts the spare system once, as a trial', () => {
  const { slot, copies } = start(
    [NOTHING, encodeSlotState({ counter: 9, good: 'a', spare: 'b' })],
    WHOLE,
    true,
  );
  assert.equal(slot, 'b');
  assert.deepEqual(newestSlotState(copies), { counter: 10, good: 'a', spare: 'b', tried: 'b' });
});

test('a power cut at any octet of the note leaves a state in force, and starts no trial a third time', () => {
  const slot = fc.constantFrom(...SLOTS);
  fc.assert(
    fc.property(
      slot,
      fc.nat(0xffff_fffe),
      fc.nat(SLOT_STATE_SIZE),
      fc.boolean(),
      (trial, counter, cut, isFirst) => {
        const good = trial === 'a' ? 'b' : 'a';
        const state = encodeSlotState({ counter, good, trial });
        const before: Situation['copies'] = isFirst ? [state, NOTHING] : [NOTHING, state];
        const { copies } = start(before);
        const torn = copies.map((copy, at) =>
          Uint8Array.from([...copy.subarray(0, cut), ...(before[at] ?? NOTHING).subarray(cut)]),
        );
        const [one = NOTHING, other = NOTHING] = torn;
        assert.notEqual(newestSlotState([one, other]), undefined);
        const again = start([one, other]);
        assert.equal(start(again.copies).slot, good);
      },
    ),
  );
});
