import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from '../../../src/engine/mail-queue/outcome.ts';
import { Standings } from '../../../src/engine/mail-queue/standings.ts';

function outcome(kind: Outcome['kind'], code: number, host: string): Outcome {
  return { kind, reply: { code, enhanced: '', text: '' }, host, takesOver: false };
}

const NOBODY = outcome('deferred', 0, 'nobody');

test('Standings asks on for those who were put off, and takes nothing but a delivery for them', () => {
  const standings = new Standings(['a', 'b', 'c', 'd']);
  standings.take([
    outcome('delivered', 250, 'first'),
    outcome('deferred', 450, 'first'),
    outcome('failed', 550, 'first'),
    outcome('deferred', 451, 'first'),
  ]);
  assert.deepEqual(standings.open, ['b', 'd']);
  standings.take([outcome('failed', 550, 'second'), outcome('delivered', 250, 'second')]);
  assert.deepEqual(standings.open, ['b']);
  assert.deepEqual(
    standings.outcomes(NOBODY).map(({ kind, host }) => `${kind} ${host}`),
    ['delivered first', 'deferred first', 'failed first', 'delivered second'],
  );
});

test('Standings asks nobody else for a message whose fate is not known, nor of a host that speaks out of turn', () => {
  const standings = new Standings(['a', 'b', 'c']);
  standings.take([outcome('deferred', 0, 'first'), outcome('deferred', 354, 'first')]);
  assert.deepEqual(standings.open, ['c']);
  assert.ok(standings.hasAnswer);
  assert.equal(standings.outcomes(NOBODY)[2], NOBODY);
});
