import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { packetFilterProgram } from '../../../src/io/linux/packet-filter.ts';
import type { PacketFilter } from '../../../src/port/packet.ts';

/** `skb->pkt_type`: for this host, for all, for a group, for another host, our own. */
const TYPE = { host: 0, broadcast: 1, multicast: 2, otherHost: 3, outgoing: 4 } as const;

interface Machine {
  readonly data: DataView;
  readonly type: number;
  readonly random: number;
  index: number;
  accumulator: number;
}

/** What goes into the accumulator by opcode (linux/bpf_common.h); undefined beyond the packet, which drops it, as in the kernel. */
const LOADS: Readonly<Record<number, (machine: Machine, operand: number) => number | undefined>> = {
  0x20: ({ data, type, random }, at) => {
    if (at === 0xffff_f004) return type;
    if (at === 0xffff_f038) return random;
    return at + 4 <= data.byteLength ? data.getUint32(at) : undefined;
  },
  0x28: ({ data }, at) => (at + 2 <= data.byteLength ? data.getUint16(at) : undefined),
  0x30: ({ data }, at) => (at + 1 <= data.byteLength ? data.getUint8(at) : undefined),
  0x40: ({ data, index }, at) => (index + at + 4 <= data.byteLength ? data.getUint32(index + at) : undefined),
  0x54: ({ accumulator }, mask) => (accumulator & mask) >>> 0,
  0x48: ({ data, index }, at) => (index + at + 2 <= data.byteLength ? data.getUint16(index + at) : undefined),
};

const JUMPS: Readonly<Record<number, (accumulator: number, operand: number) => boolean>> = {
  0x15: (accumulator, operand) => accumulator === operand,
  0x25: (accumulator, operand) => accumulator > operand,
  0x45: (accumulator, operand) => (accumulator & operand) !== 0,
};

/** Runs the program as the kernel does, as far as its instructions go. */
function passes(
  filter: PacketFilter,
  packet: Uint8Array,
  type: number = TYPE.host,
  { halvings, random } = { halvings: 0, random: 0 },
): boolean {
  const program = new DataView(packetFilterProgram(filter, halvings).slice().buffer);
  const machine: Machine = {
    data: new DataView(packet.slice().buffer),
    type,
    random,
    index: 0,
    accumulator: 0,
  };
  for (let at = 0; at < program.byteLength / 8; at++) {
    const code = program.getUint16(at * 8, true);
    const operand = program.getUint32(at * 8 + 4, true);
    const [load, jump] = [LOADS[code], JUMPS[code]];
    if (jump !== undefined) {
      at += program.getUint8(at * 8 + (jump(machine.accumulator, operand) ? 2 : 3));
    } else if (load !== undefined) {
      const value = load(machine, operand);
      if (value === undefined) return false;
      machine.accumulator = value;
    } else if (code === 0xb1 && operand < packet.length) {
      machine.index = 4 * ((packet[operand] ?? 0) & 15);
    } else {
      return code === 0x06 && operand !== 0;
    }
  }
  throw new Error('the program does not end');
}

const address = parseIpv4('203.0.113.50');
const ABOUT: PacketFilter = { etherType: 0x0806, arpAddress: address };

/** An ARP packet of 28 octets (RFC 826). */
function arp(sender: string, target: string): Uint8Array {
  const octets = (text: string): number[] => text.split('.').map(Number);
  const mac = [2, 0, 0, 0, 0, 9];
  return Uint8Array.of(0, 1, 8, 0, 6, 4, 0, 1, ...mac, ...octets(sender), ...mac, ...octets(target));
}

test('packetFilterProgram() with an ARP address passes what is said about it and probes for it, and nothing else', () => {
  const [own, other, nobody] = ['203.0.113.50', '203.0.113.51', '0.0.0.0'];
  assert.equal(passes(ABOUT, arp(own, own)), true);
  assert.equal(passes(ABOUT, arp(own, other)), true);
  assert.equal(passes(ABOUT, arp(nobody, own)), true);
  assert.equal(passes(ABOUT, arp(nobody, other)), false);
  assert.equal(passes(ABOUT, arp(other, own)), false);
  assert.equal(passes(ABOUT, arp(other, other)), false);
  assert.equal(passes(ABOUT, arp(own, own).subarray(0, 17)), false);
});

test('packetFilterProgram() passes frames for this host or for all alone, never our own', () => {
  for (const filter of [ABOUT, { etherType: 0x0806 }]) {
    const types = Object.entries(TYPE).filter(([, type]) =>
      passes(filter, arp('203.0.113.50', '0.0.0.0'), type),
    );
    assert.deepEqual(
      types.map(([name]) => name),
      ['host', 'broadcast'],
    );
  }
});

test('packetFilterProgram() with a port passes whole UDP datagrams for it alone, whatever the length of the header', () => {
  const filter: PacketFilter = { etherType: 0x0800, udpPort: 68 };
  const packet = (words: number, port: number, more: { protocol?: number; fragment?: number } = {}) => {
    const header = new Uint8Array(words * 4 + 8);
    header.set([0x40 | words, 0, 0, 0, 0, 0, more.fragment ?? 0, 0, 64, more.protocol ?? 17]);
    header.set([0, 67, port >> 8, port & 255], words * 4);
    return header;
  };
  for (const words of [5, 6, 15]) assert.equal(passes(filter, packet(words, 68)), true);
  assert.equal(passes(filter, packet(5, 67)), false);
  assert.equal(passes(filter, packet(5, 68, { protocol: 6 })), false);
  assert.equal(passes(filter, packet(5, 68, { fragment: 0x20 })), false);
});

test('packetFilterProgram() decides on any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      for (const filter of [ABOUT, { etherType: 0x0800, udpPort: 67 }, { etherType: 0x0806 }])
        assert.equal(typeof passes(filter, Uint8Array.from(bytes)), 'boolean');
    }),
  );
});

/** An IPv4 datagram to UDP port 67 with an IP option, so that no offset is that of the shortest header. */
function datagram(payload: readonly number[]): Uint8Array {
  const header = new Uint8Array(24);
  header[0] = 0x46;
  header[9] = 17;
  return Uint8Array.of(...header, 0, 68, 0, 67, 0, 0, 0, 0, ...payload);
}

test('packetFilterProgram() passes the part with the words or the one without, and thins what it passes by chance', () => {
  const oneOf = [
    { offset: 0, mask: 0x00ff_ffff },
    { offset: 4, mask: 0xffff_ff00, value: 0x3501_0300 },
  ];
  const isHeard = (part: 'with' | 'without', payload: readonly number[], random: number, halvings = 3) => {
    const filter: PacketFilter = { etherType: 0x0800, udpPort: 67, words: { part, oneOf } };
    return passes(filter, datagram(payload), TYPE.broadcast, { halvings, random });
  };
  const plain = [9, 0, 0, 0, 53, 1, 1, 7];
  const [first, second] = [
    [9, 0, 0, 1, 53, 1, 1, 7],
    [0, 0, 0, 0, 53, 1, 3, 7],
  ];
  for (const [part, inside, outside] of [
    ['without', [plain], [first, second]],
    ['with', [first, second], [plain]],
  ] as const) {
    for (const one of inside) {
      assert.equal(isHeard(part, one, 0xffff_ffff, 0), true);
      assert.equal(isHeard(part, one, 0x1fff_ffff), true);
      assert.equal(isHeard(part, one, 0x2000_0000), false);
    }
    for (const one of outside) assert.equal(isHeard(part, one, 0, 0), false);
    assert.equal(isHeard(part, [0, 0, 0, 0, 53, 1], 0, 0), false);
  }
});
