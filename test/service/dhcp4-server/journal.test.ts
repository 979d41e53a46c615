import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hours, Minutes, Seconds } from '../../../src/base/duration.ts';
import { type Ipv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { type Mac, macFromBytes, parseMac } from '../../../src/base/mac.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import type { Files } from '../../../src/port/files.ts';
import { type Dhcp4Server, startDhcp4Server } from '../../../src/service/dhcp4-server/dhcp4-server.ts';
import { openLeaseJournal } from '../../../src/service/lease-journal.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeLan } from '../../fake/fake-lan.ts';
import { FakeNetwork } from '../../fake/fake-network.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { FakeStation } from '../../fake/fake-station.ts';
import { FaultyFiles } from '../../fake/faulty-files.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { MemoryLog } from '../../fake/memory-log.ts';

// The server with its journal on a disk, and stations that behave as clients do.

const ADDRESS = parsePrefix4('192.168.77.1/24');

class Office {
  readonly clock = new FakeClock();
  readonly lan = new FakeLan();
  readonly stations: FakeStation[] = [];
  readonly #packet = this.lan.host(parseMac('02:00:00:00:77:01'), 'lan0');
  #server: Dhcp4Server | undefined;

  /** Starts the box with what is on the disk. */
  async start(files: Files): Promise<void> {
    this.#server?.stop();
    const { clock } = this;
    const journal = await openLeaseJournal({ files, clock, random: new FakeRandom(1), log: new MemoryLog() });
    const { udp } = new FakeNetwork(clock).host(ADDRESS.address);
    const icmp = this.lan.icmp(clock);
    const server = {
      server: ADDRESS,
      pool: { first: parseIpv4('192.168.77.2'), last: parseIpv4('192.168.77.254') },
      exclude: [],
      reservations: [],
      leaseTime: Hours(12),
      routers: [ADDRESS.address],
      dnsServers: [ADDRESS.address],
      timeServers: [],
      domain: 'office.example',
      custom: new Map<number, Uint8Array>(),
    };
    this.#server = await startDhcp4Server(
      { device: 'lan0', server },
      { packet: this.#packet, icmp, udp, clock, random: new FakeRandom(2), journal },
      { onLease: () => {}, onLeaseEnd: () => {}, onWarning: () => {}, onOtherServers: () => {} },
    );
  }

  async plugIn(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      const mac = macFromBytes(Uint8Array.of(2, 0, 0, 1, 0, n));
      const station = new FakeStation(this.lan, this.clock, mac, `pc${n}`);
      await station.plugIn();
      this.stations.push(station);
      station.discover();
    }
    await this.clock.advance(Seconds(3));
  }

  bindings(): ReadonlyMap<Ipv4, Mac | undefined> {
    return new Map(this.#server?.leases().map(({ address, mac }) => [address, mac]));
  }

  held(): ReadonlyMap<Ipv4, Mac> {
    return new Map(
      this.stations.flatMap(({ held, mac }) => (held === undefined ? [] : [[held.address, mac]])),
    );
  }
}

test('250 clients that renew for a day write nothing', async () => {
  const made = new Office();
  const files = new FaultyFiles(new MemoryFiles());
  await made.start(files);
  await made.plugIn(250);
  assert.equal(made.held().size, 250);
  const before = files.steps;
  // Each at half its lease, four times; then the day is over.
  for (let quarter = 0; quarter < 4; quarter++) {
    await made.clock.advance(Hours(5));
    for (const station of made.stations) {
      station.renew();
      await made.clock.advance(Seconds(14));
    }
    await made.clock.advance(Seconds(100));
  }
  assert.equal(made.held().size, 250, 'all were renewed');
  assert.equal(files.steps, before);
});

test('the journal replayed gives every client the address it has', async () => {
  const made = new Office();
  const files = new MemoryFiles();
  await made.start(files);
  await made.plugIn(100);
  for (const station of made.stations.slice(0, 20)) station.release();
  await made.clock.advance(Seconds(1));
  const before = made.bindings();
  await made.start(files);
  assert.deepEqual(made.bindings(), before);
  assert.deepEqual(made.held(), before);
  for (const station of made.stations.slice(0, 20)) station.discover();
  await made.clock.advance(Seconds(2));
  assert.equal(made.held().size, 100);
  assert.deepEqual(made.bindings(), made.held());
});

test('after the loss of the journal renewals and reboots of clients rebuild it', async () => {
  const made = new Office();
  await made.start(new MemoryFiles());
  await made.plugIn(30);
  const before = made.held();
  const fresh = new MemoryFiles();
  await made.start(fresh);
  assert.equal(made.bindings().size, 0);
  await made.clock.advance(Hours(6));
  for (const [n, station] of made.stations.entries()) {
    if (n % 3 === 0) station.renew();
    else if (n % 3 === 1) station.renew(true);
    else station.reboot();
  }
  await made.clock.advance(Seconds(2));
  assert.deepEqual(made.held(), before);
  assert.deepEqual(made.bindings(), before);
  await made.start(fresh);
  assert.deepEqual(made.bindings(), before);
});

test('after the loss of the journal a new client gets no address that another still uses', async () => {
  const made = new Office();
  await made.start(new MemoryFiles());
  await made.plugIn(20);
  for (const station of made.stations) station.answersPings = false;
  const before = made.held();
  await made.start(new MemoryFiles());
  const late = new FakeStation(made.lan, made.clock, parseMac('02:00:00:00:99:99'), 'late');
  await late.plugIn();
  for (let tries = 0; tries < 4; tries++) {
    late.discover();
    await made.clock.advance(Minutes(1));
  }
  assert.ok(late.held !== undefined && !before.has(late.held.address));
});
