import { InvariantError } from '../../base/errors.ts';
import { latin1 } from '../../base/text.ts';
import { NFPROTO, NFT_REG, NFT_VERDICT } from '../../wire/nftables/constants.ts';
import type { Expression } from '../../wire/nftables/expression.ts';
import { NFT_CMP } from '../../wire/nftables/expression/cmp.ts';
import { NFT_CT } from '../../wire/nftables/expression/ct.ts';
import { NFTA_FIB_F, NFT_FIB_RESULT, RTN } from '../../wire/nftables/expression/fib.ts';
import { NFT_LOOKUP_F_INV } from '../../wire/nftables/expression/lookup.ts';
import { NFT_META } from '../../wire/nftables/expression/meta.ts';
import { NFT_PAYLOAD } from '../../wire/nftables/expression/payload.ts';
import {
  IPV4_FIELD,
  IPV6_FIELD,
  compare,
  hostOrder,
  lookUp,
  masked,
  meta,
  networkField,
  transportField,
} from './statement-parts.ts';

/*
 * The conditions and verdicts that rules are made of, each the expressions of one statement of nft, whose text is in
 * the docstring. What rules do besides is in action.ts.
 */

export type Statement = readonly Expression[];

/** Protocol numbers of IP (IANA). */
export const IPPROTO = { ICMP: 1, TCP: 6, UDP: 17, ICMPV6: 58 } as const;

const { R1, R32_01 } = NFT_REG;

/** A device name as the kernel compares it: IFNAMSIZ bytes, padded with zeros. */
export function deviceKey(name: string): Uint8Array {
  if (name === '' || name.length > 15)
    throw new InvariantError(`Cannot use "${name}" as a device name: it has ${name.length} characters`);
  const bytes = new Uint8Array(16);
  bytes.set(latin1(name));
  return bytes;
}

/** `iifname "lo"` */
export function inDeviceIs(name: string): Statement {
  return [meta(NFT_META.IIFNAME), compare(NFT_CMP.EQ, deviceKey(name))];
}

/** `oifname "wan0"` */
export function outDeviceIs(name: string): Statement {
  return [meta(NFT_META.OIFNAME), compare(NFT_CMP.EQ, deviceKey(name))];
}

/** `iifname @set` */
export function inDevice(set: string): Statement {
  return [meta(NFT_META.IIFNAME), lookUp(set)];
}

/** `oifname @set` */
export function outDevice(set: string): Statement {
  return [meta(NFT_META.OIFNAME), lookUp(set)];
}

/** `meta nfproto ipv4` */
export function isIpv4Packet(): Statement {
  return [meta(NFT_META.NFPROTO), compare(NFT_CMP.EQ, Uint8Array.of(NFPROTO.IPV4))];
}

/** `meta nfproto ipv6` */
export function isIpv6Packet(): Statement {
  return [meta(NFT_META.NFPROTO), compare(NFT_CMP.EQ, Uint8Array.of(NFPROTO.IPV6))];
}

/** `meta l4proto tcp` */
export function isProtocol(protocol: number): Statement {
  return [meta(NFT_META.L4PROTO), compare(NFT_CMP.EQ, Uint8Array.of(protocol))];
}

/** `meta l4proto != icmp` */
export function isProtocolNot(protocol: number): Statement {
  return [meta(NFT_META.L4PROTO), compare(NFT_CMP.NEQ, Uint8Array.of(protocol))];
}

/** `ip saddr @set` */
export function sourceIn(set: string): Statement {
  return [...isIpv4Packet(), networkField(IPV4_FIELD.SOURCE, 4), lookUp(set)];
}

/** `ip daddr @set` */
export function destinationIn(set: string): Statement {
  return [...isIpv4Packet(), networkField(IPV4_FIELD.DESTINATION, 4), lookUp(set)];
}

/** The first byte of 127.0.0.0/8. */
const LOOPBACK_NETWORK = 127;

/** `ip daddr != @set` */
export function destinationNotIn(set: string): Statement {
  return [...isIpv4Packet(), networkField(IPV4_FIELD.DESTINATION, 4), lookUp(set, NFT_LOOKUP_F_INV)];
}

/** `ip daddr != 127.0.0.0/8`, behind a test for IPv4; nft reads a whole byte, and so reads this back. */
export function destinationNotLoopback(): Statement {
  return [networkField(IPV4_FIELD.DESTINATION, 1), compare(NFT_CMP.NEQ, Uint8Array.of(LOOPBACK_NETWORK))];
}

/** `ip6 saddr @set` */
export function source6In(set: string): Statement {
  return [...isIpv6Packet(), networkField(IPV6_FIELD.SOURCE, 16), lookUp(set)];
}

/** `ip6 daddr @set` */
export function destination6In(set: string): Statement {
  return [...isIpv6Packet(), networkField(IPV6_FIELD.DESTINATION, 16), lookUp(set)];
}

/** ARPHRD_ETHER of linux/if_arp.h, in host order. */
const ETHERNET = Uint8Array.of(1, 0);
const MAC_SOURCE = 6;

/** `meta iiftype ether ether saddr @set`: what comes out of PPP or a tunnel has no such address. */
export function macSourceIn(set: string): Statement {
  return [
    meta(NFT_META.IIFTYPE),
    compare(NFT_CMP.EQ, ETHERNET),
    { kind: 'payload', dreg: R1, base: NFT_PAYLOAD.LL_HEADER, offset: MAC_SOURCE, length: 6 },
    lookUp(set),
  ];
}

/** `udp sport 67 udp dport 68` */
export function isUdp(from: number, to: number): Statement {
  const ports = Uint8Array.of(from >> 8, from & 255, to >> 8, to & 255);
  return [...isProtocol(IPPROTO.UDP), transportField(0, 4), compare(NFT_CMP.EQ, ports)];
}

/** `meta l4proto . th dport != @set`; a map is a set of its keys here. */
export function portNotIn(set: string): Statement {
  return [meta(NFT_META.L4PROTO), transportField(2, 2, R32_01), lookUp(set, NFT_LOOKUP_F_INV)];
}

/** Flags of TCP (RFC 9293 section 3.1). */
export const TCP_FLAG = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ECE: 64, CWR: 128 } as const;
const TCP_FLAGS_OFFSET = 13;

function tcpFlags(mask: number): Statement {
  return [...isProtocol(IPPROTO.TCP), transportField(TCP_FLAGS_OFFSET, 1), masked(Uint8Array.of(mask))];
}

/** `tcp flags syn / fin,syn,rst,ack`: of the flags in the mask just these are set. */
export function hasTcpFlags(flags: number, mask: number): Statement {
  return [...tcpFlags(mask), compare(NFT_CMP.EQ, Uint8Array.of(flags))];
}

/** `tcp flags != syn / fin,syn,rst,ack` */
export function hasOtherTcpFlags(flags: number, mask: number): Statement {
  return [...tcpFlags(mask), compare(NFT_CMP.NEQ, Uint8Array.of(flags))];
}

/** `tcp flags & (fin | syn) != @set` */
export function tcpFlagsNotIn(set: string, mask: number): Statement {
  return [...tcpFlags(mask), lookUp(set, NFT_LOOKUP_F_INV)];
}

/** `icmp type time-exceeded-parameter-problem`: one type, or a range with its ends. */
export function isIcmp(first: number, last = first): Statement {
  return [...isIpv4Packet(), ...isProtocol(IPPROTO.ICMP), ...typeBetween(first, last)];
}

/** `icmpv6 type nd-router-solicit-nd-neighbor-advert`: one type, or a range with its ends. */
export function isIcmpv6(first: number, last = first): Statement {
  return [...isIpv6Packet(), ...isProtocol(IPPROTO.ICMPV6), ...typeBetween(first, last)];
}

function typeBetween(first: number, last: number): Statement {
  const [low, high] = [Uint8Array.of(first), Uint8Array.of(last)];
  return [
    transportField(0, 1),
    ...(first === last
      ? [compare(NFT_CMP.EQ, low)]
      : [compare(NFT_CMP.GTE, low), compare(NFT_CMP.LTE, high)]),
  ];
}

/** `ip6 hoplimit 255`, behind a statement that asks for IPv6. */
export function fromThisLink(): Statement {
  return [networkField(IPV6_FIELD.HOP_LIMIT, 1), compare(NFT_CMP.EQ, Uint8Array.of(255))];
}

/** Prefixes with a meaning of their own, as their first bytes: RFC 4291 section 2.5.6 and RFC 4193 section 3.1. */
const LINK_LOCAL = { prefix: [0xfe, 0x80], mask: [0xff, 0xc0] } as const;
const UNIQUE_LOCAL = { prefix: [0xfc], mask: [0xfe] } as const;

function source6Within({ prefix, mask }: Record<'prefix' | 'mask', readonly number[]>): Statement {
  const wide = (bytes: readonly number[]): Uint8Array => {
    const whole = new Uint8Array(16);
    whole.set(bytes);
    return whole;
  };
  return [networkField(IPV6_FIELD.SOURCE, 16), masked(wide(mask)), compare(NFT_CMP.EQ, wide(prefix))];
}

/** `ip6 saddr fe80::/10` */
export function fromLinkLocal(): Statement {
  return [...isIpv6Packet(), ...source6Within(LINK_LOCAL)];
}

/** `icmpv6 type mld-listener-query-mld-listener-done ip6 saddr fe80::/10` */
export function isIcmpv6FromLinkLocal(first: number, last = first): Statement {
  return [...isIcmpv6(first, last), ...source6Within(LINK_LOCAL)];
}

/** `ip6 saddr fc00::/7` */
export function fromUniqueLocal(): Statement {
  return [...isIpv6Packet(), ...source6Within(UNIQUE_LOCAL)];
}

function ct(key: number): Expression {
  return { kind: 'ct', key, dreg: R1 };
}

/** `ct state established,related` for the bits given (NF_CT_STATE). */
export function connectionState(bits: number): Statement {
  return [ct(NFT_CT.STATE), masked(hostOrder(bits)), compare(NFT_CMP.NEQ, hostOrder(0))];
}

/** `ct status confirmed / confirmed,snat,dnat`: of the bits in the mask (IPS) just these are set. */
export function connectionStatus(bits: number, mask = bits): Statement {
  return [ct(NFT_CT.STATUS), masked(hostOrder(mask)), compare(NFT_CMP.EQ, hostOrder(bits))];
}

/** `ct status dnat`, one of the bits (IPS). */
export function hasConnectionStatus(bits: number): Statement {
  return [ct(NFT_CT.STATUS), masked(hostOrder(bits)), compare(NFT_CMP.NEQ, hostOrder(0))];
}

function goes(direction: number): Statement {
  return [ct(NFT_CT.DIRECTION), compare(NFT_CMP.EQ, Uint8Array.of(direction))];
}

/** `ct direction original`: the packet goes the way of the connection's first. */
export function goesForward(): Statement {
  return goes(0);
}

/** `ct direction reply`: the packet answers, so that its connection is known. */
export function goesBack(): Statement {
  return goes(1);
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
/** `return`: on with the rule behind the jump that led here. */
export function goBack(): Statement {
  return verdict(NFT_VERDICT.RETURN);
}
/** `jump chain`: what its rules do not decide comes back to the next rule. */
export function jumpTo(chain: string): Statement {
  return verdict(NFT_VERDICT.JUMP, chain);
}
