import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUILT_IN_LABELS } from '../../../src/base/built-in-labels.ts';
import { sentences } from './dhcp-sentences.ts';

function reservations(...names: readonly (string | null)[]): object {
  const one = (name: string | null, index: number): object => ({
    mac: `02:00:00:00:01:${String(index).padStart(2, '0')}`,
    address: `192.168.77.${20 + index}`,
    name,
  });
  return { reservations: names.map(one) };
}

test('a reservation cannot have a name of the box, and is told the nearest name that it can have', () => {
  for (const name of BUILT_IN_LABELS)
    assert.deepEqual(sentences(reservations(name)), [
      `dhcp.reservations[0].name: found "${name}", which is a name of the box, wanted a name that nothing else has, such as "${name}-2", or null`,
    ]);
  const system = { name: 'gate', domain: 'office.example' };
  assert.match(sentences(reservations('Gate'), { system })[0] ?? '', /"Gate", which is a name of the box, /);
  assert.deepEqual(sentences(reservations('gatepost', null), { system }), []);
});

test('a reservation cannot have the name of the mail server, unless there is none', () => {
  const system = { domain: 'office.example' };
  assert.match(
    sentences(reservations('mail'), { system })[0] ?? '',
    /"mail", which is a name of the mail server of the box, /,
  );
  assert.deepEqual(sentences(reservations('mail'), { system, mail: { enabled: false } }), []);
  assert.deepEqual(sentences(reservations('mail'), { system, mail: { hostName: 'mx.office.example' } }), []);
  assert.equal(sentences(reservations('mx'), { system, mail: { hostName: 'MX.office.example' } }).length, 1);
});

test('a reservation cannot have the name of a record, and the name proposed is free too', () => {
  const system = { domain: 'office.example' };
  const dns = {
    records: [
      { name: 'printer-2', type: 'TXT', value: '"second floor"' },
      { name: 'Printer.office.example.', type: 'A', value: '192.168.77.9' },
      { name: 'till.elsewhere.example.', type: 'A', value: '192.0.2.9' },
    ],
  };
  assert.deepEqual(sentences(reservations('printer', 'till', 'printer-3'), { system, dns }), [
    'dhcp.reservations[0].name: found "printer", which is a name of dns.records[1], ' +
      'wanted a name that nothing else has, such as "printer-4", or null',
  ]);
});
