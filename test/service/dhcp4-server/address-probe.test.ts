import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Milliseconds } from '../../../src/base/duration.ts';
import { KernelError } from '../../../src/base/errors.ts';
import { Ipv4, ipv4Bytes, parseIpv4 } from '../../../src/base/ipv4.ts';
import { BROADCAST_MAC, type Mac, macBytes, parseMac } from '../../../src/base/mac.ts';
import {
  AddressProbe,
  PROBE_TIMEOUT,
  type ProbePorts,
} from '../../../src/service/dhcp4-server/address-probe.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeLan } from '../../fake/fake-lan.ts';

const BOX = parseMac('02:00:00:00:77:01');
const HOST = parseMac('02:00:00:00:00:20');
const ADDRESS = parseIpv4('192.168.77.20');
const PLACE = { device: 'lan0', source: parseIpv4('192.168.77.1') };
const NOBODY: ReadonlySet<Mac> = new Set();

class Wire {
  readonly clock = new FakeClock();
  readonly lan = new FakeLan();
  readonly told: string[] = [];
  readonly ports: ProbePorts = {
    packet: this.lan.host(BOX, 'lan0'),
    icmp: this.lan.icmp(this.clock),
    clock: this.clock,
  };
  readonly probe: AddressProbe;

  constructor(ports: Partial<ProbePorts> = {}) {
    this.probe = new AddressProbe({ ...this.ports, ...ports }, (text) => void this.told.push(text));
  }

  /** A host that answers ARP for `address`, from its second question on if it is slow. */
  async host(address = ADDRESS, slow = false): Promise<void> {
    let asked = 0;
    const socket = await this.lan.host(HOST).open('eth0', { etherType: 0x0806 }, ({ payload, source }) => {
      const isAsked = ipv4Bytes(address).every((byte, index) => byte === payload[24 + index]);
      if (!isAsked || payload[7] !== 1 || (slow && asked++ === 0)) return;
      const reply = [
        0,
        1,
        8,
        0,
        6,
        4,
        0,
        2,
        ...macBytes(HOST),
        ...ipv4Bytes(address),
        ...payload.subarray(8, 18),
      ];
      socket.send(source, Uint8Array.from(reply));
    });
  }

  async ask(
    address = ADDRESS,
    ignore: ReadonlySet<Mac> | 'all' = NOBODY,
  ): Promise<{ inUse: boolean; by: Mac | undefined }> {
    const outcome = this.probe.probe(address, PLACE, ignore);
    await this.clock.advance(PROBE_TIMEOUT);
    return await outcome;
  }
}

test('AddressProbe.probe() finds nobody after PROBE_TIMEOUT and lets go of its socket and timers', async () => {
  const wire = new Wire();
  assert.deepEqual(await wire.ask(), { inUse: false, by: undefined });
  await wire.clock.settle();
  assert.equal(wire.lan.sockets, 0);
  assert.equal(wire.clock.pending, 0);
});

test('AddressProbe.probe() finds a host that answers no ping by ARP at once, and who it is', async () => {
  const wire = new Wire();
  await wire.host();
  const outcome = wire.probe.probe(ADDRESS, PLACE, NOBODY);
  await wire.clock.settle();
  assert.deepEqual(await outcome, { inUse: true, by: HOST });
});

test('AddressProbe.probe() asks a second time, for a frame may be lost', async () => {
  const wire = new Wire();
  await wire.host(ADDRESS, true);
  assert.deepEqual(await wire.ask(), { inUse: true, by: HOST });
});

test('AddressProbe.probe() asks under the box’s own addresses, so that the answer finds back (RFC 826)', async () => {
  const wire = new Wire();
  await wire.ask();
  const [request] = wire.lan.frames;
  assert.equal(request?.destination, BROADCAST_MAC);
  assert.deepEqual(
    [...(request?.payload.subarray(0, 18) ?? [])],
    [0, 1, 8, 0, 6, 4, 0, 1, ...macBytes(BOX), 192, 168, 77, 1],
  );
});

test('AddressProbe.probe() believes a ping that is answered without ARP', async () => {
  const wire = new Wire();
  wire.lan.answering.add(ADDRESS);
  assert.deepEqual(await wire.ask(), { inUse: true, by: undefined });
});

test('AddressProbe.probe() says by ARP who answered the ping', async () => {
  const wire = new Wire();
  wire.lan.answering.add(ADDRESS);
  await wire.host(ADDRESS, false);
  assert.deepEqual(await wire.ask(), { inUse: true, by: HOST });
});

test('AddressProbe.probe() does not hear who is to be ignored', async () => {
  const wire = new Wire();
  await wire.host();
  assert.deepEqual(await wire.ask(ADDRESS, new Set([HOST])), { inUse: false, by: undefined });
  assert.deepEqual(await wire.ask(ADDRESS, 'all'), { inUse: false, by: undefined });
});

test('AddressProbe.probe() asks about many addresses at the same time, and once about each', async () => {
  const wire = new Wire();
  await wire.host();
  const addresses = Array.from({ length: 50 }, (_, index) => Ipv4(ADDRESS + index));
  const outcomes = [...addresses, ADDRESS].map((address) => wire.probe.probe(address, PLACE, NOBODY));
  await wire.clock.advance(Milliseconds(100));
  assert.equal(wire.lan.frames.filter(({ source }) => source === BOX).length, 50);
  await wire.clock.advance(PROBE_TIMEOUT);
  const found = await Promise.all(outcomes);
  assert.deepEqual(
    found.flatMap(({ inUse }, index) => (inUse ? [index] : [])),
    [0, 50],
  );
});

test('AddressProbe.probe() tells once when it cannot ask, and counts the address as unused', async () => {
  const refuse = (): Promise<never> => Promise.reject(new KernelError('ask', 'EPERM'));
  const wire = new Wire({ packet: { open: refuse }, icmp: { echo: refuse } });
  assert.deepEqual(await wire.ask(), { inUse: false, by: undefined });
  assert.deepEqual(await wire.ask(), { inUse: false, by: undefined });
  assert.equal(wire.told.length, 2);
  assert.match(wire.told.join(), /without a check by ARP: .*without a check by ping: /);
});

test('AddressProbe drops ARP that is damaged', async () => {
  const wire = new Wire();
  const stranger = await wire.lan.host(HOST).open('eth0', { etherType: 0x0806 }, () => {});
  const outcome = wire.probe.probe(ADDRESS, PLACE, NOBODY);
  await wire.clock.settle();
  stranger.send(BROADCAST_MAC, Uint8Array.of(0, 1, 8, 0, 6, 4));
  await wire.clock.advance(PROBE_TIMEOUT);
  assert.equal((await outcome).inUse, false);
});
