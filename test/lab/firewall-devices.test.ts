import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseIpv4 } from '../../src/base/ipv4.ts';
import { parseIpv6 } from '../../src/base/ipv6.ts';
import { parseMac } from '../../src/base/mac.ts';
import type { FirewallOptions } from '../../src/engine/firewall/options.ts';
import {
  BOX,
  FIREWALL,
  FirewallSite,
  ONE_TO_ONE,
  PC1,
  PC2,
  WORLD,
  macOf,
  meetsSilence,
  packetsOf,
  run,
} from './firewall-site.ts';
import type { Namespace } from './namespace.ts';
import { openFirewall } from './own-firewall.ts';
import { inOwnNetwork } from './own-network.ts';
import { waitFor } from './wait-for.ts';

const DOOR: FirewallOptions = {
  ...FIREWALL,
  oneToOne: [{ name: 'door', address: parseIpv4(ONE_TO_ONE), to: parseIpv4(PC2.address) }],
};
const EXPOSED: FirewallOptions = { ...FIREWALL, exposedHost: parseIpv4(PC1.address) };

/** The packets and bytes of the element with this key in a set or map. */
function countOf(set: string, key: RegExp): { packets: number; bytes: number } {
  const text = run('nft', 'list', 'ruleset').split(`\n\t${set} {`)[1]?.split('\n\t}')[0] ?? '';
  const [, packets, bytes] = new RegExp(`${key.source} counter packets (\\d+) bytes (\\d+)`).exec(text) ?? [];
  return { packets: Number(packets ?? 0), bytes: Number(bytes ?? 0) };
}

async function isAnswered(from: Namespace, address: string): Promise<boolean> {
  return (await from.run(['ping', '-c', '1', '-W', '1', address])).status === 0;
}

inOwnNetwork(import.meta.filename, () => {
  const { session, firewall } = openFirewall();
  let site: FirewallSite;

  before(async () => {
    site = await FirewallSite.create();
    run('ip', 'addr', 'add', `${ONE_TO_ONE}/32`, 'dev', 'wan0');
  });
  after(() => {
    site.remove();
    session.close();
  });

  test('one-to-one: a device is reached under its address of the WAN, for all protocols, and appears under it', async () => {
    await firewall.apply({ ...DOOR, mode: 'firewall-dmz' });
    const udp = site.callUdp(site.world, ONE_TO_ONE, 9005);
    const [tcp, other, outward, greeting, pinged] = await Promise.all([
      site.outcome(site.world, ONE_TO_ONE, 80),
      site.outcome(site.world, ONE_TO_ONE, 443),
      site.outcome(site.pc2, WORLD.address, 80),
      udp.outcome(),
      isAnswered(site.world, ONE_TO_ONE),
    ]);
    await udp.hangUp();
    assert.deepEqual(
      [tcp, other, outward, greeting, pinged],
      [
        `hello ${WORLD.gateway}`,
        `hello ${WORLD.gateway}`,
        `hello ${ONE_TO_ONE}`,
        `hello ${WORLD.gateway}`,
        true,
      ],
    );
    assert.ok(countOf('map one-to-one', /203\.0\.113\.60/).packets >= 4);
    assert.ok(countOf('map one-to-one-source', /192\.168\.77\.20/).packets >= 1);
  });

  test('one-to-one: other devices and the box keep the address of the box', async () => {
    const [outward, service, hairpin, own, pinged] = await Promise.all([
      site.outcome(site.pc1, WORLD.address, 80),
      site.outcome(site.world, BOX.wan, 25),
      site.outcome(site.pc1, ONE_TO_ONE, 80),
      site.outcome(site.pc2, ONE_TO_ONE, 80),
      isAnswered(site.world, BOX.wan),
    ]);
    assert.deepEqual(
      [outward, service, hairpin, own, pinged],
      [`hello ${BOX.wan}`, 'hello box 25', `hello ${BOX.lan}`, `hello ${BOX.lan}`, false],
    );
  });

  test('the exposed host gets what neither a service of the box nor a forward claims, but pings', async () => {
    await firewall.apply(EXPOSED);
    const udp = site.callUdp(site.world, BOX.wan, 80);
    const [exposed, service, forward, greeting, pinged] = await Promise.all([
      site.outcome(site.world, BOX.wan, 80),
      site.outcome(site.world, BOX.wan, 25),
      site.outcome(site.world, BOX.wan, 8443),
      udp.outcome(),
      isAnswered(site.world, BOX.wan),
    ]);
    await udp.hangUp();
    assert.deepEqual(
      [exposed, service, forward, greeting, pinged],
      [`hello ${WORLD.gateway}`, 'hello box 25', `hello ${WORLD.gateway}`, `hello ${WORLD.gateway}`, true],
    );
    assert.ok(countOf('map forwarded-ports', /tcp \. 8443/).packets >= 1);
  });

  test('the LAN reaches the exposed host under the WAN address, and the services of the box as ever', async () => {
    const [exposed, admin, forward] = await Promise.all([
      site.outcome(site.pc2, BOX.wan, 80),
      site.outcome(site.pc2, BOX.wan, 8080),
      site.outcome(site.pc1, BOX.wan, 9005),
    ]);
    assert.deepEqual([exposed, admin, forward], [`hello ${BOX.lan}`, 'hello box 8080', `hello ${BOX.lan}`]);
    await firewall.apply({ ...EXPOSED, hairpin: false });
    assert.equal(await site.outcome(site.pc2, BOX.wan, 80), 'failed ECONNREFUSED');
  });

  for (const mode of ['firewall', 'router'] as const) {
    test(`mode ${mode}: a blocked device loses its connections at once, is told so, and keeps the box`, async () => {
      const options: FirewallOptions = { ...FIREWALL, mode };
      const blocked: FirewallOptions['blocked'] = {
        macs: [parseMac(PC1.mac)],
        addresses: [parseIpv4(PC1.address), parseIpv6(PC1.address6)],
      };
      await firewall.apply(options);
      // The world answers datagrams from the address that its route to the sender names.
      const stream = site.call(site.pc1, WORLD.address, 80);
      const datagrams = site.callUdp(site.pc1, mode === 'router' ? WORLD.address : WORLD.gateway, 80);
      const inward = mode === 'router' ? site.callUdp(site.world, PC1.address, 80) : undefined;
      const all = [stream, datagrams, ...(inward === undefined ? [] : [inward])];
      await Promise.all(all.map((caller) => caller.outcome()));
      await Promise.all(all.map((caller) => caller.echo('before')));

      await firewall.apply({ ...options, blocked });
      const refused = packetsOf('refused-blocked');
      for (const caller of all) caller.say('while blocked');
      await waitFor('packets of all', () => packetsOf('refused-blocked') >= refused + all.length);
      const [fresh, fresh6, box] = await Promise.all([
        site.outcome(site.pc1, WORLD.address, 80),
        site.outcome(site.pc1, '2001:db8:3::1', 80),
        site.outcome(site.pc1, BOX.lan, 53),
      ]);
      assert.deepEqual([fresh, fresh6, box], ['failed EHOSTUNREACH', 'failed EACCES', 'hello box 53']);
      assert.deepEqual(
        all.map((caller) => caller.has('while blocked')),
        all.map(() => false),
      );

      await firewall.apply(options);
      // TCP repeats what was lost; a datagram is lost.
      await stream.heard('while blocked');
      await stream.echo('after');
      assert.ok(!datagrams.has('while blocked'));
      for (const caller of all) await caller.hangUp();
    });
  }

  test('what goes to a blocked device from the WAN is dropped, also through a forward that is in use', async () => {
    await firewall.apply(FIREWALL);
    const inward = site.call(site.world, BOX.wan, 8443);
    await inward.outcome();
    const blocked = { macs: [], addresses: [parseIpv4(PC2.address)] };
    await firewall.apply({ ...FIREWALL, blocked });
    inward.say('anybody there');
    assert.ok(await meetsSilence(site.call(site.world, BOX.wan, 8443), 'refused-blocked'));
    assert.ok(!inward.has('anybody there'));
    await firewall.apply(FIREWALL);
    await inward.heard('anybody there');
    await inward.hangUp();
  });

  test('every LAN device is counted by its addresses, apart for what it sends and gets', async () => {
    await firewall.apply(FIREWALL);
    const before = countOf('set upload', /192\.168\.77\.11/).packets;
    const [four, six] = [site.call(site.pc1, WORLD.address, 80), site.call(site.pc1, WORLD.address6, 80)];
    await Promise.all([four.outcome(), six.outcome()]);
    await Promise.all([four.echo('x'.repeat(1000)), six.echo('x'.repeat(1000))]);
    await Promise.all([four.hangUp(), six.hangUp()]);
    const { packets, bytes } = countOf('set upload', /192\.168\.77\.11/);
    assert.ok(packets > before && bytes > 1000, `${packets} ${bytes}`);
    assert.ok(countOf('set download', /192\.168\.77\.11/).bytes > 1000);
    assert.ok(countOf('set upload6', /2001:db8:77::11/).bytes > 1000);
    assert.ok(countOf('set download6', /2001:db8:77::11/).bytes > 1000);
  });

  test('what a LAN device sends and gets is counted once, at the beginning of connections and while they are used', async () => {
    await firewall.teardown();
    await firewall.apply(FIREWALL);
    const [four, six] = [site.call(site.pc1, WORLD.address, 80), site.call(site.pc1, WORLD.address6, 80)];
    await Promise.all([four.outcome(), six.outcome()]);
    for (let i = 0; i < 20; i++) await Promise.all([four.echo(`four ${i}`), six.echo(`six ${i}`)]);
    await Promise.all([four.hangUp(), six.hangUp()]);
    const counted = (direction: string): number =>
      countOf(`set ${direction}`, /192\.168\.77\.11/).packets +
      countOf(`set ${direction}6`, /2001:db8:77::11/).packets;
    await waitFor('the last packets to be counted', () => {
      const [up, down] = [counted('upload'), counted('download')];
      const isWhole = up === packetsOf('forwarded-lan-to-wan') && down === packetsOf('forwarded-wan-to-lan');
      return isWhole && Math.min(up, down) > 40;
    });
  });

  test('a sender on the LAN with an address that is not of the LAN gets nowhere and is not counted', async () => {
    const before = packetsOf('dropped-spoofed');
    const spoof = ['-S', '10.1.2.3', '--send-eth', '--dest-mac', macOf('lan0'), WORLD.address];
    await site.pc1.run(['nping', '--udp', '-p', '9', '-c', '2', '--delay', '50ms', ...spoof]);
    assert.equal(packetsOf('dropped-spoofed'), before + 2);
    assert.equal(countOf('set upload', /10\.1\.2\.3/).packets, 0);
  });

  test('one sender that opens connections without end is limited, others are not', async () => {
    const before = packetsOf('dropped-limited');
    const flood = ['nping', '--tcp', '-p', '25', '-c', '600', '--rate', '3000', '-q', '-N'];
    await site.world.run([...flood, '-S', WORLD.address, BOX.wan]);
    assert.ok(packetsOf('dropped-limited') > before, `${packetsOf('dropped-limited')}`);
    assert.equal(await site.outcome(site.world, BOX.wan, 25), 'hello box 25');
  });
});
