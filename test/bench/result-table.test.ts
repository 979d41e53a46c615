import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median } from './median.ts';
import { resultTable } from './result-table.ts';

test('median() is the middle value, the mean of the middle two, or nothing', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 2, 100]), 3);
  assert.equal(Number.isNaN(median([])), true);
});

test('resultTable() has one row per peer with medians and our ratio to it', () => {
  const figure = { bench: 'dns', name: 'CPU', unit: 'us', ours: [11, 12, 50] };
  const table = resultTable([{ ...figure, peers: { dnsmasq: [16, 15, 17], unbound: [12] } }]);
  assert.deepEqual(table.split('\n'), [
    'bench   figure   gatepost   peer              ratio',
    '-----   ------   --------   -------   -----   -----',
    'dns     CPU      12 us      dnsmasq   16 us   0.75',
    '                            unbound   12 us   1.00',
  ]);
});

test('resultTable() says what was not run', () => {
  const table = resultTable([{ bench: 'start', name: 'time', unit: 's', ours: [], peers: { other: [1] } }]);
  assert.match(table, /not run\s+other\s+1 s$/m);
});
