import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import type { FirewallOptions } from '../../src/engine/firewall/options.ts';
import { BOX, FIREWALL, FirewallSite, PC2, WORLD, packetsOf, run } from './firewall-site.ts';
import { openFirewall } from './own-firewall.ts';
import { inOwnNetwork } from './own-network.ts';

/** Two services of the box without a program behind them, as while it is being restarted. */
const OPTIONS: FirewallOptions = {
  ...FIREWALL,
  publicServices: [
    ...FIREWALL.publicServices,
    { name: 'silent', protocol: 'tcp', port: 26 },
    { name: 'silent', protocol: 'udp', port: 26 },
  ],
};

/** A public service, one without a program, the resolver and the page of the LAN, a forward, and nothing at all. */
const PORTS = [25, 26, 53, 8080, 8443, 4444] as const;
type States = Readonly<Record<number, string>>;

function all(state: string, exceptions: States = {}): States {
  return Object.fromEntries(PORTS.map((port) => [port, exceptions[port] ?? state]));
}

const SCANS = {
  SYN: ['-sS'],
  fragments: ['-sS', '-f'],
  ACK: ['-sA'],
  FIN: ['-sF'],
  Xmas: ['-sX'],
  NULL: ['-sN'],
  UDP: ['-sU'],
} as const;
type Scan = keyof typeof SCANS;

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

  /** What the reference scanner says of the ports. */
  async function scan(kind: Scan, address: string, ...more: readonly string[]): Promise<States> {
    const quick = ['-n', '-Pn', '--max-retries', '1', '--max-rtt-timeout', '300ms', '--disable-arp-ping'];
    const ports = ['-p', PORTS.join(','), '-oG', '-', address];
    const argv = ['nmap', ...SCANS[kind], ...quick, ...more, ...ports];
    const text = await site.world.output(argv);
    const found = text.matchAll(/(\d+)\/([a-z|]+)\/(?:tcp|udp)\//g);
    return Object.fromEntries(Array.from(found, ([, port, state = '']) => [Number(port), state]));
  }

  async function scanAll(address: string): Promise<Readonly<Record<Scan, States>>> {
    const kinds = Object.keys(SCANS) as Scan[];
    const found = await Promise.all(kinds.map((kind) => scan(kind, address)));
    return Object.fromEntries(kinds.map((kind, at) => [kind, found[at]])) as Record<Scan, States>;
  }

  /** What comes back for one packet that is too old to be led on. */
  async function answersToOld(...args: readonly string[]): Promise<string> {
    const argv = ['nping', '-c', '1', '--delay', '300ms', '--ttl', '1', ...args];
    return (await site.world.output(argv))
      .split('\n')
      .filter((line) => line.startsWith('RCVD'))
      .join('\n');
  }

  const CLOSED = {
    SYN: all('filtered', { 25: 'open', 26: 'closed', 8443: 'open' }),
    fragments: all('filtered', { 25: 'open', 26: 'closed', 8443: 'open' }),
    ACK: all('filtered'),
    FIN: all('open|filtered'),
    Xmas: all('open|filtered'),
    NULL: all('open|filtered'),
    UDP: all('open|filtered', { 26: 'closed' }),
  } as const;

  test('mode firewall: scanners on the WAN find the public services and forwards, and silence', async () => {
    await firewall.apply(OPTIONS);
    const malformed = packetsOf('dropped-malformed');
    assert.deepEqual(await scanAll(BOX.wan), CLOSED);
    assert.ok(packetsOf('dropped-malformed') >= malformed + 3 * PORTS.length);
    assert.match(await answersToOld('--tcp', '-p', '8443', BOX.wan), /TTL=0 during transit/);
  });

  test('mode firewall-dmz: a service without a program is silent too, and no error says that a box is there', async () => {
    await firewall.apply({ ...OPTIONS, mode: 'firewall-dmz' });
    assert.deepEqual(await scanAll(BOX.wan), {
      ...CLOSED,
      SYN: { ...CLOSED.SYN, 26: 'filtered' },
      fragments: { ...CLOSED.fragments, 26: 'filtered' },
      UDP: all('open|filtered'),
    });
    const silenced = packetsOf('dropped-wan-output');
    assert.equal(await answersToOld('--tcp', '-p', '8443', BOX.wan), '');
    assert.equal(packetsOf('dropped-wan-output'), silenced + 1);
    const ping = await site.world.run(['ping', '-c', '1', '-W', '1', BOX.wan]);
    assert.notEqual(ping.status, 0);
  });

  test('mode firewall-dmz: a connection in use may end by a reset', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', () => void socket.resetAndDestroy());
      socket.write('hello\n');
    });
    server.listen(26, '::');
    await once(server, 'listening');
    const caller = site.call(site.world, BOX.wan, 26);
    await caller.heard('hello');
    caller.say('end it');
    await caller.heard('failed ECONNRESET');
    server.close();
  });

  test('mode firewall-dmz: the box still says that a reply to the LAN is too long for its way', async () => {
    const caller = site.call(site.pc1, WORLD.address, 80);
    assert.equal(await caller.outcome(), `hello ${BOX.wan}`);
    run('ip', 'link', 'set', 'lan0', 'mtu', '1300');
    await caller.echo('x'.repeat(5000));
    await caller.hangUp();
    run('ip', 'link', 'set', 'lan0', 'mtu', '1500');
  });

  test('mode router: scanners see LAN devices as they are, and the box as closed as ever', async () => {
    await firewall.apply({ ...OPTIONS, mode: 'router' });
    const [box, device] = await Promise.all([scanAll(BOX.wan), scan('SYN', PC2.address)]);
    assert.deepEqual(box, {
      ...CLOSED,
      SYN: { ...CLOSED.SYN, 8443: 'filtered' },
      fragments: { ...CLOSED.fragments, 8443: 'filtered' },
    });
    assert.deepEqual(device, all('closed'));
  });

  test('mode lan-only: scanners on the WAN find nothing', async () => {
    await firewall.apply({ ...OPTIONS, mode: 'lan-only' });
    const [box, device] = await Promise.all([scanAll(BOX.wan), scan('SYN', PC2.address)]);
    assert.deepEqual(box, {
      SYN: all('filtered'),
      fragments: all('filtered'),
      ACK: all('filtered'),
      FIN: all('open|filtered'),
      Xmas: all('open|filtered'),
      NULL: all('open|filtered'),
      UDP: all('open|filtered'),
    });
    assert.deepEqual(device, all('filtered'));
  });

  test('IPv6: scanners find the same of the box, and nothing of the LAN but in mode router', async () => {
    const box6 = '2001:db8:3::50';
    await firewall.apply(OPTIONS);
    const [box, device] = await Promise.all([scan('SYN', box6, '-6'), scan('SYN', PC2.address6, '-6')]);
    assert.deepEqual(box, all('filtered', { 25: 'open', 26: 'closed' }));
    assert.deepEqual(device, all('filtered'));
    await firewall.apply({ ...OPTIONS, mode: 'firewall-dmz' });
    assert.deepEqual(await scan('SYN', box6, '-6'), all('filtered', { 25: 'open' }));
    await firewall.apply({ ...OPTIONS, mode: 'router' });
    assert.deepEqual(await scan('SYN', PC2.address6, '-6'), all('closed'));
  });
});
