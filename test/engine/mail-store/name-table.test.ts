import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NameTable } from '../../../src/engine/mail-store/name-table.ts';

test('NameTable gives a name one number for as long as it is used, and then the number to another', () => {
  const names = new NameTable();
  const bob = names.acquire('bob');
  const eva = names.acquire('eva');
  assert.equal(names.acquire('bob'), bob);
  names.release(bob);
  assert.deepEqual([names.find('bob'), names.nameOf(bob)], [bob, 'bob']);
  names.release(bob);
  assert.equal(names.find('bob'), undefined);
  assert.equal(names.acquire('zoe'), bob);
  assert.deepEqual(
    [...names.all()],
    [
      ['eva', eva],
      ['zoe', bob],
    ],
  );
});
