import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentences } from './dhcp-sentences.ts';

const dns = (value: object, others: object = {}): readonly string[] =>
  sentences({}, { dns: value, ...others });

test('a CNAME beside another record of its name is refused, in any spelling (RFC 2181 §10.1)', () => {
  const [a, cname] = [
    { name: 'printer', type: 'A', value: '192.168.77.9' },
    { name: 'Printer.office.example.', type: 'CNAME', value: 'lan' },
  ];
  assert.deepEqual(dns({ records: [a, cname] }), [
    'dns.records[1].type: found "CNAME", wanted no other record of "Printer.office.example." beside a CNAME, as dns.records[0] is',
  ]);
  assert.equal(dns({ records: [cname, cname] }).length, 2);
  assert.deepEqual(dns({ records: [a, a, { ...cname, name: 'scanner' }] }), []);
});

test('a name server that is the box itself is refused', () => {
  const wan = { ipv4: { method: 'static', address: '203.0.113.50/24' } };
  const wanted = 'wanted a name server other than the box';
  assert.deepEqual(
    dns({ upstreams: ['udp://192.0.2.53', 'tcp://192.168.77.1', 'udp://203.0.113.50'] }, { wan }),
    [
      `dns.upstreams[1]: found "192.168.77.1", ${wanted}`,
      `dns.upstreams[2]: found "203.0.113.50", ${wanted}`,
    ],
  );
  assert.deepEqual(dns({ upstreams: ['udp://192.168.77.1:5353', 'udp://192.168.77.2'] }), []);
});
