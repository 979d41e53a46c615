import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FirewallOptions } from '../../src/engine/firewall/options.ts';
import {
  BOX,
  type Caller,
  FIREWALL,
  FirewallSite,
  PC1,
  PC2,
  WORLD,
  macOf,
  meetsSilence,
  packetsOf,
  run,
} from './firewall-site.ts';
import { openFirewall } from './own-firewall.ts';
import { inOwnNetwork } from './own-network.ts';
import type { Program } from './program.ts';
import { waitFor } from './wait-for.ts';

type Mode = FirewallOptions['mode'];
const BOX6 = '2001:db8:3::50';

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

  const enter = (mode: Mode): Promise<unknown> => firewall.apply({ ...FIREWALL, mode });

  let captures = 0;

  /** Everything that leaves towards the world, one line each, as the world sees it on the wire. */
  async function capture(filter: string): Promise<Program> {
    const argv = ['tcpdump', '-i', 'eth0', '-n', '-l', '-v', '-Q', 'in', filter];
    const program = site.world.start(`capture-${++captures}`, argv);
    await program.line(/listening on/);
    return program;
  }

  /** What was captured up to now: a ping comes behind it and is waited for. */
  async function seen(program: Program): Promise<string> {
    await site.pc2.run(['ping', '-c', '1', '-W', '1', WORLD.gateway]);
    await program.line(new RegExp(`(?:${BOX.wan}|${PC2.address}) > ${WORLD.gateway}: ICMP echo request`));
    const text = program.log.text();
    await program.stop();
    return text;
  }

  /** A caller that talks all the time; its lines must all come back. */
  async function talk(caller: Caller, until: Promise<unknown>): Promise<number> {
    const over = new AbortController();
    void until.then(() => over.abort());
    let lines = 0;
    while (!over.signal.aborted) await caller.echo(`line ${++lines}`);
    return lines;
  }

  test('connections of the LAN and services of the box go on while the mode changes and changes again', async () => {
    await enter('firewall');
    const outward = site.call(site.pc1, WORLD.address, 80);
    const outward6 = site.call(site.pc1, WORLD.address6, 80);
    const service = site.call(site.world, BOX.wan, 25);
    assert.equal(await outward.outcome(), `hello ${BOX.wan}`);
    assert.equal(await outward6.outcome(), `hello ${PC1.address6}`);
    await service.outcome();
    const changes = (async () => {
      for (const mode of [
        'firewall-dmz',
        'router',
        'firewall',
        'router',
        'firewall-dmz',
        'firewall',
      ] as const)
        await enter(mode);
    })();
    const lines = await Promise.all([talk(outward, changes), talk(outward6, changes)]);
    assert.ok(lines.every((count) => count > 0));
    await enter('lan-only');
    const dropped = packetsOf('dropped-other');
    outward.say('in vain');
    await waitFor('its packet', () => packetsOf('dropped-other') > dropped);
    assert.ok(!outward.has('in vain'));
    await enter('firewall');
    await outward.heard('in vain');
    for (const caller of [outward, outward6, service]) await caller.hangUp();
  });

  test('a translated connection stays translated in mode router, thanks to chains that are empty', async () => {
    await enter('firewall');
    const caller = site.call(site.pc1, WORLD.address, 80);
    await caller.outcome();
    await enter('router');
    const wire = await capture(`src net 192.168.77.0/24 or icmp`);
    await caller.echo('still translated');
    assert.doesNotMatch(wire.log.text(), /192\.168\.77\.11/);
    // Without a chain of translation the kernel forgets its hooks: that is what the empty chains are for.
    run('nft', 'delete chain inet gatepost port-forwards; delete chain inet gatepost source-nat');
    caller.say('with my own address');
    await wire.line(/192\.168\.77\.11\.\d+ > 198\.51\.100\.2\.80/);
    await caller.heard('failed ECONNRESET');
    await wire.stop();
  });

  test('nothing leaves the WAN under an address of the LAN in mode firewall, whatever it was before', async () => {
    await enter('router');
    // Its answers come back by the route of the world into the LAN.
    const stream = site.call(site.pc1, WORLD.address, 80);
    const datagrams = site.callUdp(site.pc1, WORLD.address, 80);
    const unanswered = site.callUdp(site.pc1, '198.51.100.9', 9);
    const inward = site.call(site.world, PC2.address, 80);
    assert.equal(await stream.outcome(), `hello ${PC1.address}`);
    await datagrams.outcome();
    await inward.outcome();
    await waitFor('the entry of the first packet', () =>
      run('conntrack', '-L', '-d', '198.51.100.9').includes('UNREPLIED'),
    );

    // Who repeats what nobody answers is told of the refusal at once, and repeats it no more.
    const leaked = packetsOf('dropped-leaked');
    await enter('firewall');
    const wire = await capture('src net 192.168.77.0/24 or icmp');
    const refused = packetsOf('dropped-wan-forward');
    for (const caller of [stream, datagrams, unanswered, inward]) caller.say('over the border');
    await waitFor('three packets that would leak', () => packetsOf('dropped-leaked') >= leaked + 3);
    await waitFor('one from the WAN', () => packetsOf('dropped-wan-forward') > refused);
    // TCP is told by a reset, and can begin again.
    await stream.heard('failed ECONNRESET');
    // Packets that belong to no connection are not translated either.
    const invalid = packetsOf('dropped-invalid');
    const stray = ['nping', '--tcp', '--flags', 'rst,ack', '-g', '4000', '-p', '80', '-c', '2'];
    await site.pc1.run([...stray, '--delay', '50ms', WORLD.address]);
    assert.equal(packetsOf('dropped-invalid'), invalid + 2);
    run('ping', '-c', '1', '-W', '1', '-I', BOX.lan, WORLD.gateway);
    assert.equal(await site.outcome(site.pc1, WORLD.address, 80), `hello ${BOX.wan}`);
    assert.doesNotMatch(await seen(wire), /192\.168\.77\.\d+(\.\d+)? >/);
    for (const caller of [datagrams, unanswered, inward]) await caller.hangUp();
    // The kernel of the world would repeat what was lost for minutes, into the counts of other tests.
    await site.world.run(['ss', '-K', 'dst', '192.168.77.0/24']);
  });

  test('what began on the WAN in mode router does not go on in mode firewall, by IPv6 neither', async () => {
    await enter('router');
    const inward = site.call(site.world, PC1.address6, 80);
    assert.equal(await inward.outcome(), `hello ${WORLD.address6}`);
    await enter('firewall');
    inward.say('let me in');
    await waitFor('its packet', () => packetsOf('dropped-wan-forward') > 0);
    assert.ok(!inward.has('let me in'));
    await enter('router');
    await inward.heard('let me in');
    await inward.hangUp();
  });

  test('mode router lets nobody on the WAN begin under an address of the LAN, to a device or to the box', async () => {
    await enter('router');
    const pretend = ['nping', '--udp', '-g', '4000', '-p', '9', '-c', '2', '--delay', '50ms', '-S'];
    const asPc2 = [...pretend, PC2.address, '--send-eth', '--dest-mac', macOf('wan0')];
    const heard = site.pc1.start('heard', ['tcpdump', '-i', 'eth0', '-n', '-l', 'udp', 'port', '9']);
    await heard.line(/listening on/);
    const before = packetsOf('dropped-spoofed');
    for (const address of [PC1.address, BOX.wan]) await site.world.run([...asPc2, address]);
    assert.equal(packetsOf('dropped-spoofed'), before + 4);
    // Another network behind the WAN is none of the LAN, whatever its addresses.
    const stranger = '192.168.78.9';
    await site.world.run([...pretend, stranger, '--send-eth', '--dest-mac', macOf('wan0'), PC1.address]);
    await heard.line(new RegExp(`${stranger}.4000 > ${PC1.address}.9:`));
    assert.equal(packetsOf('dropped-spoofed'), before + 4);
    assert.ok(!heard.log.text().includes(`${PC2.address}.4000`));
    await heard.stop();
  });

  test('IPv6 follows the mode: out alone, both ways, not at all', async () => {
    const echo = async (from: typeof site.world, address: string): Promise<boolean> =>
      (await from.run(['ping', '-6', '-c', '1', '-W', '1', address])).status === 0;
    const facts = async (mode: Mode): Promise<readonly unknown[]> => {
      await enter(mode);
      return Promise.all([
        echo(site.pc1, WORLD.address6),
        echo(site.world, PC1.address6),
        echo(site.pc1, BOX.lan6),
        echo(site.world, BOX6),
      ]);
    };
    assert.deepEqual(await facts('firewall'), [true, false, true, true]);
    assert.deepEqual(await facts('firewall-dmz'), [true, false, true, false]);
    assert.deepEqual(await facts('router'), [true, true, true, true]);
    assert.deepEqual(await facts('lan-only'), [false, false, true, false]);
  });

  test('IPv6: neighbours on the WAN are heard, forged senders and addresses for the LAN alone are not let through', async () => {
    await enter('firewall');
    const [, link = ''] = /inet6 (fe80::\S+)\//.exec(run('ip', '-6', 'addr', 'show', 'dev', 'wan0')) ?? [];
    const neighbour = await site.world.run(['ping', '-6', '-c', '1', '-W', '1', `${link}%eth0`]);
    assert.equal(neighbour.status, 0);
    const forged = packetsOf('dropped-spoofed');
    await site.world.ip('addr', 'add', '2001:db8:77::99/128', 'dev', 'lo', 'nodad');
    await site.world.run(['ping', '-6', '-c', '1', '-W', '1', '-I', '2001:db8:77::99', BOX6]);
    assert.equal(packetsOf('dropped-spoofed'), forged + 1);
    run('ip', 'addr', 'add', 'fd00:77::1/64', 'dev', 'lan0', 'nodad');
    await site.pc1.ip('addr', 'add', 'fd00:77::11/64', 'dev', 'eth0', 'nodad');
    const local = await site.pc1.run([
      'ping',
      '-6',
      '-c',
      '1',
      '-W',
      '2',
      '-I',
      'fd00:77::11',
      WORLD.address6,
    ]);
    assert.match(local.stdout, /From fd00:77::1 .*Administratively prohibited/);
  });

  test('IPv6: a foreign sender on the LAN and a sender of the LAN on the WAN get nowhere, nor does what is for one link', async () => {
    await enter('firewall');
    const ping = async (from: typeof site.world, source: string, to: string): Promise<number | null> =>
      (await from.run(['ping', '-6', '-c', '1', '-W', '1', '-I', source, to])).status;
    await site.pc1.ip('addr', 'add', '2001:db8:bad::11/128', 'dev', 'lo', 'nodad');
    await site.world.ip('addr', 'add', '2001:db8:77::98/128', 'dev', 'lo', 'nodad');
    const wire = await capture('ip6 and icmp6 and ip6[40] == 128 or icmp');
    const back = site.pc1.start('capture-forged', [
      'tcpdump',
      '-i',
      'eth0',
      '-n',
      '-l',
      '-Q',
      'in',
      'ip6 and icmp6 and ip6[40] == 128',
    ]);
    await back.line(/listening on/);
    const forged = packetsOf('dropped-spoofed');
    assert.equal(await ping(site.pc1, '2001:db8:bad::11', WORLD.address6), 1);
    assert.equal(packetsOf('dropped-spoofed'), forged + 1);
    assert.equal(await ping(site.world, '2001:db8:77::98', PC1.address6), 1);
    assert.equal(packetsOf('dropped-spoofed'), forged + 2);
    // The kernel does not carry an address of one link to another one (RFC 4291 section 2.5.6).
    const [, link = ''] = /inet6 (fe80::\S+)\//.exec(await site.pc1.ip('-6', 'addr', 'show', 'eth0')) ?? [];
    assert.equal(await ping(site.pc1, `${link}%eth0`, WORLD.address6), 1);
    assert.doesNotMatch(await seen(wire), /ICMP6, echo request/);
    // What comes to the computer is its own box that asks: then nothing else is on the way.
    run('ping', '-6', '-c', '1', '-W', '1', PC1.address6);
    await back.line(new RegExp(`${BOX.lan6} > ${PC1.address6}`));
    assert.doesNotMatch(back.log.text(), /2001:db8:77::98/);
    await back.stop();
  });

  test('IPv6 that the provider does not give: nothing of it leaves by the WAN, in no mode', async () => {
    run('ip', '-6', 'route', 'del', 'default');
    run('ip', '-6', 'addr', 'flush', 'dev', 'wan0', 'scope', 'global');
    for (const mode of ['firewall', 'firewall-dmz', 'router'] as const) {
      await enter(mode);
      const wire = await capture('ip6 or icmp');
      const ping = await site.pc1.run(['ping', '-6', '-c', '1', '-W', '1', WORLD.address6]);
      assert.equal(ping.status, 1);
      // Of IPv6 there is what the box itself says to its neighbours, and nothing of the LAN.
      assert.doesNotMatch(await seen(wire), /2001:db8:|echo request.*\bIP6/);
    }
    run('ip', 'addr', 'add', `${BOX6}/64`, 'dev', 'wan0', 'nodad');
    run('ip', '-6', 'route', 'add', 'default', 'via', '2001:db8:3::1');
    await enter('firewall');
    assert.equal((await site.pc1.run(['ping', '-6', '-c', '1', '-W', '2', WORLD.address6])).status, 0);
  });

  test('DHCP from a server to which there is no route is not taken for forged; any other packet of it is', async () => {
    await enter('firewall');
    const counters = (): number[] => ['dropped-spoofed', 'dropped-wan-input'].map(packetsOf);
    const packet = (from: string, to: string): Promise<unknown> => {
      const argv = [
        'nping',
        '--udp',
        '-g',
        from,
        '-p',
        to,
        '-S',
        '192.168.77.99',
        '-c',
        '1',
        '--delay',
        '50ms',
      ];
      return site.world.run([...argv, BOX.wan]);
    };
    const [spoofed = 0, input] = counters();
    await packet('67', '68');
    assert.deepEqual(counters(), [spoofed, input]);
    await packet('67', '69');
    assert.deepEqual(counters(), [spoofed + 1, input]);
  });

  for (const mode of ['firewall', 'router'] as const) {
    test(`mode ${mode}: both sides of a connection are told what fits into the MTU of the WAN`, async () => {
      await enter(mode);
      run('ip', 'link', 'set', 'wan0', 'mtu', '1400');
      const out = await capture('tcp[tcpflags] & tcp-syn != 0');
      const argv = ['tcpdump', '-i', 'eth0', '-n', '-l', '-v', '-Q', 'in', 'tcp[tcpflags] & tcp-syn != 0'];
      const back = site.pc1.start(`capture-${mode}`, argv);
      await back.line(/listening on/);
      await site.outcome(site.pc1, WORLD.address, 80);
      await out.line(/mss 1360/);
      await back.line(/mss 1360/);
      await Promise.all([out.stop(), back.stop()]);
      run('ip', 'link', 'set', 'wan0', 'mtu', '1500');
    });
  }

  test('mode firewall-dmz: forwards and services work as in mode firewall, and hairpin too', async () => {
    await enter('firewall-dmz');
    const [service, forward, hairpin, outward] = await Promise.all([
      site.outcome(site.world, BOX.wan, 25),
      site.outcome(site.world, BOX.wan, 8443),
      site.outcome(site.pc1, BOX.wan, 8443),
      site.outcome(site.pc1, WORLD.address, 80),
    ]);
    assert.deepEqual(
      [service, forward, hairpin, outward],
      ['hello box 25', `hello ${WORLD.gateway}`, `hello ${BOX.lan}`, `hello ${BOX.wan}`],
    );
    assert.ok(await meetsSilence(site.call(site.world, BOX.wan, 53), 'dropped-wan-input'));
  });
});
