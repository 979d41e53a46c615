import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAddress } from '../../../src/base/address.ts';
import { UserError } from '../../../src/base/errors.ts';
import type { Flow } from '../../../src/engine/conntrack/flow.ts';
import { deleteRequest, dumpsFor } from '../../../src/engine/conntrack/requests.ts';
import { protocolName, protocolNumber } from '../../../src/engine/conntrack/protocol-names.ts';
import { selectionOf, selector } from '../../../src/engine/conntrack/selection.ts';
import { decodeConntrack } from '../../../src/wire/conntrack/message.ts';
import { FORWARDED, MASKED, SIX, flow } from './flows.ts';

const ALL = [MASKED, FORWARDED, SIX, { ...flow('192.168.77.21', '198.51.100.1'), protocol: 1 }];

function chosen(filter: Parameters<typeof selectionOf>[0]): Flow[] {
  const selection = selectionOf(filter);
  return ALL.filter(selector(selection));
}

test('selector() takes an address at any end in any direction', () => {
  assert.deepEqual(chosen({ address: '203.0.113.50' }), [MASKED, FORWARDED]);
  assert.deepEqual(chosen({ address: '192.168.77.20' }), [MASKED, FORWARDED]);
  assert.deepEqual(chosen({ address: '2001:DB8:3::1' }), [SIX]);
});

test('selector() wants everything that is named', () => {
  assert.deepEqual(chosen({}), ALL);
  assert.deepEqual(chosen({ port: 443 }), [MASKED, FORWARDED]);
  assert.deepEqual(chosen({ port: 8443, protocol: 'tcp' }), [FORWARDED]);
  assert.deepEqual(chosen({ port: 443, protocol: 'udp' }), []);
  assert.deepEqual(chosen({ protocol: 'ICMP' }), ALL.slice(3));
  assert.deepEqual(chosen({ protocol: '1' }), ALL.slice(3));
});

test('selector() asks for translated sources, and any further test', () => {
  assert.deepEqual(ALL.filter(selector({ isMasked: true })), [MASKED]);
  assert.deepEqual(ALL.filter(selector({ isMasked: false, test: ({ source }) => source.port === 4000 })), [
    FORWARDED,
  ]);
  assert.ok(!selector({ addresses: [] })(MASKED));
});

test('selector() asks a full table about a device that answers for thousands of addresses', () => {
  const addresses = Array.from({ length: 20_000 }, (_, n) => parseAddress(`2001:db8:9::${n.toString(16)}`));
  const isSelected = selector({ addresses: [...addresses, SIX.source.address] });
  const [dump] = dumpsFor({ addresses });
  let [selected, counted] = [0, 0];
  for (let flows = 0; flows < 300_000; flows++) {
    if (isSelected(flows % 2 === 0 ? MASKED : SIX)) selected++;
    if (dump?.counts(SIX) === true) counted++;
  }
  assert.deepEqual([selected, counted], [150_000, 0]);
});

test('selectionOf() refuses what cannot be, with the value and what is wanted', () => {
  for (const [filter, sentence] of [
    [{ address: 'printer' }, /"printer": wanted is an address/],
    [{ port: 65_536 }, /port 65536: a port is 0 to 65535/],
    [{ port: 1.5 }, /port 1.5/],
    [{ protocol: 'http' }, /"http" as a protocol: wanted is one of icmp, tcp, udp/],
    [{ protocol: '256' }, /"256"/],
  ] as const) {
    assert.throws(
      () => selectionOf(filter),
      (error) => error instanceof UserError && sentence.test(error.message),
    );
  }
});

test('protocolName() and protocolNumber() are inverse', () => {
  for (let number = 0; number < 256; number++) assert.equal(protocolNumber(protocolName(number)), number);
});

test('dumpsFor() counts a connection once, at whichever of its ends the addresses stand', () => {
  const address = fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::3', '2001:db8::4').map(parseAddress);
  const ends = fc.tuple(address, address, address, address);
  fc.assert(
    fc.property(ends, fc.uniqueArray(address, { minLength: 1 }), ([a, b, c, d], addresses) => {
      const one: Flow = {
        ...MASKED,
        source: { address: a, port: 1 },
        destination: { address: b, port: 2 },
        replySource: { address: c, port: 3 },
        replyDestination: { address: d, port: 4 },
      };
      const counts = dumpsFor({ addresses }).filter((dump) => dump.counts(one)).length;
      assert.equal(counts, selector({ addresses })(one) ? 1 : 0);
    }),
  );
});

test('dumpsFor() reads the whole table once for more addresses than filters are worth', () => {
  const many = Array.from({ length: 17 }, (_, i) => parseAddress(`192.0.2.${i}`));
  assert.equal(dumpsFor({ addresses: many }).length, 1);
  assert.equal(dumpsFor({ addresses: many.slice(1) }).length, 64);
  assert.equal(dumpsFor({}).length, 1);
  assert.equal(dumpsFor({ addresses: [] }).length, 0);
  assert.equal(dumpsFor({ addresses: ['2001:db8::1', '2001:db8::2'].map(parseAddress) }).length, 1);
});

test('deleteRequest() names the connection by what its first packet had, by its number and zone', () => {
  const message = decodeConntrack(deleteRequest({ ...SIX, zone: 5 }));
  assert.equal(message?.kind, 'delete');
  assert.deepEqual(message, {
    kind: 'delete',
    family: 10,
    body: {
      original: {
        addresses: {
          source6: parseAddress('2001:db8:77::20'),
          destination6: parseAddress('2001:db8:3::1'),
        },
        protocol: { number: 6, sourcePort: 5000, destinationPort: 80 },
      },
      id: 7,
      zone: 5,
    },
  });
});

test('deleteRequest() names an ICMP exchange of either family by identifier, type and code', () => {
  const icmp = { id: 9, type: 8, code: 0 };
  const four = decodeConntrack(deleteRequest({ ...flow('192.0.2.1', '192.0.2.2'), protocol: 1, icmp }));
  const six = decodeConntrack(deleteRequest({ ...flow('2001:db8::1', '2001:db8::2'), protocol: 58, icmp }));
  assert.ok(four?.kind === 'delete' && six?.kind === 'delete');
  assert.deepEqual(four.body.original?.protocol, { number: 1, icmpId: 9, icmpType: 8, icmpCode: 0 });
  assert.deepEqual(six.body.original?.protocol, {
    number: 58,
    icmpv6Id: 9,
    icmpv6Type: 8,
    icmpv6Code: 0,
  });
});
