import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hours, Minutes, Seconds } from '../../../src/base/duration.ts';
import { BROADCAST, type Ipv4, UNSPECIFIED, formatIpv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { BROADCAST_MAC, type Mac, macFromBytes, parseMac } from '../../../src/base/mac.ts';
import { MAX_OTHER_SERVERS } from '../../../src/engine/dhcp4-server/other-servers.ts';
import type { PacketSocket } from '../../../src/port/packet.ts';
import { ASK_INTERVAL, OtherServerWatch } from '../../../src/service/dhcp4-server/other-server-watch.ts';
import { type Dhcp4Message, decodeMessage, encodeMessage } from '../../../src/wire/dhcp4/message.ts';
import { decodeUdpPacket, encodeUdpPacket } from '../../../src/wire/ipv4/udp.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeLan } from '../../fake/fake-lan.ts';
import { FakeRandom } from '../../fake/fake-random.ts';

const OWN = parseIpv4('192.168.77.1');
const OTHER = parseIpv4('192.168.77.254');
const OTHER_MAC = parseMac('02:00:00:00:00:fe');

/** The box on a wire with another DHCP server. */
class Lan {
  readonly clock = new FakeClock();
  readonly wire = new FakeLan();
  /** Each list told, as texts. */
  readonly told: string[] = [];
  readonly discovers: Dhcp4Message[] = [];
  readonly watch: OtherServerWatch;
  /** Whether the other server answers. */
  answers = true;
  #server: PacketSocket | undefined;

  constructor() {
    const packet = this.wire.host(parseMac('02:00:00:00:77:01'), 'lan0');
    const ports = { packet, clock: this.clock, random: new FakeRandom(3) };
    this.watch = new OtherServerWatch(ports, OWN, (servers) => {
      this.told.push(servers.map(({ address, mac }) => `${formatIpv4(address)} ${mac ?? '-'}`).join(', '));
    });
  }

  async start(): Promise<this> {
    const filter = { etherType: 0x0800, udpPort: 67 };
    this.#server = await this.wire.host(OTHER_MAC).open('eth0', filter, ({ payload }) => {
      const message = decodeMessage(decodeUdpPacket(payload, true).payload);
      this.discovers.push(message);
      if (this.answers) this.say(2, OTHER, message);
    });
    await this.watch.open('lan0', OWN);
    return this;
  }

  say(messageType: number, serverId: Ipv4, to: Partial<Dhcp4Message> = {}, socket = this.#server): void {
    const none = UNSPECIFIED;
    const empty = new Uint8Array(0);
    const fixed = { op: 2, htype: 1, hops: 0, xid: 1, secs: 0, broadcast: true };
    const addresses = { ciaddr: none, yiaddr: none, siaddr: none, giaddr: none };
    const fields = { chaddr: new Uint8Array(6), sname: empty, file: empty };
    const message = { ...fixed, ...addresses, ...fields, ...to, op: 2, options: { messageType, serverId } };
    const ports = { sourcePort: 67, destination: BROADCAST, destinationPort: 68 };
    const payload = encodeMessage(message);
    socket?.send(BROADCAST_MAC, encodeUdpPacket({ source: serverId, ...ports, payload }));
  }

  /** A frame of another server from the given MAC address. */
  async sayAs(mac: Mac, serverId: Ipv4, to: Partial<Dhcp4Message> = {}): Promise<void> {
    const socket = await this.wire.host(mac).open('eth0', { etherType: 0x0800, udpPort: 67 }, () => {});
    this.say(5, serverId, to, socket);
    socket.close();
    await this.clock.settle();
  }
}

test('OtherServerWatch asks soon after the start and finds another server with its address and MAC address', async () => {
  const lan = await new Lan().start();
  await lan.clock.advance(Seconds(5));
  assert.deepEqual(lan.told, [`${formatIpv4(OTHER)} ${OTHER_MAC}`]);
});

test('OtherServerWatch asks as one made-up device, to all, and never takes an offer', async () => {
  const lan = await new Lan().start();
  await lan.clock.advance(Hours(3));
  const [first] = lan.discovers;
  assert.ok(first && lan.discovers.length >= 12);
  for (const message of lan.discovers) {
    assert.equal(message.options.messageType, 1);
    assert.equal(message.broadcast, true);
    assert.deepEqual(message.chaddr, first.chaddr);
    assert.ok(lan.watch.isOwn(message));
  }
  assert.equal((first.chaddr[0] ?? 0) & 3, 2, 'locally administered, not a group');
  assert.equal(new Set(lan.discovers.map(({ xid }) => xid)).size, lan.discovers.length);
  assert.equal(lan.told.length, 1, 'what is known is not told again');
});

test('OtherServerWatch asks about every ten minutes, not at the same moment each time', async () => {
  const lan = await new Lan().start();
  const times: number[] = [];
  for (let minute = 0; minute < 300; minute++) {
    const before = lan.discovers.length;
    await lan.clock.advance(Minutes(1));
    if (lan.discovers.length > before) times.push(minute);
  }
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  assert.ok(
    gaps.every((gap) => Math.abs(gap - ASK_INTERVAL / 60_000) <= 3),
    gaps.join(),
  );
  assert.ok(new Set(gaps).size > 1);
});

test('OtherServerWatch says that a server is gone when it has been silent for GONE_AFTER', async () => {
  const lan = await new Lan().start();
  await lan.clock.advance(Minutes(30));
  lan.answers = false;
  await lan.clock.advance(Minutes(30));
  assert.equal(lan.told.length, 1);
  await lan.clock.advance(Minutes(30));
  assert.deepEqual(lan.told.slice(1), ['']);
});

test('OtherServerWatch hears OFFER, ACK and NAK that go to all', async () => {
  for (const type of [2, 5, 6]) {
    const lan = await new Lan().start();
    lan.say(type, OTHER);
    await lan.clock.settle();
    assert.deepEqual(lan.told, [`${formatIpv4(OTHER)} ${OTHER_MAC}`]);
  }
});

test('OtherServerWatch takes a client’s word for a server, asks soon, and then knows its MAC address', async () => {
  const lan = await new Lan().start();
  lan.answers = false;
  await lan.clock.advance(Minutes(1));
  lan.answers = true;
  lan.watch.named(OTHER);
  assert.deepEqual(lan.told, [`${formatIpv4(OTHER)} -`]);
  await lan.clock.advance(Seconds(5));
  assert.deepEqual(lan.told.slice(1), [`${formatIpv4(OTHER)} ${OTHER_MAC}`]);
});

test('OtherServerWatch asks at most twice a minute however many servers clients name', async () => {
  const lan = await new Lan().start();
  await lan.clock.advance(Minutes(1));
  const before = lan.discovers.length;
  for (let second = 0; second < 60; second++) {
    lan.watch.named((OTHER - second) as Ipv4);
    await lan.clock.advance(Seconds(1));
  }
  assert.ok(lan.discovers.length - before <= 3);
});

test('OtherServerWatch does not take its own server’s replies passed on by a relay for those of another', async () => {
  const lan = await new Lan().start();
  lan.answers = false;
  await lan.sayAs(parseMac('02:00:00:00:00:aa'), OWN, { giaddr: parseIpv4('192.168.77.250') });
  assert.deepEqual(lan.told, []);
});

test('OtherServerWatch finds a server that goes by the address of the box, by its MAC address', async () => {
  const lan = await new Lan().start();
  lan.answers = false;
  await lan.sayAs(parseMac('02:00:00:00:77:01'), OWN);
  assert.deepEqual(lan.told, []);
  await lan.sayAs(parseMac('02:00:00:00:00:aa'), OWN);
  assert.deepEqual(lan.told, [`${formatIpv4(OWN)} 02:00:00:00:00:aa`]);
});

test('OtherServerWatch lists MAX_OTHER_SERVERS at most, and tells of no more', async () => {
  const lan = await new Lan().start();
  for (let n = 0; n < 40; n++)
    await lan.sayAs(macFromBytes(Uint8Array.of(2, 0, 0, 0, 1, n)), (OTHER - n) as Ipv4);
  assert.equal(lan.told.length, MAX_OTHER_SERVERS);
  assert.equal(lan.told.at(-1)?.split(', ').length, MAX_OTHER_SERVERS);
});

test('OtherServerWatch drops what is damaged, and lets go of everything when it is closed', async () => {
  const lan = await new Lan().start();
  const header = [0x45, 0, 0, 40, 0, 0, 0, 0, 64, 17, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0, 67, 0, 68];
  const socket = await lan.wire.host(OTHER_MAC).open('eth0', { etherType: 0x0800 }, () => {});
  socket.send(BROADCAST_MAC, Uint8Array.from(header));
  await lan.clock.settle();
  lan.watch.close();
  assert.equal(lan.clock.pending, 0);
  await lan.clock.advance(Hours(1));
  assert.deepEqual(lan.told, []);
});
