import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Milliseconds, Seconds } from '../../../src/base/duration.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parseIpv6 } from '../../../src/base/ipv6.ts';
import { macBytes, parseMac } from '../../../src/base/mac.ts';
import { NETLINK } from '../../../src/port/netlink.ts';
import { NeighbourWatch } from '../../../src/service/neighbours/neighbour-watch.ts';
import type { Neighbour } from '../../../src/service/neighbours/neighbours.ts';
import { openNetlinkSession } from '../../../src/service/netlink-session.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeNetlink } from '../../fake/fake-netlink.ts';

const [NEWNEIGH, DELNEIGH, NEIGH_GROUP] = [28, 29, 3];
const MINE = parseMac('02:00:00:00:00:01');
const OTHER = parseMac('02:00:00:00:00:02');

function attribute(type: number, value: Uint8Array): number[] {
  const padding = Array.from({ length: (4 - (value.length % 4)) % 4 }, () => 0);
  return [4 + value.length, 0, type, 0, ...value, ...padding];
}

/** struct ndmsg of device 3, state REACHABLE, and its attributes; without a MAC address while it is not known. */
function neighbour(address: readonly number[], mac?: typeof MINE): Uint8Array {
  const family = address.length === 4 ? 2 : 10;
  const hardware = mac === undefined ? [] : attribute(2, macBytes(mac));
  const header = [family, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 1];
  return Uint8Array.from([...header, ...attribute(1, Uint8Array.from(address)), ...hardware]);
}

class Site {
  readonly kernel = new FakeNetlink();
  readonly clock = new FakeClock();
  readonly asked: Neighbour[] = [];
  told = 0;
  readonly watch = new NeighbourWatch({
    open: () => openNetlinkSession(this.kernel, NETLINK.ROUTE),
    clock: this.clock,
    concerns: (one) => {
      this.asked.push(one);
      return one.mac === MINE;
    },
    onChange: () => this.told++,
  });

  async hears(payload: Uint8Array, type = NEWNEIGH): Promise<void> {
    this.kernel.multicast(NEIGH_GROUP, { type, payload });
    await this.clock.advance(Milliseconds(0));
  }
}

test('NeighbourWatch tells of a neighbour of concern in both families, and of no other', async () => {
  const site = new Site();
  site.watch.start();
  const six = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
  await site.hears(neighbour([192, 0, 2, 7], OTHER));
  await site.hears(neighbour([192, 0, 2, 7]));
  await site.hears(neighbour([192, 0, 2, 7], MINE), DELNEIGH);
  assert.equal(site.told, 0);
  await site.hears(neighbour([192, 0, 2, 8], MINE));
  assert.equal(site.told, 1);
  await site.clock.advance(Seconds(1));
  await site.hears(neighbour(six, MINE));
  assert.equal(site.told, 2);
  assert.deepEqual(site.asked, [
    { index: 3, address: parseIpv4('192.0.2.7'), mac: OTHER },
    { index: 3, address: parseIpv4('192.0.2.8'), mac: MINE },
    { index: 3, address: parseIpv6('2001:db8::9'), mac: MINE },
  ]);
});

test('NeighbourWatch tells once a second of a device that takes one address after the other', async () => {
  const site = new Site();
  site.watch.start();
  for (let host = 1; host <= 200; host++) await site.hears(neighbour([192, 0, 2, host], MINE));
  assert.equal(site.told, 1);
  await site.clock.advance(Seconds(1));
  assert.equal(site.told, 2);
  await site.clock.advance(Seconds(60));
  assert.equal(site.told, 2);
});

test('NeighbourWatch tells when the kernel had more to say than there was room for', async () => {
  const site = new Site();
  site.watch.start();
  site.kernel.overrun();
  await site.clock.advance(Milliseconds(0));
  assert.equal(site.told, 1);
});

test('NeighbourWatch holds a socket only while it is needed, and tells nothing behind its end', async () => {
  const site = new Site();
  assert.equal(site.kernel.openSockets, 0);
  site.watch.start();
  site.watch.start();
  assert.equal(site.kernel.openSockets, 1);
  site.kernel.multicast(NEIGH_GROUP, { type: NEWNEIGH, payload: neighbour([192, 0, 2, 8], MINE) });
  await site.clock.settle();
  site.watch.stop();
  await site.clock.advance(Seconds(5));
  assert.deepEqual([site.kernel.openSockets, site.told], [0, 0]);
  site.watch.start();
  assert.equal(site.kernel.openSockets, 1);
});
