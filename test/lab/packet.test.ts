import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync, readdirSync } from 'node:fs';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { KernelError } from '../../src/base/errors.ts';
import { type Ipv4, UNSPECIFIED, parseIpv4 } from '../../src/base/ipv4.ts';
import { BROADCAST_MAC, parseMac } from '../../src/base/mac.ts';
import { utf8 } from '../../src/base/text.ts';
import { LinuxPacketPort } from '../../src/io/linux/packet.ts';
import { MAX_UNHANDLED_PACKETS } from '../../src/io/linux/packet-protocol.ts';
import type { PacketFilter, PacketSocket, ReceivedPacket } from '../../src/port/packet.ts';
import { ARP, decodeArp, encodeArp } from '../../src/wire/arp/message.ts';
import { decodeUdpPacket, encodeUdpPacket } from '../../src/wire/ipv4/udp.ts';
import { inOwnNetwork } from './own-network.ts';

const MAC_A = parseMac('02:00:00:00:00:0a');
const MAC_B = parseMac('02:00:00:00:00:0b');
/** About as many packets as are taken in one turn, and more than are read ahead of who takes them. */
const BURSTS = [1, 1, 2, 63, 64, 65, 1, 1, 1, 128, 700, 1, 1500, 3, 1, 1];
const DHCP: PacketFilter = { etherType: 0x0800, udpPort: 67 };

function ip(...args: string[]): void {
  execFileSync('ip', args);
}

/** Packets in order of arrival, to be awaited one by one. */
class Inbox {
  readonly #arrived: ReceivedPacket[] = [];
  #wake: () => void = () => {};
  readonly take = (packet: ReceivedPacket): void => {
    this.#arrived.push(packet);
    this.#wake();
  };

  async next(): Promise<ReceivedPacket> {
    for (;;) {
      const packet = this.#arrived.shift();
      if (packet !== undefined) return packet;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

function udp(port: number, text: string): Uint8Array {
  return encodeUdpPacket({
    source: parseIpv4('192.0.2.1'),
    sourcePort: 68,
    destination: parseIpv4('192.0.2.2'),
    destinationPort: port,
    payload: utf8(text),
  });
}

/** About the address with this number. */
function question(target: number): Uint8Array {
  const nobody = { senderMac: MAC_A, senderAddress: UNSPECIFIED, targetMac: parseMac('00:00:00:00:00:00') };
  return encodeArp({ ...nobody, operation: ARP.REQUEST, targetAddress: target as Ipv4 });
}

/** Octets that wait in the buffers of the packet sockets of this namespace. */
function unread(): number {
  const lines = readFileSync('/proc/self/net/packet', 'latin1').trim().split('\n').slice(1);
  return lines.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[6]), 0);
}

/** Blocks this thread, so that the other reads as far ahead of it as it may. */
function untilNoneIsRead(): void {
  for (let [before, same] = [-1, 0]; same < 2000;) {
    const now = unread();
    same = now === before ? same + 1 : 0;
    before = now;
  }
}

function textOf(packet: ReceivedPacket): string {
  return Buffer.from(decodeUdpPacket(packet.payload, packet.checksumReady).payload).toString();
}

inOwnNetwork(import.meta.filename, () => {
  const changes: (string | undefined)[] = [];
  let changed: () => void = () => {};
  const port = new LinuxPacketPort({
    onDevice: (device, error) => {
      changes.push(`${device} ${error?.errno ?? 'up'}`);
      changed();
    },
  });
  const open = async (device: string, filter: PacketFilter): Promise<[PacketSocket, Inbox]> => {
    const inbox = new Inbox();
    return [await port.open(device, filter, inbox.take), inbox];
  };
  const change = async (wanted: string): Promise<void> => {
    while (changes.at(-1) !== wanted) await new Promise<void>((resolve) => (changed = resolve));
  };

  before(() => {
    ip('link', 'set', 'lo', 'up');
    ip('link', 'add', 'va', 'address', MAC_A, 'type', 'veth', 'peer', 'name', 'vb', 'address', MAC_B);
    for (const device of ['va', 'vb']) ip('link', 'set', device, 'up');
  });
  after(() => port.close());

  test('a frame to all and one to the device arrive with both addresses and a checksum that can be checked', async () => {
    const [a] = await open('va', DHCP);
    const [b, inbox] = await open('vb', DHCP);
    a.send(BROADCAST_MAC, udp(67, 'to all'));
    a.send(MAC_B, udp(67, 'to one'));
    const [toAll, toOne] = [await inbox.next(), await inbox.next()];
    assert.deepEqual([toAll.source, toAll.destination, textOf(toAll)], [MAC_A, BROADCAST_MAC, 'to all']);
    assert.deepEqual([toOne.source, toOne.destination, textOf(toOne)], [MAC_A, MAC_B, 'to one']);
    assert.deepEqual([toAll.checksumReady, toOne.checksumReady], [true, true]);
    assert.deepEqual([a.mac, b.mac], [MAC_A, MAC_B]);
    a.close();
    b.close();
  });

  test('the filter lets through only whole IPv4 datagrams for its UDP port and for this host', async () => {
    const [a] = await open('va', DHCP);
    const [b, inbox] = await open('vb', DHCP);
    const fragment = udp(67, 'fragment');
    fragment[6] = 0x20;
    const tcp = udp(67, 'tcp');
    tcp[9] = 6;
    a.send(MAC_B, udp(53, 'other port'));
    a.send(MAC_B, fragment);
    a.send(MAC_B, tcp);
    a.send(parseMac('02:00:00:00:00:99'), udp(67, 'other host'));
    a.send(MAC_B, Uint8Array.of(0x45));
    a.send(MAC_B, udp(67, 'wanted'));
    assert.equal(textOf(await inbox.next()), 'wanted');
    a.close();
    b.close();
  });

  test('a socket that is thinned hears few, another for the rest hears all of it, and the first all again when it is not', async () => {
    const [a] = await open('va', DHCP);
    const oneOf = [{ offset: 0, mask: 0xffff_ffff, value: 0x6b65_6570 }];
    const [keeper, kept] = await open('vb', { ...DHCP, words: { part: 'with', oneOf } });
    const [b, inbox] = await open('vb', { ...DHCP, words: { part: 'without', oneOf } });
    const send = (text: string): void => {
      for (let sent = 0; sent < 256; sent++) a.send(MAC_B, udp(67, text));
    };
    b.thin(6);
    send('by chance');
    send('keep');
    for (let count = 0; count < 256; count++) assert.equal(textOf(await kept.next()), 'keep');
    b.thin(0);
    a.send(MAC_B, udp(67, 'done'));
    let few = 0;
    while (textOf(await inbox.next()) !== 'done') few++;
    // 64 or more of 256 by chances of 1 in 64: once in 10^40.
    assert.ok(few < 64, `${few}`);
    send('all of them');
    for (let count = 0; count < 256; count++) assert.equal(textOf(await inbox.next()), 'all of them');
    a.close();
    b.close();
    keeper.close();
  });

  test('ARP is sent and received by its EtherType', async () => {
    const [a] = await open('va', { etherType: 0x0806 });
    const [b, inbox] = await open('vb', { etherType: 0x0806 });
    const question = {
      operation: ARP.REQUEST,
      senderMac: MAC_A,
      senderAddress: parseIpv4('0.0.0.0'),
      targetMac: parseMac('00:00:00:00:00:00'),
      targetAddress: parseIpv4('192.0.2.9'),
    };
    a.send(BROADCAST_MAC, encodeArp(question));
    assert.deepEqual(decodeArp((await inbox.next()).payload), question);
    a.close();
    b.close();
  });

  test('a datagram whose checksum the kernel left to the virtual hardware says so', async () => {
    ip('addr', 'add', '192.0.2.1/24', 'dev', 'va');
    ip('neigh', 'replace', '192.0.2.2', 'lladdr', MAC_B, 'dev', 'va');
    const [b, inbox] = await open('vb', DHCP);
    const socket = createSocket('udp4');
    socket.send('from the kernel', 67, '192.0.2.2');
    const packet = await inbox.next();
    assert.equal(packet.checksumReady, false);
    assert.equal(textOf(packet), 'from the kernel');
    socket.close();
    b.close();
  });

  test('a device that does not exist is refused with ENODEV', async () => {
    await assert.rejects(
      port.open('nowhere0', DHCP, () => {}),
      (error) =>
        error instanceof KernelError && error.errno === 'ENODEV' && error.message.includes('nowhere0'),
    );
  });

  test('a device that goes down is reported once, and carries packets again when it is up', async () => {
    const [a] = await open('va', DHCP);
    const [b, inbox] = await open('vb', DHCP);
    const [second] = await open('vb', { etherType: 0x0806 });
    ip('link', 'set', 'vb', 'down');
    await change('vb ENETDOWN');
    ip('link', 'set', 'vb', 'up');
    await change('vb up');
    a.send(MAC_B, udp(67, 'again'));
    assert.equal(textOf(await inbox.next()), 'again');
    assert.deepEqual(changes, ['vb ENETDOWN', 'vb up']);
    for (const socket of [a, b, second]) socket.close();
  });

  test('a device that was removed and made anew under another number carries packets again', async () => {
    ip('link', 'add', 'vc', 'type', 'veth', 'peer', 'name', 'vd', 'address', MAC_B);
    for (const device of ['vc', 'vd']) ip('link', 'set', device, 'up');
    const [d, inbox] = await open('vd', DHCP);
    ip('link', 'del', 'vd');
    await change('vd ENETDOWN');
    ip('link', 'add', 'vc', 'type', 'veth', 'peer', 'name', 'vd', 'address', MAC_B);
    for (const device of ['vc', 'vd']) ip('link', 'set', device, 'up');
    await change('vd up');
    const [c] = await open('vc', DHCP);
    c.send(MAC_B, udp(67, 'new number'));
    assert.equal(textOf(await inbox.next()), 'new number');
    c.close();
    d.close();
  });

  test('1000 packets in a row arrive, in order', async () => {
    const [a] = await open('va', DHCP);
    const [b, inbox] = await open('vb', DHCP);
    for (let sent = 0; sent < 1000; sent += 100) {
      for (let i = sent; i < sent + 100; i++) a.send(MAC_B, udp(67, `${i}`));
      for (let i = sent; i < sent + 100; i++) assert.equal(textOf(await inbox.next()), `${i}`);
    }
    a.close();
    b.close();
  });

  test('packets in bursts and trickles arrive all and in order, beside those of another socket, and questions are answered meanwhile', async () => {
    const [a] = await open('va', DHCP);
    const [b, inbox] = await open('vb', DHCP);
    const [asker] = await open('va', { etherType: 0x0806 });
    const [second, heard] = await open('vb', { etherType: 0x0806 });
    let [sent, received] = [0, 0];
    const send = (): void => a.send(MAC_B, udp(67, `${sent++}`));
    /** Leaves so many of them where they are, in the kernel or on their way. */
    const receive = async (left: number): Promise<void> => {
      for (; received < sent - left; received++) assert.equal(textOf(await inbox.next()), `${received}`);
    };
    const asked: number[] = [];
    for (let round = 0; round < 2; round++) {
      for (const [index, burst] of BURSTS.entries()) {
        for (let i = 0; i < burst; i++) send();
        asked.push(sent);
        asker.send(BROADCAST_MAC, question(sent));
        if (index % 2 === 1) await port.alive();
        if (burst > MAX_UNHANDLED_PACKETS) untilNoneIsRead();
        // Never more than the socket's buffer holds besides the longest burst.
        await receive([0, 1, 100][index % 3] ?? 0);
      }
      for (let trickle = 0; trickle < 1000; trickle++) {
        send();
        await new Promise((resolve) => setImmediate(resolve));
        await receive(100);
      }
      await receive(0);
    }
    for (const target of asked)
      assert.equal(decodeArp((await heard.next()).payload).targetAddress, target, `question after ${target}`);
    for (const socket of [a, b, asker, second]) socket.close();
  });

  test('a process that ends does not wait for the sleeping worker', () => {
    const module = new URL('../../src/io/linux/packet.ts', import.meta.url).href;
    const program = `
      import { LinuxPacketPort } from ${JSON.stringify(module)};
      await new LinuxPacketPort().open('vb', { etherType: 0x0806 }, () => {});
      process.exit(7);`;
    const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      timeout: 20_000,
    });
    assert.equal(status, 7);
  });

  test('the worker thread sleeps while nothing arrives', async () => {
    const [b] = await open('vb', DHCP);
    const before = wakeUps();
    await new Promise((resolve) => setTimeout(resolve, 300));
    // A poll that looks around even ten times a second would show; a safepoint of the collector is one.
    assert.ok(wakeUps() - before < 3, `${wakeUps() - before} wake-ups`);
    b.close();
  });
});

/** How often the kernel gave the thread called `packet` the processor. */
function wakeUps(): number {
  const threads = readdirSync('/proc/self/task').map((id) => `/proc/self/task/${id}`);
  const worker = threads.find((path) => readFileSync(`${path}/comm`, 'latin1').trim() === 'packet');
  assert.ok(worker);
  const status = readFileSync(`${worker}/status`, 'latin1');
  return Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status)?.[1] ?? Number.NaN);
}
