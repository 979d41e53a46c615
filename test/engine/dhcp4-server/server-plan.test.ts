import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ipv4, formatIpv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import { AddressRanges } from '../../../src/engine/dhcp4-server/address-ranges.ts';
import { defaultPool } from '../../../src/config/default-pool.ts';
import { ServerPlan } from '../../../src/engine/dhcp4-server/server-plan.ts';
import { OPTIONS, ip, macOf } from './bench.ts';

const whole = { first: parseIpv4('0.0.0.0'), last: parseIpv4('255.255.255.255') };

for (const [prefix, first, size] of [
  ['10.0.0.1/8', '10.0.0.2', 16_777_213],
  ['172.16.0.1/12', '172.16.0.2', 1_048_573],
  ['192.168.0.1/16', '192.168.0.2', 65_533],
  ['192.168.77.1/24', '192.168.77.2', 253],
  ['192.168.77.254/25', '192.168.77.129', 125],
  ['192.168.77.1/29', '192.168.77.2', 5],
  ['192.168.77.1/30', '192.168.77.2', 1],
  ['192.168.77.1/31', '192.168.77.0', 1],
] as const) {
  test(`ServerPlan has ${size} addresses in all of ${prefix}, from ${first}, without its own and the ends`, () => {
    const server = parsePrefix4(prefix);
    const plan = new ServerPlan({ ...OPTIONS, server, pool: whole });
    assert.equal(plan.poolSize, size);
    assert.equal(formatIpv4(plan.nextPooled(plan.pool.first) ?? Ipv4(0)), first);
  });
}

test('ServerPlan counts neither what is excluded nor what is reserved, once each, for whoever comes', () => {
  const plan = new ServerPlan({
    ...OPTIONS,
    pool: { first: ip('192.168.77.10'), last: ip('192.168.77.30') },
    exclude: [
      { first: ip('192.168.77.0'), last: ip('192.168.77.12') },
      { first: ip('192.168.77.12'), last: ip('192.168.77.15') },
      { first: ip('192.168.77.200'), last: ip('192.168.77.210') },
    ],
    reservations: [
      { mac: macOf(1), address: ip('192.168.77.14') },
      { mac: macOf(2), address: ip('192.168.77.20') },
      { mac: macOf(3), address: ip('192.168.77.250') },
    ],
  });
  assert.equal(plan.poolSize, 21 - 6 - 1);
  assert.equal(plan.nextPooled(ip('192.168.77.10')), ip('192.168.77.16'));
  assert.equal(plan.nextPooled(ip('192.168.77.20')), ip('192.168.77.21'));
  assert.equal(plan.nextPooled(ip('192.168.77.31')), undefined);
  assert.deepEqual(
    ['.14', '.20', '.250', '.16', '.200'].map((end) => plan.isGiven(ip(`192.168.77${end}`))),
    [true, true, true, true, false],
  );
});

test('ServerPlan without any address for whoever comes is empty and gives none', () => {
  const plan = new ServerPlan({ ...OPTIONS, pool: defaultPool(parsePrefix4('10.0.0.1/24')) });
  assert.equal(plan.poolSize, 0);
  assert.equal(plan.nextPooled(plan.pool.first), undefined);
});

test('AddressRanges answers as the addresses one by one would', () => {
  const range = fc.tuple(fc.nat(60), fc.nat(12)).map(([first, length]) => ({
    first: Ipv4(first),
    last: Ipv4(first + length),
  }));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), range, (ranges, within) => {
      const all = new AddressRanges(ranges, within);
      const inside = new Set<number>();
      for (const { first, last } of ranges)
        for (let one: number = first; one <= last; one++)
          if (one >= within.first && one <= within.last) inside.add(one);
      assert.equal(all.size, inside.size);
      for (let one = 0; one < 80; one++) {
        assert.equal(all.has(Ipv4(one)), inside.has(one));
        let next = one;
        while (inside.has(next)) next++;
        assert.equal(all.skip(Ipv4(one)), next);
      }
    }),
  );
});
