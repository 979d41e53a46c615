import { latin1 } from '../../base/text.ts';
import { InvariantError } from '../../base/errors.ts';
import { NFPROTO, NFT_OBJECT, NFT_REG, NFT_VERDICT } from '../../wire/nftables/constants.ts';
import type { Expression } from '../../wire/nftables/expression.ts';
import { NFT_BITWISE } from '../../wire/nftables/expression/bitwise.ts';
import { NFT_CMP } from '../../wire/nftables/expression/cmp.ts';
import { IPS, NFT_CT } from '../../wire/nftables/expression/ct.ts';
import { NFTA_FIB_F, NFT_FIB_RESULT, RTN } from '../../wire/nftables/expression/fib.ts';
import { NFT_LIMIT } from '../../wire/nftables/expression/limit.ts';
import { NFT_LOOKUP_F_INV } from '../../wire/nftables/expression/lookup.ts';
import { NFT_META } from '../../wire/nftables/expression/meta.ts';
import { NF_NAT_RANGE, NFT_NAT } from '../../wire/nftables/expression/nat.ts';
import { NFT_PAYLOAD } from '../../wire/nftables/expression/payload.ts';
import { NFT_REJECT } from '../../wire/nftables/expression/reject.ts';

/*
 * The words that rules are made of, each the expressions of one statement of nft, whose text is in the docstring.
 * They are spelled out as the kernel gives them back, defaults included: what was sent can then be compared with
 * what is there.
 */

export type Statement = readonly Expression[];

/** Protocol numbers of IP (IANA). */
export const IPPROTO = { ICMP: 1, TCP: 6, UDP: 17, ICMPV6: 58 } as const;

const { R1, R32_01, R32_02, R2 } = NFT_REG;

/** A number of register data in host order: little-endian on every board we run on. */
function hostOrder(value: number): Uint8Array {
  return Uint8Array.of(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
}

/** A device name as the kernel compares it: IFNAMSIZ bytes, padded with zeros. */
export function deviceKey(name: string): Uint8Array {
  if (name === '' || name.length > 15)
    throw new InvariantError(`Cannot use "${name}" as a device name: it has ${name.length} characters`);
  const bytes = new Uint8Array(16);
  bytes.set(latin1(name));
  return bytes;
}

function compare(op: number, value: Uint8Array): Expression {
  return { kind: 'cmp', sreg: R1, op, data: { value } };
}

function meta(key: number, dreg: number = R1): Expression {
  return { kind: 'meta', key, dreg };
}

function lookUp(set: string, flags = 0): Expression {
  return { kind: 'lookup', sreg: R1, set, flags };
}

/** `iifname "lo"` */
export function inDeviceIs(name: string): Statement {
  return [meta(NFT_META.IIFNAME), compare(NFT_CMP.EQ, deviceKey(name))];
}

/** `iifname @set` */
export function inDevice(set: string): Statement {
  return [meta(NFT_META.IIFNAME), lookUp(set)];
}

/** `iifname != @set` */
export function inDeviceNot(set: string): Statement {
  return [meta(NFT_META.IIFNAME), lookUp(set, NFT_LOOKUP_F_INV)];
}

/** `oifname @set` */
export function outDevice(set: string): Statement {
  return [meta(NFT_META.OIFNAME), lookUp(set)];
}

/** `meta nfproto ipv4` */
export function isIpv4Packet(): Statement {
  return [meta(NFT_META.NFPROTO), compare(NFT_CMP.EQ, Uint8Array.of(NFPROTO.IPV4))];
}

function isIpv6Packet(): Statement {
  return [meta(NFT_META.NFPROTO), compare(NFT_CMP.EQ, Uint8Array.of(NFPROTO.IPV6))];
}

/** `meta l4proto tcp` */
export function isProtocol(protocol: number): Statement {
  return [meta(NFT_META.L4PROTO), compare(NFT_CMP.EQ, Uint8Array.of(protocol))];
}

function networkField(offset: number, length: number): Expression {
  return { kind: 'payload', dreg: R1, base: NFT_PAYLOAD.NETWORK_HEADER, offset, length };
}

function transportField(offset: number, length: number, dreg: number = R1): Expression {
  return { kind: 'payload', dreg, base: NFT_PAYLOAD.TRANSPORT_HEADER, offset, length };
}

// Offsets of RFC 791 section 3.1 and RFC 8200 section 3.
const IPV4_SOURCE = 12;
const IPV4_DESTINATION = 16;
const IPV6_HOP_LIMIT = 7;
const IPV6_SOURCE = 8;

/** `ip saddr @set` */
export function sourceIn(set: string): Statement {
  return [...isIpv4Packet(), networkField(IPV4_SOURCE, 4), lookUp(set)];
}

/** `ip daddr @set` */
export function destinationIn(set: string): Statement {
  return [...isIpv4Packet(), networkField(IPV4_DESTINATION, 4), lookUp(set)];
}

/** `ip daddr != @set` */
export function destinationNotIn(set: string): Statement {
  return [...isIpv4Packet(), networkField(IPV4_DESTINATION, 4), lookUp(set, NFT_LOOKUP_F_INV)];
}

/** `icmp type echo-request` */
export function isIcmp(type: number): Statement {
  return [
    ...isIpv4Packet(),
    ...isProtocol(IPPROTO.ICMP),
    transportField(0, 1),
    compare(NFT_CMP.EQ, Uint8Array.of(type)),
  ];
}

/** `icmpv6 type nd-router-solicit-nd-neighbor-advert`: one type, or a range with its ends. */
export function isIcmpv6(first: number, last = first): Statement {
  const [low, high] = [Uint8Array.of(first), Uint8Array.of(last)];
  return [
    ...isIpv6Packet(),
    ...isProtocol(IPPROTO.ICMPV6),
    transportField(0, 1),
    ...(first === last
      ? [compare(NFT_CMP.EQ, low)]
      : [compare(NFT_CMP.GTE, low), compare(NFT_CMP.LTE, high)]),
  ];
}

/** `ip6 hoplimit 255`, behind a statement that asks for IPv6. */
export function fromThisLink(): Statement {
  return [networkField(IPV6_HOP_LIMIT, 1), compare(NFT_CMP.EQ, Uint8Array.of(255))];
}

function masked(mask: Uint8Array): Expression {
  const length = mask.length;
  const xor = { value: new Uint8Array(length) };
  return {
    kind: 'bitwise',
    sreg: R1,
    dreg: R1,
    op: NFT_BITWISE.MASK_XOR,
    length,
    mask: { value: mask },
    xor,
  };
}

/** `ip6 saddr fe80::/10`, behind a statement that asks for IPv6. */
export function fromLinkLocal(): Statement {
  const prefix = new Uint8Array(16);
  prefix.set([0xfe, 0x80]);
  const mask = new Uint8Array(16);
  mask.set([0xff, 0xc0]);
  return [networkField(IPV6_SOURCE, 16), masked(mask), compare(NFT_CMP.EQ, prefix)];
}

function hasBits(key: number, bits: number): Statement {
  return [{ kind: 'ct', key, dreg: R1 }, masked(hostOrder(bits)), compare(NFT_CMP.NEQ, hostOrder(0))];
}

/** `ct state established,related` for the bits given (NF_CT_STATE). */
export function connectionState(bits: number): Statement {
  return hasBits(NFT_CT.STATE, bits);
}

/** `ct status dnat`: the connection was led on by a port forward. */
export function isPortForwarded(): Statement {
  return hasBits(NFT_CT.STATUS, IPS.DST_NAT);
}

/** `fib daddr type local`: the destination is an address of the box, whichever it has just now. */
export function toTheBox(): Statement {
  return [
    { kind: 'fib', flags: NFTA_FIB_F.DADDR, result: NFT_FIB_RESULT.ADDRTYPE, dreg: R1 },
    compare(NFT_CMP.EQ, hostOrder(RTN.LOCAL)),
  ];
}

/**
 * `fib saddr . iif oif missing`: no route leads back to the sender through the device the packet came from. The
 * kernel lets DHCP's 0.0.0.0 and the unspecified address of neighbour discovery pass (nft_fib_ipv4.c, nft_fib_ipv6.c).
 */
export function noWayBack(): Statement {
  const flags = NFTA_FIB_F.SADDR | NFTA_FIB_F.IIF | NFTA_FIB_F.PRESENT;
  return [{ kind: 'fib', flags, result: NFT_FIB_RESULT.OIF, dreg: R1 }, compare(NFT_CMP.EQ, hostOrder(0))];
}

/** `limit rate N/second burst M packets` */
export function upTo(perSecond: number, burst: number): Statement {
  return [{ kind: 'limit', rate: BigInt(perSecond), unit: 1n, burst, type: NFT_LIMIT.PKTS, flags: 0 }];
}

/** `counter name "x"` */
export function count(name: string): Statement {
  return [{ kind: 'objref', type: NFT_OBJECT.COUNTER, name }];
}

/** `counter name meta l4proto . th dport map @set`: goes on, counted, if the map has the port. */
export function countPort(set: string): Statement {
  return [meta(NFT_META.L4PROTO), transportField(2, 2, R32_01), { kind: 'objref', sreg: R1, set }];
}

/** `counter name iifname . oifname map @set` */
export function countDevices(set: string): Statement {
  return [meta(NFT_META.IIFNAME), meta(NFT_META.OIFNAME, R2), { kind: 'objref', sreg: R1, set }];
}

/** `dnat ip to ip saddr . meta l4proto . th dport map @set`, whose value is an address, or an address and a port. */
export function leadTo(set: string, value: 'address' | 'address-and-port'): Statement {
  const address = { type: NFT_NAT.DNAT, family: NFPROTO.IPV4, addressMin: R1, addressMax: R1 };
  return [
    networkField(IPV4_SOURCE, 4),
    meta(NFT_META.L4PROTO, R32_01),
    transportField(2, 2, R32_02),
    { kind: 'lookup', sreg: R1, dreg: R1, set, flags: 0 },
    value === 'address'
      ? { kind: 'nat', ...address, flags: NF_NAT_RANGE.MAP_IPS }
      : {
          kind: 'nat',
          ...address,
          portMin: R32_01,
          portMax: R32_01,
          flags: NF_NAT_RANGE.MAP_IPS | NF_NAT_RANGE.PROTO_SPECIFIED,
        },
  ];
}

/** `masquerade` */
export function masquerade(): Statement {
  return [{ kind: 'masq' }];
}

function verdict(code: number, chain?: string): Statement {
  const data = { verdict: chain === undefined ? { code } : { code, chain } };
  return [{ kind: 'immediate', dreg: NFT_REG.VERDICT, data }];
}

export function accept(): Statement {
  return verdict(NFT_VERDICT.ACCEPT);
}
export function drop(): Statement {
  return verdict(NFT_VERDICT.DROP);
}
/** `goto chain`: what its rules do not decide, the policy of the base chain does. */
export function goTo(chain: string): Statement {
  return verdict(NFT_VERDICT.GOTO, chain);
}

/** `reject with tcp reset`, behind a statement that asks for TCP. */
export function rejectWithReset(): Statement {
  return [{ kind: 'reject', type: NFT_REJECT.TCP_RST }];
}

/** `reject with icmpx type ...` with a code of NFT_REJECT_ICMPX */
export function rejectWith(code: number): Statement {
  return [{ kind: 'reject', type: NFT_REJECT.ICMPX_UNREACH, code }];
}
