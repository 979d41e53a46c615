import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Milliseconds, Seconds } from '../../../src/base/duration.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import { type Ipv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { parseMac } from '../../../src/base/mac.ts';
import { formatPrefix4, parsePrefix4 } from '../../../src/base/prefix.ts';
import { fromUtf8 } from '../../../src/base/text.ts';
import { RingLog } from '../../../src/io/log/ring-log.ts';
import type { WanAddress, WanLink, WanMethod, WanState } from '../../../src/service/wan/wan-state.ts';
import { startWan, type Wan } from '../../../src/service/wan/wan.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { BOX_MAC, GATEWAY, NEIGHBOUR_MAC, Provider } from './provider.ts';

const DHCP: WanMethod = { kind: 'dhcp', hostName: 'gatepost' };
const STATIC: WanMethod = {
  kind: 'static',
  address: parsePrefix4('203.0.113.9/24'),
  gateway: GATEWAY,
  dnsServers: [],
};
const UP: WanLink = { up: true, mac: BOX_MAC };
const DOWN: WanLink = { up: false, mac: BOX_MAC };
/** By then the check for conflicts is over. */
const CHECKED = Milliseconds(900);
const FILE = 'state/wan-lease.json';

interface Box {
  readonly wan: Wan;
  readonly provider: Provider;
  readonly clock: FakeClock;
  readonly files: MemoryFiles;
  readonly log: RingLog;
  /** Addresses as they were to be configured, in order; `none` for none. */
  readonly addresses: string[];
  readonly states: WanState[];
}

interface Setting {
  readonly provider?: Provider;
  readonly files?: MemoryFiles;
  readonly method?: WanMethod;
  readonly link?: WanLink;
  readonly configured?: readonly Ipv4[];
  /** What is left in memory of an earlier run, with the clock that went on. */
  readonly runtime?: MemoryFiles;
  readonly clock?: FakeClock;
  readonly timeServers?: readonly string[];
  readonly routerOf?: (address: WanAddress) => Ipv4 | undefined;
}

async function start(setting: Setting = {}): Promise<Box> {
  const { provider = new Provider(), files = new MemoryFiles(), method = DHCP } = setting;
  const { runtime, clock = new FakeClock(), timeServers } = setting;
  const log = new RingLog({ clock, print: () => undefined });
  const addresses: string[] = [];
  const states: WanState[] = [];
  const ports = {
    clock,
    random: new FakeRandom(),
    packets: provider,
    icmp: provider,
    udp: provider.udp,
    files,
    runtime,
    resolve: async () => [parseIpv4('192.0.2.123')],
  };
  const wan = await startWan(
    { device: 'wan0', method, timeServers, link: setting.link ?? UP, configured: setting.configured ?? [] },
    { ...ports, log: log.logFor('wan') },
    {
      onChange: (state, change) => {
        states.push(state);
        const { address } = state;
        if (change === 'address') addresses.push(address ? formatPrefix4(address.prefix) : 'none');
      },
      routerOf: setting.routerOf ?? (({ gateway }) => gateway),
    },
  );
  await clock.advance(CHECKED);
  return { wan, provider, clock, files, log, addresses, states };
}

/** A data directory with the lease of an earlier run. */
async function leasedFiles(): Promise<MemoryFiles> {
  const { wan, files } = await start();
  await wan.stop({ release: false });
  return files;
}

test('startWan() obtains a lease and reports address, gateway, name servers and the facts of the lease', async () => {
  const { wan, provider, addresses, clock } = await start();
  assert.deepEqual(provider.heard, ['DISCOVER', 'REQUEST 203.0.113.50']);
  assert.deepEqual(addresses, ['203.0.113.50/24']);
  const { phase, address, lease } = wan.status();
  assert.equal(phase, 'BOUND');
  assert.deepEqual([address?.gateway, address?.dnsServers], [GATEWAY, [parseIpv4('192.0.2.53')]]);
  assert.equal(lease?.server, GATEWAY);
  assert.ok(lease.obtained > clock.wallTime() - CHECKED && lease.obtained <= clock.wallTime());
  // It counts from the request, not from the end of the check (RFC 2131 section 4.4.1).
  assert.equal(lease.expires, clock.wallTime() + 1_000_000 - CHECKED);
});

test('startWan() writes the lease once; renewals write nothing', async () => {
  const { files, clock, provider } = await start();
  const before = files.names.current.get(FILE);
  assert.ok(before);
  assert.ok(fromUtf8(before.current).includes('"address":"203.0.113.50/24"'));
  await clock.advance(Seconds(3000));
  assert.ok(provider.heard.filter((one) => one.endsWith(' to 203.0.113.1')).length >= 5);
  assert.equal(files.names.current.get(FILE), before);
});

test('startWan() renews a lease of 10 s every 5 s and writes it once in all', async () => {
  const provider = new Provider();
  provider.leaseSeconds = 10;
  const { files, clock } = await start({ provider });
  const before = files.names.current.get(FILE);
  await clock.advance(Seconds(3600));
  assert.ok(provider.heard.length >= 600, String(provider.heard.length));
  assert.equal(files.names.current.get(FILE), before);
});

test('startWan() with a lease of an earlier run requests it without discovering, also in 1970', async () => {
  const { provider, addresses } = await start({ files: await leasedFiles() });
  assert.deepEqual(provider.heard, ['REQUEST 203.0.113.50']);
  assert.deepEqual(addresses, ['203.0.113.50/24']);
});

test('startWan() with a damaged lease file says so and discovers', async () => {
  const files = new MemoryFiles(new Map([[FILE, Uint8Array.of(1, 2, 3)]]));
  const { provider, log } = await start({ files });
  assert.equal(provider.heard[0], 'DISCOVER');
  assert.ok(log.entries().some(({ level, text }) => level === 'warn' && text.includes('damaged')));
});

test('startWan() after a restart of the program keeps the address it finds, before any server has answered', async () => {
  const provider = new Provider();
  provider.mode = 'silent';
  const configured = [parseIpv4('203.0.113.50')];
  const box = await start({ files: await leasedFiles(), provider, configured });
  assert.deepEqual(box.addresses, ['203.0.113.50/24']);
  provider.mode = 'answers';
  await box.clock.advance(Seconds(600));
  assert.deepEqual(box.addresses, ['203.0.113.50/24']);
  assert.notEqual(box.wan.status().address, undefined);
});

test('startWan() after a restart keeps the address as long as the lease runs, though the server is silent', async () => {
  const [files, runtime, clock] = [new MemoryFiles(), new MemoryFiles(), new FakeClock()];
  const first = await start({ files, runtime, clock });
  await clock.advance(Seconds(510));
  await first.wan.stop({ release: false });
  const provider = new Provider();
  provider.mode = 'silent';
  const configured = [parseIpv4('203.0.113.50')];
  const { wan } = await start({ files, runtime, clock, provider, configured });
  // Renewed after about 500 s: it runs until about 1500 s, and an eighth of it would have ended at 635 s.
  await clock.advance(Seconds(970));
  assert.ok(wan.status().address);
  await clock.advance(Seconds(30));
  assert.equal(wan.status().address, undefined);
});

test('startWan() asks the time servers whether the Internet is there; other ones do not disturb the lease', async () => {
  const { wan, provider, clock } = await start({ timeServers: ['time.example'] });
  provider.timeServers.set('192.0.2.123', 'time');
  await clock.advance(Seconds(3));
  assert.equal(wan.status().internet.state, 'reachable');
  const heard = provider.heard.length;
  await wan.reconfigure({ device: 'wan0', method: { ...DHCP }, timeServers: [] });
  assert.deepEqual([wan.status().internet.state, provider.heard.length], ['off', heard]);
  assert.equal(wan.status().phase, 'BOUND');
});

test('startWan() waits for a device that is missing, and for one the kernel refuses', async () => {
  const { wan, provider, clock, addresses } = await start({ link: { up: false, mac: undefined } });
  assert.equal(wan.status().phase, 'LINK-DOWN');
  provider.deviceExists = false;
  wan.linkChanged(UP);
  await clock.settle();
  assert.deepEqual([wan.status().phase, provider.heard], ['LINK-DOWN', []]);
  provider.deviceExists = true;
  await clock.advance(Seconds(6));
  assert.deepEqual(addresses, ['203.0.113.50/24']);
});

test('linkChanged() keeps the address while the cable is out and verifies it when it is back', async () => {
  const { wan, provider, clock, addresses } = await start();
  wan.linkChanged(DOWN);
  await clock.advance(Seconds(60));
  assert.deepEqual([wan.status().phase, provider.openSockets], ['LINK-DOWN', 0]);
  assert.ok(wan.status().address);
  wan.linkChanged(UP);
  await clock.settle();
  assert.deepEqual(provider.heard.slice(2), ['REQUEST 203.0.113.50']);
  assert.deepEqual([wan.status().phase, addresses], ['CHECKING', ['203.0.113.50/24']]);
  await clock.advance(CHECKED);
  assert.deepEqual([wan.status().phase, addresses], ['BOUND', ['203.0.113.50/24']]);
});

test('linkChanged() to another network: refused, discovered anew, reported at once', async () => {
  const { wan, provider, clock, addresses, files } = await start();
  await clock.advance(Seconds(60));
  wan.linkChanged(DOWN);
  provider.address = '203.0.113.77';
  wan.linkChanged(UP);
  await clock.advance(CHECKED);
  assert.deepEqual(provider.heard.slice(2), ['REQUEST 203.0.113.50', 'DISCOVER', 'REQUEST 203.0.113.77']);
  assert.deepEqual(addresses, ['203.0.113.50/24', 'none', '203.0.113.77/24']);
  await clock.settle();
  assert.ok(fromUtf8((await files.read(FILE)) ?? new Uint8Array(0)).includes('203.0.113.77/24'));
});

test('startWan() gives the address up when the lease runs out, not before', async () => {
  const { wan, provider, clock, addresses } = await start();
  provider.mode = 'silent';
  await clock.advance(Seconds(999));
  assert.deepEqual([wan.status().phase, addresses], ['REBINDING', ['203.0.113.50/24']]);
  await clock.advance(Seconds(2));
  assert.deepEqual([wan.status().phase, addresses], ['SELECTING', ['203.0.113.50/24', 'none']]);
});

test('startWan() goes on from memory when the disk is full, and says that the lease is not stored', async () => {
  const files = new MemoryFiles(new Map(), 10);
  const { wan, addresses, log } = await start({ files });
  assert.deepEqual(addresses, ['203.0.113.50/24']);
  assert.match(wan.status().storeProblem ?? '', /wan-lease\.json/);
  assert.equal(log.entries().filter(({ level }) => level === 'warn').length, 1);
});

test('startWan() is not disturbed by garbage on the client port', async () => {
  const { wan, provider } = await start();
  for (const length of [0, 1, 19, 20, 27, 28, 300]) provider.inject(new Uint8Array(length).fill(0x45));
  provider.inject(crypto.getRandomValues(new Uint8Array(400)), false);
  assert.equal(wan.status().phase, 'BOUND');
});

test('stop() releases to the server before the address is reported gone, and forgets it', async () => {
  const { wan, provider, clock, addresses, files } = await start();
  const stopped = wan.stop({ release: true });
  assert.deepEqual(addresses, ['203.0.113.50/24']);
  await clock.advance(Seconds(1));
  await stopped;
  assert.equal(provider.heard.at(-1), 'RELEASE 203.0.113.50 to 203.0.113.1');
  assert.deepEqual(addresses, ['203.0.113.50/24', 'none']);
  assert.equal(await files.read(FILE), undefined);
  assert.deepEqual([provider.openSockets, clock.pending], [0, 0]);
});

test('stop() without release sends nothing and keeps the address and the file', async () => {
  const { wan, provider, addresses, files, clock } = await start();
  await wan.stop({ release: false });
  assert.equal(provider.heard.length, 2);
  assert.deepEqual(addresses, ['203.0.113.50/24']);
  assert.ok(await files.read(FILE));
  assert.deepEqual([provider.openSockets, clock.pending], [0, 0]);
});

test('startWan() with a static address reports it at once, whatever the link', async () => {
  const { wan, addresses, provider } = await start({ method: STATIC, link: DOWN });
  assert.deepEqual([wan.status().phase, addresses, provider.heard], ['STATIC', ['203.0.113.9/24'], []]);
});

test('reconfigure() from DHCP to static releases, back again discovers; the same again changes nothing', async () => {
  const { wan, provider, addresses, clock } = await start();
  await wan.reconfigure({ device: 'wan0', method: { ...DHCP } });
  assert.deepEqual(provider.heard.length, 2);
  const changed = wan.reconfigure({ device: 'wan0', method: STATIC });
  await clock.advance(Milliseconds(100));
  await changed;
  await wan.reconfigure({ device: 'wan0', method: DHCP });
  await clock.advance(CHECKED);
  assert.deepEqual(provider.heard.slice(2), [
    'RELEASE 203.0.113.50 to 203.0.113.1',
    'DISCOVER',
    'REQUEST 203.0.113.50',
  ]);
  assert.deepEqual(addresses, ['203.0.113.50/24', '203.0.113.9/24', 'none', '203.0.113.50/24']);
});

test('reconfigure() of the host name keeps the lease', async () => {
  const { wan, provider, addresses, clock } = await start();
  await wan.reconfigure({ device: 'wan0', method: { kind: 'dhcp', hostName: 'other' } });
  await clock.settle();
  assert.deepEqual(provider.heard.slice(2), ['REQUEST 203.0.113.50']);
  assert.ok(!addresses.includes('none'));
});

test('startWan() tells the lease in the wall time of the moment, also after the clock was set', async () => {
  const { wan, clock } = await start();
  const before = wan.status().lease;
  assert.ok(before?.expires);
  const jump = Date.UTC(2030, 0, 1) - clock.wallTime();
  clock.setWallTime(Timestamp(Date.UTC(2030, 0, 1)));
  const { lease } = wan.status();
  assert.deepEqual([lease?.obtained, lease?.expires], [before.obtained + jump, before.expires + jump]);
});

test('startWan() finds the gateway reachable by echo, or by ARP where pings are not answered', async () => {
  for (const way of ['echo', 'arp'] as const) {
    const provider = new Provider();
    provider.gatewayAnswers = way;
    const { wan, clock } = await start({ provider });
    assert.equal(wan.status().gateway.state, 'unknown');
    await clock.advance(Seconds(1));
    assert.equal(wan.status().gateway.state, 'reachable');
    assert.equal(provider.openSockets, 2, 'for DHCP and for conflicts');
  }
});

test('startWan() watches the router in use, whatever the provider names, and none that is not used', async () => {
  const asked: Ipv4[] = [];
  const provider = new Provider();
  provider.echo = async (address) => {
    asked.push(address);
    return address === parseIpv4('203.0.113.2');
  };
  const used = await start({ provider, routerOf: () => parseIpv4('203.0.113.2') });
  await used.clock.advance(Seconds(60));
  assert.deepEqual([...new Set(asked)], [parseIpv4('203.0.113.2')]);
  assert.deepEqual(used.wan.status().gateway, {
    gateway: parseIpv4('203.0.113.2'),
    state: 'reachable',
    misses: 0,
  });
  asked.length = 0;
  const unused = await start({ provider, routerOf: () => undefined });
  await used.wan.stop({ release: false });
  asked.length = 0;
  await unused.clock.advance(Seconds(60));
  assert.deepEqual(asked, []);
  assert.equal(unused.wan.status().gateway.gateway, undefined);
});

test('startWan() reports the gateway unreachable after three misses, and its return', async () => {
  const { wan, clock, provider, states } = await start();
  await clock.advance(Seconds(10));
  provider.gatewayAnswers = 'nothing';
  await clock.advance(Seconds(25));
  assert.equal(wan.status().gateway.state, 'reachable');
  await clock.advance(Seconds(15));
  assert.equal(wan.status().gateway.state, 'unreachable');
  provider.gatewayAnswers = 'echo';
  await clock.advance(Seconds(6));
  assert.equal(wan.status().gateway.state, 'reachable');
  const told = states.map(({ gateway }) => gateway.state);
  assert.ok(told.indexOf('reachable') < told.indexOf('unreachable'));
  assert.equal(told.at(-1), 'reachable');
});

test('startWan() declines an address a neighbour has and takes the next one; the conflict is told for a while', async () => {
  const provider = new Provider();
  provider.neighbour = '203.0.113.50';
  const { wan, clock, addresses } = await start({ provider });
  assert.deepEqual(provider.heard, ['DISCOVER', 'REQUEST 203.0.113.50', 'DECLINE 203.0.113.50']);
  assert.deepEqual([wan.status().phase, addresses], ['INIT', []]);
  provider.address = '203.0.113.51';
  await clock.advance(Seconds(12));
  assert.deepEqual([wan.status().phase, addresses], ['BOUND', ['203.0.113.51/24']]);
  assert.deepEqual(wan.status().conflict, { address: parseIpv4('203.0.113.50'), mac: NEIGHBOUR_MAC });
  await clock.advance(Seconds(600));
  assert.equal(wan.status().conflict, undefined);
});

test('startWan() defends its address against a neighbour who takes it later, and tells of it', async () => {
  const { wan, provider, clock, states } = await start();
  await clock.advance(Seconds(10));
  const [told, sent] = [states.length, provider.arp.length];
  provider.claim('203.0.113.50');
  provider.claim('203.0.113.50');
  await clock.settle();
  assert.deepEqual(provider.arp.slice(sent), ['announce 203.0.113.50']);
  assert.equal(wan.status().conflict?.mac, NEIGHBOUR_MAC);
  assert.ok(states.length > told);
  assert.ok(wan.status().address);
});

test('startWan() goes on without a check on a device whose ARP cannot be heard', async () => {
  const provider = new Provider();
  provider.hearsArp = false;
  const { addresses, log } = await start({ provider });
  assert.deepEqual(addresses, ['203.0.113.50/24']);
  assert.ok(log.entries().some(({ text }) => text.startsWith('Cannot check the address of wan0')));
});

test('linkChanged() to another MAC address begins as another client: address given up, lease forgotten, discovered', async () => {
  const { wan, provider, clock, addresses, files } = await start();
  await clock.advance(Seconds(60));
  provider.address = '203.0.113.77';
  const mac = parseMac('02:00:00:00:00:77');
  wan.linkChanged({ up: false, mac });
  assert.deepEqual(addresses, ['203.0.113.50/24', 'none']);
  await clock.settle();
  assert.equal(await files.read(FILE), undefined);
  wan.linkChanged({ up: true, mac });
  await clock.advance(CHECKED);
  assert.deepEqual(provider.heard.slice(2), ['DISCOVER', 'REQUEST 203.0.113.77']);
  assert.deepEqual(addresses, ['203.0.113.50/24', 'none', '203.0.113.77/24']);
});

test('startWan() asks the gateway nothing while the link is down', async () => {
  const { wan, clock, provider } = await start();
  wan.linkChanged(DOWN);
  await clock.advance(Seconds(100));
  assert.deepEqual([provider.echoes, wan.status().gateway.state], [0, 'unknown']);
});
