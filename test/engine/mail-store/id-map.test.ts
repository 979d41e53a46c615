import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InvariantError } from '../../../src/base/errors.ts';
import { IdMap } from '../../../src/engine/mail-store/id-map.ts';
import { RowTable } from '../../../src/engine/mail-store/row-table.ts';

test('RowTable and IdMap together behave like a Map from number to number, whatever is added and removed', () => {
  const step = fc.record({ isAdd: fc.boolean(), id: fc.integer({ min: 1, max: 200 }) });
  const wide = fc.constantFrom(0, 2 ** 32, 2 ** 52);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 600 }), wide, (steps, base) => {
      const table = new RowTable(4);
      const map = new IdMap((row) => table.getWide(row, 0));
      const model = new Map<number, number>();
      for (const [index, { isAdd, id: small }] of steps.entries()) {
        const id = base + small;
        const row = map.get(id);
        assert.equal(row !== 0, model.has(id));
        if (isAdd && row === 0) {
          const added = table.add();
          assert.equal(table.getWide(added, 2), 0, 'a row given again is empty');
          table.setWide(added, 0, id);
          table.setWide(added, 2, index);
          map.add(added);
          model.set(id, index);
        } else if (!isAdd && row !== 0) {
          map.delete(id);
          table.remove(row);
          model.delete(id);
        }
      }
      const found = Array.from(map.rows(), (row) => [table.getWide(row, 0), table.getWide(row, 2)] as const);
      assert.deepEqual(
        new Map(found.toSorted(([a], [b]) => a - b)),
        new Map([...model].toSorted(([a], [b]) => a - b)),
      );
      assert.equal(map.size, model.size);
    }),
    { seed: 3, numRuns: 200 },
  );
});

test('RowTable keeps every word of thousands of rows apart', () => {
  const table = new RowTable(3);
  const rows = Array.from({ length: 5000 }, () => table.add());
  for (const row of rows) for (const word of [0, 1, 2]) table.set(row, word, row * 3 + word);
  for (const row of rows) {
    assert.deepEqual(
      [0, 1, 2].map((word) => table.get(row, word)),
      [row * 3, row * 3 + 1, row * 3 + 2],
    );
  }
  assert.throws(() => table.get(9000, 0), InvariantError);
});
