import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FirewallOptions } from '../../src/engine/firewall/options.ts';
import { BOX, type Caller, FIREWALL, FirewallSite, WORLD, run } from './firewall-site.ts';
import { lackOfFlowTables } from './kernel-abilities.ts';
import { openFirewall } from './own-firewall.ts';
import { inOwnNetwork } from './own-network.ts';
import { waitFor } from './wait-for.ts';

// Rules that change over and over beneath connections on the short way, which here leads over a bridge.

const RELOADS = 100;
const SWITCHES = 20;
/** A word with the caller after so many changes. */
const EVERY = 10;

const SHORT_WAY: FirewallOptions = { ...FIREWALL, offload: ['wan0', 'port1', 'port2'] };
const WITHOUT_FORWARDS: FirewallOptions = { ...SHORT_WAY, forwards: [] };

/** Whether the only connection to this port takes the short way. */
function isOffloaded(port: number, family: 'ipv4' | 'ipv6' = 'ipv4'): boolean {
  const filter = ['-f', family, '-p', 'tcp', '--orig-port-dst', String(port)];
  return run('conntrack', '-L', ...filter).includes('[OFFLOAD]');
}

function define(): void {
  const { session, firewall } = openFirewall();
  let site: FirewallSite;
  let words = 0;

  before(async () => {
    site = await FirewallSite.create();
  });
  after(() => {
    site.remove();
    session.close();
  });

  async function takesShortWay(
    caller: Caller,
    port: number,
    family: 'ipv4' | 'ipv6' = 'ipv4',
  ): Promise<void> {
    await waitFor(`the short way of port ${port}`, async () => {
      await caller.echo(`word ${++words}`);
      return isOffloaded(port, family);
    });
  }

  test('what the kernel gives back of a flow table is what it was given', async () => {
    assert.deepEqual((await firewall.apply(SHORT_WAY)).reduced, []);
    assert.deepEqual(await firewall.apply(SHORT_WAY), { outcome: 'unchanged', reduced: [] });
    const turned = { ...SHORT_WAY, offload: SHORT_WAY.offload.toReversed() };
    assert.equal((await firewall.apply(turned)).outcome, 'unchanged');
  });

  test('connections over a bridge take the short way, out and in', async () => {
    const out = site.call(site.pc1, WORLD.address, 80);
    assert.equal(await out.outcome(), `hello ${BOX.wan}`);
    await takesShortWay(out, 80);
    const inward = site.call(site.world, BOX.wan, 8443);
    assert.match(await inward.outcome(), /^hello/);
    await takesShortWay(inward, 8443);
    const out6 = site.call(site.pc1, WORLD.address6, 80);
    assert.match(await out6.outcome(), /^hello/);
    await takesShortWay(out6, 80, 'ipv6');
    await Promise.all([out, inward, out6].map((caller) => caller.hangUp()));
  });

  test(`${RELOADS} changes of the rules leave a connection on the short way`, async () => {
    const caller = site.call(site.pc1, WORLD.address, 80);
    await caller.outcome();
    await takesShortWay(caller, 80);
    for (let n = 1; n <= RELOADS; n++) {
      const { outcome } = await firewall.apply(n % 2 === 0 ? SHORT_WAY : WITHOUT_FORWARDS);
      assert.equal(outcome, 'changed');
      assert.ok(isOffloaded(80), `after ${n} changes`);
      if (n % EVERY === 0) await caller.echo(`after ${n} changes`);
    }
    await caller.hangUp();
  });

  test(`${SWITCHES} times off and on, and a whole new table each time: a connection goes on`, async () => {
    const caller = site.call(site.pc2, WORLD.address, 80);
    await caller.outcome();
    for (let n = 1; n <= SWITCHES; n++) {
      await takesShortWay(caller, 80);
      await firewall.apply(FIREWALL);
      await caller.echo(`the long way ${n}`);
      await firewall.apply({ ...SHORT_WAY, offload: ['wan0', 'port2'] });
      await caller.echo(`with fewer devices ${n}`);
      assert.equal((await firewall.apply(SHORT_WAY)).outcome, 'replaced');
    }
    await takesShortWay(caller, 80);
    await caller.hangUp();
  });

  test('without a device that is gone the others go on taking the short way', async () => {
    run('ip', 'link', 'delete', 'port2');
    const { reduced } = await firewall.apply({ ...SHORT_WAY, offload: ['wan0', 'port1'] });
    assert.deepEqual(reduced, []);
    const caller = site.call(site.pc1, WORLD.address, 80);
    await caller.outcome();
    await takesShortWay(caller, 80);
    await caller.hangUp();
  });
}

const skip = lackOfFlowTables();
if (skip === false) inOwnNetwork(import.meta.filename, define);
else test('rules change beneath connections on the short way', { skip }, () => {});
