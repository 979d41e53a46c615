import { type Ipv4, UNSPECIFIED } from '../../base/ipv4.ts';
import type { PacketFilter, PayloadWord } from '../../port/packet.ts';

/** One `struct sock_filter` (linux/filter.h): code, jumps if true and false, operand. */
type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, operand: number];

// Opcodes of linux/bpf_common.h, put together as class | size | mode.
const LOAD_BYTE = 0x30;
const LOAD_HALF = 0x28;
const LOAD_WORD = 0x20;
const LOAD_WORD_INDEXED = 0x40;
const LOAD_HALF_INDEXED = 0x48;
const AND = 0x54;
/** X = 4 * (octet & 15): the length of an IPv4 header. */
const LOAD_HEADER_LENGTH = 0xb1;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER = 0x25;
const JUMP_ANY_BIT = 0x45;
const RETURN = 0x06;

/** SKF_AD_OFF + SKF_AD_PKTTYPE: for whom the frame was. */
const PACKET_TYPE = 0xffff_f004;
/** SKF_AD_OFF + SKF_AD_RANDOM: 32 random bits. */
const RANDOM = 0xffff_f038;
/** PACKET_HOST and PACKET_BROADCAST are 0 and 1; group, foreign and our own frames are above. */
const LAST_WANTED_TYPE = 1;
const WHOLE = 0xffff_ffff;

/** Jump targets beside the next instructions. */
const DROP = -1;
const ACCEPT = -2;

const UDP_HEADER = 8;

/** Where an ARP packet of IPv4 over Ethernet has the sender's and the target's protocol address (RFC 826). */
const ARP_SENDER = 14;
const ARP_TARGET = 24;

/** With octet 0 the first of the network header, as on SOCK_DGRAM packet sockets. */
function instructions(filter: PacketFilter, halvings: number): Instruction[] {
  const forUs: Instruction[] = [
    [LOAD_WORD, 0, 0, PACKET_TYPE],
    [JUMP_GREATER, DROP, 0, LAST_WANTED_TYPE],
  ];
  if (filter.arpAddress !== undefined) return [...forUs, ...aboutAddress(filter.arpAddress)];
  if (filter.udpPort === undefined) return forUs;
  return [
    ...forUs,
    [LOAD_BYTE, 0, 0, 9],
    [JUMP_EQUAL, 0, DROP, 17],
    // A fragment has no ports, or not all of its datagram.
    [LOAD_HALF, 0, 0, 6],
    [JUMP_ANY_BIT, DROP, 0, 0x3fff],
    [LOAD_HEADER_LENGTH, 0, 0, 0],
    [LOAD_HALF_INDEXED, 0, 0, 2],
    [JUMP_EQUAL, 0, DROP, filter.udpPort],
    ...(filter.words === undefined ? [] : ofPart(filter.words)),
    ...(halvings === 0 ? [] : byChance(halvings)),
  ];
}

/** Goes on behind its last instruction with what is of the part. */
function ofPart({ part, oneOf }: NonNullable<PacketFilter['words']>): Instruction[] {
  if (part === 'without') return oneOf.flatMap((word) => ifHas(word, DROP));
  const tests: Instruction[] = [];
  for (const word of oneOf.toReversed()) {
    // Behind the tests that follow, and behind the drop when none of them holds.
    const rest = tests.length + 1;
    tests.unshift(...ifHas(word, rest));
  }
  return [...tests, [RETURN, 0, 0, 0]];
}

/** Behind {@link LOAD_HEADER_LENGTH}; the kernel drops a payload that ends before the word. */
function ifHas({ offset, mask, value }: PayloadWord, target: number): Instruction[] {
  const load: Instruction = [LOAD_WORD_INDEXED, 0, 0, UDP_HEADER + offset];
  return value === undefined
    ? [load, [JUMP_ANY_BIT, target, 0, mask]]
    : [load, [AND, 0, 0, mask], [JUMP_EQUAL, target, 0, value]];
}

function byChance(halvings: number): Instruction[] {
  return [
    [LOAD_WORD, 0, 0, RANDOM],
    [JUMP_GREATER, DROP, 0, 0xffff_ffff >>> halvings],
  ];
}

function aboutAddress(address: Ipv4): Instruction[] {
  return [
    [LOAD_WORD, 0, 0, ARP_SENDER],
    [JUMP_EQUAL, ACCEPT, 0, address],
    [JUMP_EQUAL, 0, DROP, UNSPECIFIED],
    [LOAD_WORD, 0, 0, ARP_TARGET],
    [JUMP_EQUAL, 0, DROP, address],
  ];
}

/**
 * The classic BPF program that lets through frames for this host or for all, and with `udpPort` only whole IPv4
 * datagrams for that UDP port, with `arpAddress` only ARP about that address. The EtherType is matched by the socket's binding.
 * With `words` only the one part of those datagrams. What is left is halved so many times.
 */
export function packetFilterProgram(filter: PacketFilter, halvings = 0): Uint8Array {
  const body = instructions(filter, halvings);
  const program: Instruction[] = [...body, [RETURN, 0, 0, WHOLE], [RETURN, 0, 0, 0]];
  const targets = { [ACCEPT]: body.length, [DROP]: body.length + 1 };
  const view = new DataView(new ArrayBuffer(program.length * 8));
  for (const [index, [code, whenTrue, whenFalse, operand]] of program.entries()) {
    const jump = (target: number): number =>
      target === ACCEPT || target === DROP ? targets[target] - index - 1 : target;
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, jump(whenTrue));
    view.setUint8(index * 8 + 3, jump(whenFalse));
    view.setUint32(index * 8 + 4, operand, true);
  }
  return new Uint8Array(view.buffer);
}
