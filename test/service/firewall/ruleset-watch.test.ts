import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Milliseconds, Seconds } from '../../../src/base/duration.ts';
import { NETLINK } from '../../../src/port/netlink.ts';
import { RulesetWatch } from '../../../src/service/firewall/ruleset-watch.ts';
import { openNetlinkSession } from '../../../src/service/netlink-session.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeNetlink } from '../../fake/fake-netlink.ts';

const NFTABLES_GROUP = 7;
const [DELTABLE, NEWRULE, NEWGEN] = [2, 6, 15].map((number) => (10 << 8) | number);
const [INET, IPV4] = [1, 2];

/** struct nfgenmsg of a family, and attribute 1: the name of a table. */
function about(table: string, family = INET): Uint8Array {
  const name = [...Buffer.from(`${table}\0`)];
  const padding = Array.from({ length: (4 - (name.length % 4)) % 4 }, () => 0);
  return Uint8Array.from([family ?? 0, 0, 0, 0, 4 + name.length, 0, 1, 0, ...name, ...padding]);
}

class Site {
  readonly kernel = new FakeNetlink();
  readonly clock = new FakeClock();
  told = 0;
  readonly watch = new RulesetWatch({
    open: () => openNetlinkSession(this.kernel, NETLINK.NETFILTER),
    clock: this.clock,
    onChange: () => this.told++,
  });

  async hears(type: number | undefined, payload: Uint8Array): Promise<void> {
    this.kernel.multicast(NFTABLES_GROUP, { type: type ?? 0, payload });
    await this.clock.advance(Milliseconds(0));
  }
}

test('RulesetWatch tells when our table is taken away, and of no other table', async () => {
  const site = new Site();
  site.watch.start();
  await site.hears(NEWRULE, about('docker'));
  await site.hears(DELTABLE, about('gatepost', IPV4));
  await site.hears(NEWGEN, about('gatepost'));
  assert.equal(site.told, 0);
  await site.hears(DELTABLE, about('gatepost'));
  assert.equal(site.told, 1);
});

test('RulesetWatch tells once a second of a program that changes our table without end', async () => {
  const site = new Site();
  site.watch.start();
  for (let rules = 0; rules < 500; rules++) await site.hears(NEWRULE, about('gatepost'));
  assert.equal(site.told, 1);
  await site.clock.advance(Seconds(1));
  assert.equal(site.told, 2);
  await site.clock.advance(Seconds(60));
  assert.equal(site.told, 2);
});

test('RulesetWatch tells when it cannot know: messages were lost, or one that cannot be read', async () => {
  const site = new Site();
  site.watch.start();
  site.kernel.overrun();
  await site.clock.advance(Milliseconds(0));
  assert.equal(site.told, 1);
  await site.clock.advance(Seconds(1));
  await site.hears(NEWRULE, Uint8Array.of(1, 0, 0, 0, 2, 0, 1, 0));
  assert.equal(site.told, 2);
});

test('RulesetWatch tells nothing behind its end', async () => {
  const site = new Site();
  site.watch.start();
  site.watch.start();
  assert.equal(site.kernel.openSockets, 1);
  site.kernel.multicast(NFTABLES_GROUP, { type: DELTABLE ?? 0, payload: about('gatepost') });
  await site.clock.settle();
  site.watch.stop();
  await site.clock.advance(Seconds(5));
  assert.deepEqual([site.kernel.openSockets, site.told], [0, 0]);
});
