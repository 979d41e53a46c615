import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTable } from '../../src/cli/table.ts';

test('formatTable() makes each column as wide as its longest cell, two spaces apart, without spaces at the end', () => {
  const rows = [
    ['ADDRESS', 'NAME', 'STATE'],
    ['192.168.77.20', 'pc', 'bound'],
    ['192.168.77.3', '', 'ended'],
    ['192.168.77.4', 'printer', ''],
  ];
  assert.deepEqual(formatTable(rows).split('\n'), [
    'ADDRESS        NAME     STATE',
    '192.168.77.20  pc       bound',
    '192.168.77.3            ended',
    '192.168.77.4   printer',
  ]);
});

test('formatTable() takes rows of different lengths, one row, and none', () => {
  assert.equal(formatTable([['a'], ['b', 'c']]), 'a\nb  c');
  assert.equal(formatTable([['a', 'b']]), 'a  b');
  assert.equal(formatTable([]), '');
});
