import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Hours, Milliseconds, Minutes, Seconds } from '../../../src/base/duration.ts';
import { KernelError } from '../../../src/base/errors.ts';
import { fromHex } from '../../../src/base/hex.ts';
import { BROADCAST, type Ipv4, formatIpv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { BROADCAST_MAC, type Mac, parseMac } from '../../../src/base/mac.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import { defaultPool } from '../../../src/config/default-pool.ts';
import type { AddressRange, Dhcp4ServerOptions } from '../../../src/engine/dhcp4-server/options.ts';
import type { OtherServer } from '../../../src/engine/dhcp4-server/other-servers.ts';
import type { PacketPort } from '../../../src/port/packet.ts';
import {
  type Dhcp4Server,
  type Dhcp4ServerPorts,
  startDhcp4Server,
} from '../../../src/service/dhcp4-server/dhcp4-server.ts';
import { MAX_READ, MAX_SAVED, READ_WINDOW } from '../../../src/service/dhcp4-server/flood-gate.ts';
import { decodeMessage, encodeMessage } from '../../../src/wire/dhcp4/message.ts';
import { decodeUdpPacket, encodeUdpPacket } from '../../../src/wire/ipv4/udp.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeLan } from '../../fake/fake-lan.ts';
import { FakeLeaseJournal } from '../../fake/fake-lease-journal.ts';
import { FakeNetwork } from '../../fake/fake-network.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { FakeStation } from '../../fake/fake-station.ts';

const ADDRESS = parsePrefix4('192.168.77.1/24');
const SERVER_MAC = parseMac('02:00:00:00:77:01');

function options(pool: AddressRange = defaultPool(ADDRESS)): Dhcp4ServerOptions {
  return {
    server: ADDRESS,
    pool,
    exclude: [],
    reservations: [],
    leaseTime: Hours(1),
    routers: [ADDRESS.address],
    dnsServers: [ADDRESS.address],
    timeServers: [ADDRESS.address],
    domain: 'office.example',
    custom: new Map(),
  };
}

/** A box with the server on `lan0`, and stations on the same wire. */
class Office {
  readonly clock = new FakeClock();
  readonly lan = new FakeLan();
  readonly journal = new FakeLeaseJournal(this.clock);
  readonly told: string[] = [];
  /** What was told of other servers, each time. */
  readonly others: (readonly OtherServer[])[] = [];
  readonly stations: FakeStation[] = [];
  readonly packet: PacketPort = this.lan.host(SERVER_MAC, 'lan0');
  readonly ports: Dhcp4ServerPorts;
  server: Dhcp4Server | undefined;
  #options: Dhcp4ServerOptions;

  constructor(settings = options()) {
    this.#options = settings;
    const { udp } = new FakeNetwork(this.clock).host(ADDRESS.address);
    const { clock, journal, packet } = this;
    this.ports = { packet, journal, clock, udp, icmp: this.lan.icmp(clock), random: new FakeRandom(5) };
  }

  async start(): Promise<void> {
    const settings = { device: 'lan0', server: this.#options };
    this.server = await startDhcp4Server(settings, this.ports, {
      onLease: ({ address, name }) => void this.told.push(`${formatIpv4(address)} ${name}`),
      onLeaseEnd: (address) => void this.told.push(`${formatIpv4(address)} ended`),
      onWarning: (text) => void this.told.push(text),
      onOtherServers: (servers) => void this.others.push(servers),
    });
  }

  async restart(): Promise<void> {
    this.server?.stop();
    this.journal.powerCut();
    await this.start();
  }

  async station(n: number): Promise<FakeStation> {
    const mac = parseMac(`02:00:00:00:00:${n.toString(16).padStart(2, '0')}`);
    const station = new FakeStation(this.lan, this.clock, mac, `pc${n}`);
    await station.plugIn();
    this.stations.push(station);
    return station;
  }

  /** Long enough for a probe and the journal. */
  settle(): Promise<void> {
    return this.clock.advance(Seconds(1));
  }
}

async function office(settings?: Dhcp4ServerOptions): Promise<Office> {
  const made = new Office(settings);
  await made.start();
  return made;
}

/** No address is held by two stations, and the server knows of every one that is held. */
function assertSound({ stations, server }: Office): void {
  const holders = new Map<Ipv4, Mac>();
  for (const { held, mac } of stations) {
    if (held === undefined) continue;
    const other = holders.get(held.address);
    assert.equal(other, undefined, `${formatIpv4(held.address)} is held by ${other} and ${mac}`);
    holders.set(held.address, mac);
  }
  const listed = new Map(server?.leases().map(({ address, mac }) => [address, mac]));
  for (const [address, mac] of holders) assert.equal(listed.get(address), mac);
}

test('a station gets an address after the probe and the record, and is listed by its name', async () => {
  const made = await office();
  const pc = await made.station(1);
  pc.discover();
  await made.settle();
  assert.equal(formatIpv4(pc.held?.address ?? ADDRESS.address), '192.168.77.2');
  assert.deepEqual(pc.last?.options.dnsServers, [ADDRESS.address]);
  assert.deepEqual(made.told, ['192.168.77.2 pc1']);
  const [lease] = made.server?.leases() ?? [];
  assert.deepEqual([lease?.name, lease?.mac, lease?.state], ['pc1', pc.mac, 'bound']);
  const left = (lease?.expires ?? 0) - made.clock.wallTime();
  assert.ok(left > Minutes(59) && left <= Hours(1) + 1000);
});

test('the end of a lease is told when its time is over', async () => {
  const made = await office();
  const pc = await made.station(1);
  pc.discover();
  await made.clock.advance(Hours(2));
  assert.deepEqual(made.told, ['192.168.77.2 pc1', '192.168.77.2 ended']);
  assert.deepEqual(made.server?.leases(), []);
  assert.equal(made.clock.pending, 1, 'an idle server only asks for other servers now and then');
});

test('an address that a stranger uses is not given, and the owner hears of it', async () => {
  const made = await office();
  made.lan.answering.add(parseIpv4('192.168.77.2'));
  const pc = await made.station(1);
  pc.discover();
  await made.settle();
  assert.equal(pc.held?.address, parseIpv4('192.168.77.3'));
  assert.match(made.told[0] ?? '', /192\.168\.77\.2 is used by a device/);
});

test('a full disk keeps nobody from getting an address', async () => {
  const made = await office();
  made.journal.full = true;
  const pc = await made.station(1);
  pc.discover();
  await made.settle();
  assert.ok(pc.held);
  assert.match(made.told.at(-1) ?? '', /cannot be recorded: .*the storage is full/);
  pc.release();
  await made.settle();
  assert.match(made.told.at(-1) ?? '', /cannot be recorded/);
});

test('a restart tells of every lease that runs, and its stations renew', async () => {
  const made = await office();
  const [one, two] = [await made.station(1), await made.station(2)];
  one.discover();
  two.discover();
  await made.settle();
  two.release();
  await made.settle();
  made.told.length = 0;
  await made.restart();
  assert.deepEqual(made.told, ['192.168.77.2 pc1']);
  one.renew();
  await made.settle();
  assert.equal(one.held?.address, parseIpv4('192.168.77.2'));
  assertSound(made);
});

test('a lease acknowledged by no record yet is not there after a power cut, and was not acknowledged', async () => {
  const made = await office();
  const pc = await made.station(1);
  pc.discover();
  await made.clock.advance(Milliseconds(502));
  assert.equal(pc.held, undefined);
  await made.restart();
  assert.deepEqual(made.server?.leases(), []);
  await made.settle();
  assert.equal(pc.held, undefined);
});

test('reconfigure() keeps leases and hands out the new settings at once', async () => {
  const made = await office();
  const pc = await made.station(1);
  pc.discover();
  await made.settle();
  const server = { ...options(), routers: [parseIpv4('192.168.77.254')] };
  await made.server?.reconfigure({ device: 'lan0', server });
  pc.renew();
  await made.settle();
  assert.deepEqual(pc.last?.options.routers, [parseIpv4('192.168.77.254')]);
  assert.equal(made.server?.leases().length, 1);
});

test('reconfigure() opens anew what an earlier call could not have', async () => {
  const made = await office();
  const server = options();
  await assert.rejects(made.server?.reconfigure({ device: 'lan1', server }) ?? assert.fail(), /ENODEV/);
  made.lan.host(SERVER_MAC, 'lan1');
  await made.server?.reconfigure({ device: 'lan1', server });
  const pc = await made.station(1);
  pc.discover();
  await made.settle();
  assert.equal(made.server?.leases().length, 1);
});

test('stop() takes back what was told of other servers: the owner may have chosen the other one', async () => {
  const made = await office();
  const filter = { etherType: 0x0800, udpPort: 67 };
  const other = await made.lan.host(parseMac('02:00:00:00:00:fe')).open('eth0', filter, ({ payload }) => {
    const question = decodeMessage(decodeUdpPacket(payload, true).payload);
    const source = parseIpv4('192.168.77.254');
    const offer = { ...question, op: 2, options: { messageType: 2, serverId: source } };
    const ports = { sourcePort: 67, destination: BROADCAST, destinationPort: 68 };
    other.send(BROADCAST_MAC, encodeUdpPacket({ source, ...ports, payload: encodeMessage(offer) }));
  });
  await made.clock.advance(Seconds(5));
  assert.equal(made.others.at(-1)?.length, 1);
  made.server?.stop();
  assert.deepEqual(made.others.at(-1), []);
});

/** A datagram to the server that says nothing. */
const HEADERS = Uint8Array.of(
  ...fromHex('45000028000000004011000000000000ffffffff00440043'),
  ...new Uint8Array(300),
);

test('damaged packets and packets for others are dropped and counted', async () => {
  const made = await office();
  const stranger = await made.lan
    .host(parseMac('02:00:00:00:99:99'))
    .open('eth0', { etherType: 0x0800 }, () => {});
  stranger.send(BROADCAST_MAC, HEADERS);
  await made.settle();
  assert.deepEqual(made.server?.counters, { received: 1, dropped: 1, sent: 0 });
});

test('a flood is thinned out before it reaches the server, and no longer than it lasts', async () => {
  const made = await office();
  const stranger = await made.lan
    .host(parseMac('02:00:00:00:99:99'))
    .open('eth0', { etherType: 0x0800 }, () => {});
  const flood = async (packets: number): Promise<void> => {
    for (let sent = 0; sent < packets; sent++) stranger.send(BROADCAST_MAC, HEADERS);
    await Promise.resolve();
    await made.clock.advance(READ_WINDOW);
  };
  await flood(MAX_SAVED);
  assert.deepEqual(made.lan.thinned, []);
  await flood(MAX_READ + 1);
  assert.deepEqual(made.lan.thinned, [2, 1]);
  await made.clock.advance(READ_WINDOW);
  assert.deepEqual(made.lan.thinned, [2, 1, 0]);
  await made.clock.advance(Hours(1));
  assert.deepEqual(made.lan.thinned, [2, 1, 0]);
});

test('a port or a device that is not to be had is refused with its name, and nothing is left open', async () => {
  const made = new Office();
  const holder = await made.ports.udp.bind({ address: ADDRESS.address, port: 67 }, () => {});
  await assert.rejects(made.start(), (error) => error instanceof KernelError && error.errno === 'EADDRINUSE');
  holder.close();
  const settings = { device: 'lan9', server: options() };
  const silent = { onLease: () => {}, onLeaseEnd: () => {}, onWarning: () => {}, onOtherServers: () => {} };
  await assert.rejects(
    startDhcp4Server(settings, made.ports, silent),
    (error) => error instanceof KernelError && error.errno === 'ENODEV',
  );
  await made.start();
});

/** What can happen in an office, to one of its stations or to the box. */
const ACTIONS: Readonly<Record<string, (made: Office, station: FakeStation, minutes: number) => unknown>> = {
  discover: (_, station) => station.discover(),
  renew: (_, station) => station.renew(),
  rebind: (_, station) => station.renew(true),
  reboot: (_, station) => station.reboot(),
  release: (_, station) => station.release(),
  decline: (_, station) => station.decline(),
  pause: (made, _, minutes) => made.clock.advance(Minutes(minutes)),
  restart: (made) => made.restart(),
  // In the middle of what the last step began: between probe and record.
  cut: async (made, _, minutes) => {
    await made.clock.advance(Milliseconds(498 + (minutes % 10)));
    await made.restart();
  },
};

const history = fc.array(
  fc.tuple(fc.constantFrom('discover', ...Object.keys(ACTIONS)), fc.nat(7), fc.integer({ min: 1, max: 40 })),
  { minLength: 5, maxLength: 60 },
);
type Step = readonly [string, number, number];

async function act(made: Office, [what, n, minutes]: Step): Promise<void> {
  const station = made.stations[n];
  const action = ACTIONS[what];
  assert.ok(station && action);
  await action(made, station, minutes);
  if (minutes > 20) await made.settle();
}

test('no address is ever held by two stations, whatever they do, with frames lost and the box cut off at any time', async () => {
  await fc.assert(
    fc.asyncProperty(history, fc.nat(), async (steps, seed) => {
      // Five addresses for eight stations: they are given again and again.
      const made = await office(
        options({ first: parseIpv4('192.168.77.1'), last: parseIpv4('192.168.77.6') }),
      );
      const random = new FakeRandom(seed);
      made.lan.loses = () => random.below(8) === 0;
      for (let n = 1; n <= 8; n++) (await made.station(n)).answersPings = n % 2 === 0;
      for (const step of steps) {
        await act(made, step);
        assertSound(made);
      }
    }),
    { numRuns: 100 },
  );
});

test('a station gets the same address for ever while there are enough, over releases, pauses and restarts', async () => {
  const kept = history.map((steps) => steps.filter(([what]) => !['decline', 'cut'].includes(what)));
  await fc.assert(
    fc.asyncProperty(kept, async (steps) => {
      const made = await office();
      for (let n = 1; n <= 8; n++) await made.station(n);
      const first = new Map<Mac, Ipv4>();
      for (const step of steps) {
        await act(made, step);
        await made.settle();
        for (const { mac, held } of made.stations) {
          if (held === undefined) continue;
          assert.equal(held.address, first.get(mac) ?? held.address);
          first.set(mac, held.address);
        }
      }
    }),
    { numRuns: 40 },
  );
});
