import type { Ipv4 } from '../../base/ipv4.ts';
import type { Ipv6 } from '../../base/ipv6.ts';
import type { Flow } from '../conntrack/flow.ts';
import { leavesUntranslated } from '../conntrack/stale-nat.ts';
import { evaluate } from './evaluate/evaluate.ts';
import { type Packet, type Transport, IPDEFTTL } from './evaluate/packet.ts';
import { type Surroundings, hopTo, isOwn } from './evaluate/surroundings.ts';
import type { FirewallOptions } from './options.ts';
import type { Ruleset } from './ruleset.ts';
import { IPPROTO, TCP_FLAG } from './statement.ts';

/** What connections are judged by. */
export interface RulesOfNow {
  readonly options: FirewallOptions;
  /** Those of `options`, to be looked up: a blocked device may answer for thousands, and every connection is asked about. */
  readonly blockedAddresses: ReadonlySet<Ipv4 | Ipv6>;
  readonly ruleset: Ruleset;
  readonly surroundings: Surroundings;
}

/**
 * Whether a connection would be let begin now and would be led to where it goes. The kernel asks its rules about the first
 * packet only: what they forbid since goes on until its entry is removed. One that is translated keeps its address in a mode
 * without translation, too. One that never was is refused by the rules of a mode with it, for as long as it has its entry,
 * which each of its packets makes last: a telephone that says the same again and again would never be heard any more.
 */
export function isStillAllowed(flow: Flow, rules: RulesOfNow): boolean {
  return judgeAtSight(flow, rules) ?? isLetIn(flow, rules);
}

/** What of {@link isStillAllowed} costs next to nothing; undefined where the rules have to be gone through. */
export function judgeAtSight(flow: Flow, rules: RulesOfNow): boolean | undefined {
  const { options, blockedAddresses, surroundings } = rules;
  if (isOwn(surroundings, flow.source.address)) return true;
  const inDevice = hopTo(surroundings, flow.source.address)?.device;
  // No way leads back to who began it: nothing passes now, and where it came from is not to be told.
  if (inDevice === undefined) return true;
  if (isOwn(surroundings, flow.replySource.address)) return undefined;
  const ends = [flow.source.address, flow.replySource.address];
  // Rules know a blocked sender by its MAC address, which connections do not have.
  if (ends.some((address) => blockedAddresses.has(address))) return false;
  if (translates(options) && leavesUntranslated(flow, options.lanNetworks)) return false;
  return isPlainlyOut(flow, inDevice, options) ? true : undefined;
}

function translates({ mode }: FirewallOptions): boolean {
  return mode === 'firewall' || mode === 'firewall-dmz';
}

function isLetIn(flow: Flow, { ruleset, surroundings }: RulesOfNow): boolean {
  const inDevice = hopTo(surroundings, flow.source.address)?.device;
  if (inDevice === undefined) return true;
  const arrival = { packet: firstPacketOf(flow), inDevice, connection: { state: 'new' } } as const;
  const { verdict, ends } = evaluate(ruleset, arrival, surroundings);
  if (verdict.kind !== 'accepted') return false;
  const led = ends.destination;
  return led.address === flow.replySource.address && led.port === (flow.replySource.port ?? 0);
}

/** Most connections are this: from the LAN to the WAN. A full table of them is judged quickly. */
function isPlainlyOut(
  { destination, replySource }: Flow,
  inDevice: string,
  { mode, lan }: FirewallOptions,
): boolean {
  return mode !== 'lan-only' && lan.includes(inDevice) && destination.address === replySource.address;
}

function firstPacketOf(flow: Flow): Packet {
  return {
    source: flow.source.address,
    destination: flow.destination.address,
    transport: transportOf(flow),
    sender: null,
    hopLimit: IPDEFTTL,
  };
}

function transportOf({ protocol, source, destination, icmp }: Flow): Transport {
  const ports = { sourcePort: source.port ?? 0, destinationPort: destination.port ?? 0 };
  if (protocol === IPPROTO.TCP) return { kind: 'tcp', ...ports, flags: TCP_FLAG.SYN };
  if (protocol === IPPROTO.UDP) return { kind: 'udp', ...ports };
  if (icmp !== undefined) return { kind: 'icmp', type: icmp.type, code: icmp.code, identifier: icmp.id };
  return { kind: 'other', protocol };
}
