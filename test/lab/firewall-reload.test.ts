import assert from 'node:assert/strict';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, test } from 'node:test';
import type { FirewallOptions } from '../../src/engine/firewall/options.ts';
import type { AddressTraffic } from '../../src/service/firewall/firewall-state.ts';
import { BOX, FIREWALL, FirewallSite, PC1, PC2, WORLD, packetsOf, run } from './firewall-site.ts';
import type { Namespace } from './namespace.ts';
import { openFirewall } from './own-firewall.ts';
import { inOwnNetwork } from './own-network.ts';
import { Program } from './program.ts';
import { waitFor } from './wait-for.ts';

const STREAM = join(import.meta.dirname, 'stream-peer.ts');
const LINES = join(import.meta.dirname, 'line-peer.ts');
const PER_SECOND = 1000;
const STREAM_PORT = 7000;
const LINE_PORT = 7001;

type Mode = FirewallOptions['mode'];
const MODES: readonly Mode[] = ['firewall', 'firewall-dmz', 'router', 'lan-only'];

/** A walk from mode to mode that takes every change from one to another exactly once. */
function everyChange(modes: readonly Mode[]): Mode[] {
  const left = new Map(modes.map((mode) => [mode, modes.filter((other) => other !== mode)]));
  const path: Mode[] = [];
  const stack: Mode[] = modes.slice(0, 1);
  for (let mode = stack.at(-1); mode !== undefined; mode = stack.at(-1)) {
    const next = left.get(mode)?.pop();
    if (next === undefined) path.push(...stack.splice(-1));
    else stack.push(next);
  }
  return path.toReversed();
}

inOwnNetwork(import.meta.filename, () => {
  let site: FirewallSite;
  const { session, firewall, log } = openFirewall();
  const services = [
    { name: 'stream', protocol: 'udp', port: STREAM_PORT },
    { name: 'lines', protocol: 'tcp', port: LINE_PORT },
  ] as const;
  const office: FirewallOptions = { ...FIREWALL, lanServices: [...FIREWALL.lanServices, ...services] };
  let lines: Program;

  before(async () => {
    site = await FirewallSite.create();
    const logPath = site.pc1.file('box-lines.log');
    lines = new Program('lines', [process.execPath, LINES, 'serve', String(LINE_PORT)], { logPath });
    await lines.line(/ready/);
  });
  after(async () => {
    await lines.stop();
    site.remove();
    session.close();
  });

  /** Runs a stream while something happens; the datagrams that did not come. */
  async function lostDuring(
    way: { readonly from: Namespace; readonly to: Namespace | 'box'; readonly address: string },
    action: () => Promise<void>,
  ): Promise<number> {
    const receive = [process.execPath, STREAM, 'receive', String(STREAM_PORT)];
    const receiver =
      way.to === 'box'
        ? new Program('receive', receive, { logPath: way.from.file('box-receives.log') })
        : way.to.start('receive', receive);
    await receiver.line(/ready/);
    const send = [process.execPath, STREAM, 'send', way.address, String(STREAM_PORT), String(PER_SECOND)];
    const sender = way.from.start('send', send);
    await sender.line(/sending/);
    try {
      await action();
    } finally {
      await sender.stop();
    }
    const [, sent, received] = await receiver.line(/sent (\d+) received (\d+)/);
    await receiver.stop();
    assert.ok(Number(sent) > 0);
    return Number(sent) - Number(received);
  }

  async function trafficOf(address: string): Promise<AddressTraffic> {
    const { devices } = await firewall.readState();
    const found = devices.find((one) => one.address.join('.') === address);
    assert.ok(found, `${address} is not among the devices that are counted`);
    return found;
  }

  test('no packet to the box is lost while the mode changes from every one to every other', async () => {
    const walk = everyChange(MODES);
    assert.equal(walk.length, MODES.length * (MODES.length - 1) + 1);
    await firewall.apply({ ...office, mode: MODES[0] ?? 'firewall' });
    const held = site.call(site.pc1, BOX.lan, LINE_PORT);
    await held.outcome();
    const lost = await lostDuring({ from: site.pc1, to: 'box', address: BOX.lan }, async () => {
      for (const mode of walk.slice(1)) {
        assert.equal((await firewall.apply({ ...office, mode })).outcome, 'changed');
        await held.echo(`in mode ${mode} ${performance.now()}`);
      }
    });
    assert.equal(lost, 0);
    await held.hangUp();
  });

  test('no packet and no connection out is lost while the mode changes between those that let it', async () => {
    await firewall.apply(office);
    const held = site.call(site.pc1, WORLD.address, 80);
    await held.outcome();
    const lost = await lostDuring({ from: site.pc1, to: site.world, address: WORLD.address }, async () => {
      for (const mode of [
        'firewall-dmz',
        'router',
        'firewall',
        'router',
        'firewall-dmz',
        'firewall',
      ] as const) {
        assert.equal((await firewall.apply({ ...office, mode })).outcome, 'changed');
        await held.echo(`in mode ${mode} ${performance.now()}`);
      }
    });
    assert.equal(lost, 0);
    await held.hangUp();
  });

  /** What one address and one forward have counted, and the senders that are remembered. */
  async function counted(): Promise<unknown> {
    const { elements } = await firewall.readState();
    const senders = run('nft', '-j', 'list', 'set', 'inet', 'gatepost', 'tcp-senders').match(
      /"val": "[^"]*"/g,
    );
    return { pc1: await trafficOf(PC1.address), pc2: await trafficOf(PC2.address), elements, senders };
  }

  test('what devices, forwards and senders have counted outlives every change, and a restart', async () => {
    await firewall.apply(office);
    const outward = site.call(site.pc1, WORLD.address, 80);
    const inward = site.call(site.world, BOX.wan, 8443);
    await Promise.all([outward.outcome(), inward.outcome()]);
    await Promise.all([outward.hangUp(), inward.hangUp()]);
    // The last words of a connection come when nobody waits for them.
    await waitFor('quiet', () => run('conntrack', '-L', '-p', 'tcp', '--state', 'ESTABLISHED').trim() === '');
    const before = await counted();
    assert.ok((await trafficOf(PC1.address)).up.packets > 0);
    assert.ok((await trafficOf(PC2.address)).down.packets > 0);
    assert.equal((await firewall.apply({ ...office, pingFromWan: false })).outcome, 'changed');
    assert.deepEqual(await counted(), before);
    assert.equal((await firewall.apply({ ...office, mode: 'firewall-dmz' })).outcome, 'changed');
    assert.deepEqual(await counted(), before);
    assert.equal((await firewall.apply(office)).outcome, 'changed');
    assert.deepEqual(await counted(), before);
    const { session: other, firewall: restarted } = openFirewall();
    assert.equal(await restarted.protect(office), 'kept');
    assert.equal((await restarted.apply(office)).outcome, 'unchanged');
    other.close();
    assert.deepEqual(await counted(), before);
  });

  test('a table that has to be made anew takes over what devices and forwards have counted', async () => {
    await firewall.apply(office);
    const { devices, elements } = await firewall.readState();
    assert.ok(devices.length > 0 && elements.some(({ packets }) => packets > 0));
    const total = packetsOf('forwarded-lan-to-wan');
    // The kernel changes no priority in place, and only a new table has this chain elsewhere.
    run(
      'nft',
      'delete chain inet gatepost output; add chain inet gatepost output { type filter hook output priority 7; }',
    );
    assert.equal((await firewall.apply(office)).outcome, 'replaced');
    const after = await firewall.readState();
    assert.deepEqual(after.devices, devices);
    assert.deepEqual(after.elements, elements);
    assert.equal(packetsOf('forwarded-lan-to-wan'), total);
    assert.equal((await firewall.apply(office)).outcome, 'unchanged');
  });

  test('what devices have counted outlives a mode that counts nothing', async () => {
    await firewall.apply(office);
    const { devices } = await firewall.readState();
    assert.ok(devices.length > 0);
    await firewall.apply({ ...office, mode: 'lan-only' });
    assert.equal((await firewall.apply(office)).outcome, 'changed');
    assert.deepEqual((await firewall.readState()).devices, devices);
  });

  test('a kernel without flow tables gets the rest of the ruleset, once', async () => {
    const offload = ['wan0', 'lan0'];
    const text = 'flow offload: this kernel has no flow tables';
    const { reduced } = await firewall.apply({ ...office, offload });
    if (reduced.length > 0) assert.deepEqual(reduced, [text]);
    assert.deepEqual(await firewall.apply({ ...office, offload }), { outcome: 'unchanged', reduced });
    assert.equal(await site.outcome(site.pc1, WORLD.address, 80), `hello ${BOX.wan}`);
    assert.equal(log.text.split(text).length - 1, reduced.length);
  });
});
