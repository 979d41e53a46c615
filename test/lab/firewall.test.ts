import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  BOX,
  FIREWALL,
  FirewallSite,
  PC1,
  PC2,
  WORLD,
  meetSilence,
  meetsSilence,
  packetsOf,
  run,
} from './firewall-site.ts';
import { openFirewall } from './own-firewall.ts';
import { inOwnNetwork } from './own-network.ts';

inOwnNetwork(import.meta.filename, () => {
  const { session, firewall } = openFirewall();
  let site: FirewallSite;

  before(async () => {
    site = await FirewallSite.create();
  });
  after(() => {
    site.remove();
    session.close();
  });

  test('protect() lets the LAN manage the box and nobody else do anything', async () => {
    assert.equal(await firewall.protect(FIREWALL), 'replaced');
    assert.equal(await site.outcome(site.pc1, BOX.lan, 8080), 'hello box 8080');
    assert.equal(await site.outcome(site.pc1, BOX.lan6, 8080), 'hello box 8080');
    const calls = [site.call(site.world, BOX.wan, 25), site.call(site.pc1, WORLD.address, 80)];
    assert.ok(await meetSilence('dropped-other', ...calls));
  });

  test('the LAN reaches the world from behind the WAN address, by IPv6 under its own', async () => {
    assert.equal((await firewall.apply(FIREWALL)).outcome, 'replaced');
    assert.equal(await site.outcome(site.pc1, WORLD.address, 80), `hello ${BOX.wan}`);
    assert.equal(await site.outcome(site.pc1, WORLD.address6, 80), `hello ${PC1.address6}`);
    assert.ok(packetsOf('forwarded-lan-to-wan') > 0);
    assert.ok(packetsOf('forwarded-wan-to-lan') > 0);
  });

  test('protect() keeps the ruleset that an earlier run left', async () => {
    assert.equal(await firewall.protect(FIREWALL), 'kept');
    assert.equal(await site.outcome(site.pc1, WORLD.address, 80), `hello ${BOX.wan}`);
  });

  test('the WAN meets silence on all but the public services', async () => {
    assert.equal(await site.outcome(site.world, BOX.wan, 25), 'hello box 25');
    assert.equal(await site.outcome(site.world, '2001:db8:3::50', 25), 'hello box 25');
    const calls = [
      site.call(site.world, BOX.wan, 53),
      site.call(site.world, '2001:db8:3::50', 8080),
      site.call(site.world, BOX.wan, 4444),
    ];
    assert.ok(await meetSilence('dropped-wan-input', ...calls));
  });

  test('the WAN reaches no LAN device by its own address', async () => {
    const calls = [site.call(site.world, PC1.address, 80), site.call(site.world, PC1.address6, 80)];
    const [devices, box] = await Promise.all([
      meetSilence('dropped-wan-forward', ...calls),
      meetSilence('dropped-spoofed', site.call(site.world, BOX.lan, 25)),
    ]);
    assert.ok(devices && box);
  });

  test('the WAN cannot use a sender address of the LAN, nor one to which no route leads back there', async () => {
    const before = packetsOf('dropped-spoofed');
    await site.world.run(['ping', '-c', '2', '-i', '0.2', '-W', '1', '-I', '192.168.77.99', BOX.wan]);
    assert.equal(packetsOf('dropped-spoofed'), before + 2);
    run('ip', 'route', 'del', 'default');
    await site.world.run(['ping', '-c', '1', '-W', '1', '-I', WORLD.address, BOX.wan]);
    assert.equal(packetsOf('dropped-spoofed'), before + 3);
    run('ip', 'route', 'add', 'default', 'via', WORLD.gateway);
  });

  test('the WAN cannot send into a connection of the LAN under the address of either end', async () => {
    const caller = site.callUdp(site.pc1, BOX.wan, 9005);
    await caller.outcome();
    const entry = run('conntrack', '-L', '-p', 'udp', '--orig-port-dst', '9005');
    const ports = [...entry.matchAll(/ (?:sport|dport)=(\d+)/g)].map(([, port]) => port);
    assert.equal(ports.length, 4, entry);
    const [callerPort = '', forward = '', server = '', translated = ''] = ports;
    const forge = (from: string, port: string, to: string, toPort: string): Promise<unknown> => {
      const packet = ['--udp', '-S', from, '-g', port, '-p', toPort, '--data-string', 'forged', '-c', '1'];
      return site.world.run(['nping', ...packet, '--delay', '50ms', to]);
    };
    const before = packetsOf('dropped-spoofed');
    await forge(PC1.address, callerPort, BOX.wan, forward);
    assert.equal(packetsOf('dropped-spoofed'), before + 1);
    await forge(PC2.address, server, BOX.lan, translated);
    assert.equal(packetsOf('dropped-spoofed'), before + 2);
    await caller.echo('still ours');
    assert.ok(!caller.has('forged'));
    await caller.hangUp();
  });

  test('the LAN reaches the services of the box, and is told at once what it does not offer', async () => {
    assert.equal(await site.outcome(site.pc1, BOX.lan, 53), 'hello box 53');
    assert.equal(await site.outcome(site.pc1, BOX.wan, 8080), 'hello box 8080');
    assert.equal(await site.outcome(site.pc1, BOX.lan, 4444), 'failed ECONNREFUSED');
    assert.equal(await site.outcome(site.pc1, BOX.lan6, 4444), 'failed ECONNREFUSED');
    assert.ok(packetsOf('lan-dns') > 0);
  });

  test('a port forward leads the world to its device, which sees who calls', async () => {
    assert.equal(await site.outcome(site.world, BOX.wan, 8443), `hello ${WORLD.gateway}`);
    assert.equal(await site.outcome(site.world, BOX.wan, 5001), `hello ${WORLD.gateway}`);
    assert.ok(packetsOf('port-forwards') > 0);
  });

  test('a port forward for certain senders is closed to others, but open to the LAN', async () => {
    assert.ok(await meetsSilence(site.call(site.world, BOX.wan, 9005), 'dropped-wan-input'));
    assert.equal(await site.outcome(site.pc1, BOX.wan, 9005), `hello ${BOX.lan}`);
  });

  test('hairpin: the LAN reaches a forwarded device under the WAN address, and the box under its own', async () => {
    assert.equal(await site.outcome(site.pc1, BOX.wan, 8443), `hello ${BOX.lan}`);
    assert.equal(await site.outcome(site.pc1, BOX.lan, 8443), 'hello box 8443');
    await firewall.apply({ ...FIREWALL, hairpin: false });
    assert.equal(await site.outcome(site.pc1, BOX.wan, 8443), 'hello box 8443');
    await firewall.apply(FIREWALL);
  });

  test('pings from the WAN are answered if the owner wants it, those from the LAN always', async () => {
    const answers = async (host: typeof site.world, address: string): Promise<boolean> =>
      (await host.run(['ping', '-c', '1', '-W', '1', address])).status === 0;
    assert.ok(await answers(site.world, BOX.wan));
    assert.ok(await answers(site.world, '2001:db8:3::50'));
    await firewall.apply({ ...FIREWALL, pingFromWan: false });
    assert.ok(!(await answers(site.world, BOX.wan)));
    assert.ok(!(await answers(site.world, '2001:db8:3::50')));
    assert.ok(await answers(site.pc1, BOX.lan));
    await firewall.apply(FIREWALL);
  });

  test('apply() leaves connections and totals alone when the ruleset changes', async () => {
    const outward = site.call(site.pc1, WORLD.address, 80);
    const inward = site.call(site.world, BOX.wan, 8443);
    await Promise.all([outward.outcome(), inward.outcome()]);
    const total = packetsOf('forwarded-lan-to-wan');
    assert.equal(
      (await firewall.apply({ ...FIREWALL, forwards: [], publicServices: [] })).outcome,
      'changed',
    );
    await outward.echo('still here');
    await inward.echo('me too');
    assert.ok(packetsOf('forwarded-lan-to-wan') > total);
    assert.equal((await firewall.apply(FIREWALL)).outcome, 'changed');
    await outward.echo('and now');
    await Promise.all([outward.hangUp(), inward.hangUp()]);
  });

  test('mode router forwards both ways without translation, and protects the box itself', async () => {
    await firewall.apply({ ...FIREWALL, mode: 'router' });
    assert.equal(await site.outcome(site.world, PC2.address, 80), `hello ${WORLD.address}`);
    assert.equal(await site.outcome(site.pc1, WORLD.gateway, 80), `hello ${PC1.address}`);
    assert.ok(await meetsSilence(site.call(site.world, BOX.wan, 53), 'dropped-wan-input'));
  });

  test('mode lan-only forwards nothing and answers nobody but the LAN', async () => {
    await firewall.apply({ ...FIREWALL, mode: 'lan-only' });
    const calls = [site.call(site.pc1, WORLD.address, 80), site.call(site.world, BOX.wan, 25)];
    assert.ok(await meetSilence('dropped-other', ...calls));
    assert.equal(await site.outcome(site.pc1, BOX.lan, 53), 'hello box 53');
  });

  test('teardown() removes our table and no other', async () => {
    run('nft', 'add table ip foreign; add chain ip foreign c');
    await firewall.apply(FIREWALL);
    await firewall.teardown();
    assert.deepEqual(run('nft', 'list', 'tables').trim(), 'table ip foreign');
    await firewall.teardown();
    run('nft', 'delete', 'table', 'ip', 'foreign');
  });
});
