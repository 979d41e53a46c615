import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import {
  SLOTS,
  SLOT_STATE_SIZE,
  type Slot,
  encodeSlotState,
  newestSlotState,
} from '../../src/wire/slot-state/slot-state.ts';
import { anySlot, slotStates } from '../wire/slot-state/slot-states.ts';
import { type Situation, otherOf, startOf } from './boot-model.ts';
import { type FailedStart, type Outcome, outcomeOf } from './init-model.ts';

const SCRIPT = new URL('../../firmware/initramfs/slots', import.meta.url).pathname;
const PLACES = [2048 * 512, 2176 * 512] as const;
const NOTHING = new Uint8Array(SLOT_STATE_SIZE);
const folder = mkdtempSync(join(tmpdir(), 'gatepost-slots-'));
const card = join(folder, 'card');

after(() => rmSync(folder, { recursive: true }));

/** Runs the real functions by the machine's busybox, with a file in place of the card; only the look at the other slot is answered for. */
function run({ copies, slot, isOtherWhole }: FailedStart, more = ''): Outcome & { readonly said: string } {
  const before = Buffer.alloc(PLACES[1] + SLOT_STATE_SIZE);
  for (const [at, copy] of copies.entries()) before.set(copy, PLACES[at]);
  writeFileSync(card, before);
  const script = `
    say() { echo "$*"; }
    . ${SCRIPT}
    card=${card} slot=${slot} scratch=${folder}
    blockdev() { :; }
    is_whole() { [ "$1" = ${otherOf(slot)} ] && ${isOtherWhole}; }
    ${more}
    note_failed_start
    echo "pause $pause"`;
  const said = execFileSync('busybox', ['sh', '-c', script], { encoding: 'utf8' });
  const content = readFileSync(card);
  const [first, second] = PLACES.map((at) => Uint8Array.from(content.subarray(at, at + SLOT_STATE_SIZE)));
  return {
    copies: [first ?? NOTHING, second ?? NOTHING],
    pause: Number(/^pause (\d+)$/m.exec(said)?.[1]),
    said,
  };
}

const states = slotStates(0xffff_fffe);
const sectors = fc.oneof(
  { weight: 5, arbitrary: states.map((state) => encodeSlotState(state)) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: SLOT_STATE_SIZE, maxLength: SLOT_STATE_SIZE }) },
  { weight: 1, arbitrary: fc.constant(NOTHING) },
);
const failures: fc.Arbitrary<FailedStart> = fc.record({
  copies: fc.tuple(sectors, sectors),
  slot: anySlot,
  isOtherWhole: fc.boolean(),
});

test('a failed start is counted, and ends in the other slot or in a longer pause, as the model says', () => {
  const numRuns = Number(process.env['GATEPOST_FAILED_STARTS'] ?? 25);
  fc.assert(
    fc.property(failures, (failure) => {
      const { copies, pause } = run(failure);
      assert.deepEqual({ copies, pause }, outcomeOf(failure));
    }),
    { numRuns },
  );
});

test('a card that keeps nothing is said to, and is tried again after ten minutes', () => {
  const copies = [encodeSlotState({ counter: 5, good: 'a', spare: 'b', failed: 2 }), NOTHING] as const;
  for (const isOtherWhole of [true, false]) {
    const failure = { copies, slot: 'a', isOtherWhole } as const;
    const kept = run(failure, 'dd() { case "$*" in *of=$card*) ;; *) busybox dd "$@" ;; esac; }');
    assert.deepEqual({ copies: kept.copies, pause: kept.pause }, { copies, pause: 600 });
    assert.match(kept.said, /does not keep what is written/);
  }
});

/** Starts until a system runs, or so many have come to nothing. */
function startsUntilUp(before: Situation['copies'], roots: ReadonlySet<Slot>, loadable: ReadonlySet<Slot>) {
  let copies = before;
  for (let starts = 1; starts <= 12; starts++) {
    const started = startOf({ copies, whole: loadable, isOtherWished: false });
    const { slot } = started;
    if (slot !== undefined && roots.has(slot)) return { slot, starts, copies: started.copies };
    if (slot === undefined) return { slot, starts, copies };
    const other = otherOf(slot);
    const isOtherWhole = roots.has(other) && loadable.has(other);
    ({ copies } = outcomeOf({ copies: started.copies, slot, isOtherWhole }));
  }
  return { slot: undefined, starts: 12, copies };
}

test('a whole system comes up after at most five starts, whatever the slot state says and the other slot is', () => {
  const both = new Set(SLOTS);
  fc.assert(
    fc.property(fc.tuple(sectors, sectors), anySlot, fc.boolean(), (copies, whole, isLoadable) => {
      const loadable = isLoadable ? both : new Set([whole]);
      const { slot, starts } = startsUntilUp(copies, new Set([whole]), loadable);
      assert.equal(slot, whole);
      assert.ok(starts <= 5, `${starts} starts`);
    }),
  );
});

test('the first two failed starts in a row are tried again, the third moves to the other slot', () => {
  const copies = [encodeSlotState({ counter: 5, good: 'a', spare: 'b' }), NOTHING] as const;
  const up = startsUntilUp(copies, new Set(['b']), new Set(SLOTS));
  assert.deepEqual([up.slot, up.starts], ['b', 4]);
  assert.deepEqual(newestSlotState(up.copies), { counter: 8, good: 'b', damaged: 'a' });
});

test('a power cut at any octet of what a failed start writes leaves the state before or the one after', () => {
  fc.assert(
    fc.property(states, anySlot, fc.boolean(), fc.nat(SLOT_STATE_SIZE), (state, slot, isOtherWhole, cut) => {
      const before: Situation['copies'] = [NOTHING, encodeSlotState(state)];
      const { copies } = outcomeOf({ copies: before, slot, isOtherWhole });
      const torn = copies.map((copy, at) =>
        Uint8Array.from([...copy.subarray(0, cut), ...(before[at] ?? NOTHING).subarray(cut)]),
      );
      const left = newestSlotState(torn);
      const wanted = [newestSlotState(before), newestSlotState(copies)];
      assert.ok(wanted.some((one) => JSON.stringify(one) === JSON.stringify(left)));
    }),
  );
});

test('starts that are cut off write nothing: no number of them moves a box to another system', () => {
  const copies = [encodeSlotState({ counter: 5, good: 'a', spare: 'b' }), NOTHING] as const;
  for (let cut = 0; cut < 100; cut++) {
    const started = startOf({ copies, whole: new Set(SLOTS), isOtherWished: false });
    assert.deepEqual(started, { slot: 'a', isFallback: false, copies });
  }
});
