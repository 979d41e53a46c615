import { type Duration, Milliseconds, Seconds } from '../../base/duration.ts';
import { after, type Instant } from '../../base/instant.ts';
import { formatIpv4, type Ipv4, UNSPECIFIED } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';
import { ARP } from '../../wire/arp/message.ts';
import { decline } from './request.ts';
import { scheduleRound } from './rounds.ts';
import type { Effect, Env, Event, Phase, State, Step } from './state.ts';

/*
 * Address conflicts (RFC 5227). RFC 2131 sections 3.1 (5) and 3.2 (4) want an address checked after the acknowledgement,
 * whether it was discovered or asked for again after a reboot. Nothing is configured before the check has passed. An
 * address that is in use already, because only the link was away for a moment or this program was restarted, stays
 * in use while it is checked: the office's connections must not pay for a check that nearly always passes.
 */

/** PROBE_NUM of RFC 5227 section 1.1. */
export const PROBES = 3;
/**
 * Between two probes, and after the last one, the smallest and the largest wait. RFC 5227 wants 1 to 2 seconds; a station
 * on an Ethernet segment answers within milliseconds, and nobody shall wait longer than a second for a lease.
 */
const PROBE_MIN: Duration = Milliseconds(200);
const PROBE_MAX: Duration = Milliseconds(300);
/** RFC 2131 section 3.1 (5): so long after a DECLINE nothing is asked, at least. */
const DECLINE_WAIT: Duration = Seconds(10);
/** DEFEND_INTERVAL of RFC 5227 section 1.1: an address in use is defended no oftener. */
const DEFEND_INTERVAL: Duration = Seconds(10);
/**
 * A station that has claimed so many different addresses answers for every address (proxy ARP of a provider): it is not
 * believed any more, for otherwise the box would decline whatever it is offered and never be online.
 */
const MAX_CLAIMS = 3;
/**
 * So many stations have claimed what the box was given: one that gives itself a new hardware address for each claim could keep
 * the box off line for good. The provider's server is believed then, and nobody else.
 */
const MAX_CLAIMANTS = 8;
/** Claims remembered; the oldest goes. */
const MAX_REMEMBERED_CLAIMS = 16;

type Checking = Phase & { readonly kind: 'checking' };

/** The wait behind a probe. */
export function waitAfterProbe(env: Env): Instant {
  const wait = PROBE_MIN + env.random(PROBE_MAX - PROBE_MIN + 1);
  return after(env.now, wait as Duration);
}

/** The address that ARP packets are of interest for: the one being checked, else the one in use. */
export function watchedAddress({ phase }: State): Ipv4 | undefined {
  const lease = phase.kind === 'checking' ? phase.grant.lease : phase.lease;
  return lease?.binding.address.address;
}

/** What an ARP packet of another station says about the address being checked or in use. */
export function takeArp(state: State, { message }: Event & { kind: 'arp' }, env: Env): Step {
  const address = watchedAddress(state);
  const nothing: Step = { state, effects: [] };
  if (address === undefined || message.senderMac === env.options.mac || isIdle(state.phase)) return nothing;
  const { phase } = state;
  const uses = message.senderAddress === address;
  if (isProxy(state, message.senderMac)) return nothing;
  if (phase.kind === 'checking') {
    return uses || isProbeFor(message, address)
      ? declineGrant(state, { phase, mac: message.senderMac }, env)
      : nothing;
  }
  return uses ? defend(state, { address, mac: message.senderMac }, env) : nothing;
}

function isIdle({ kind }: Phase): boolean {
  return kind === 'stopped' || kind === 'linkDown';
}

/** RFC 5227 section 2.1.1: somebody else is about to use the same address. */
function isProbeFor(message: (Event & { kind: 'arp' })['message'], address: Ipv4): boolean {
  const { operation, senderAddress, targetAddress } = message;
  return operation === ARP.REQUEST && senderAddress === UNSPECIFIED && targetAddress === address;
}

function isProxy({ claims }: State, mac: Mac): boolean {
  if (new Set(claims.map((one) => one.mac)).size >= MAX_CLAIMANTS) return true;
  const claimed = claims.filter((one) => one.mac === mac).map(({ address }) => address);
  return new Set(claimed).size >= MAX_CLAIMS;
}

/** RFC 2131 section 3.1 (5): the address is declined, and the client begins anew after a while. */
function declineGrant(state: State, found: { readonly phase: Checking; readonly mac: Mac }, env: Env): Step {
  const { phase, mac } = found;
  const { binding } = phase.grant.lease;
  const { address } = binding.address;
  const { server } = binding;
  const wasInUse = phase.lease?.binding.address.address === address;
  const isRemembered = state.remembered?.address.address === address;
  const message = decline(env.options, env.random(0x1_0000_0000), { address, server });
  const effects: Effect[] = [
    { kind: 'report', text: `The address ${formatIpv4(address)} is in use by ${mac}: it is declined` },
    { kind: 'broadcast', message, source: UNSPECIFIED },
    ...(wasInUse ? [{ kind: 'unconfigure', reason: 'conflict' } as const] : []),
    ...(isRemembered ? [{ kind: 'forgetLease' } as const] : []),
  ];
  const declined: State = {
    ...state,
    remembered: isRemembered ? undefined : state.remembered,
    setbacks: state.setbacks + 1,
    quietUntil: after(env.now, DECLINE_WAIT),
    claims: [...state.claims, { mac, address }].slice(-MAX_REMEMBERED_CLAIMS),
    conflict: { address, mac, at: env.now },
  };
  const next = scheduleRound(declined, { lease: wasInUse ? undefined : phase.lease, reboot: false }, env);
  return { state: next.state, effects: [...effects, ...next.effects] };
}

/**
 * RFC 5227 section 2.4 (c): the router of an office keeps its address, which the provider has granted to it, and says so
 * once per DEFEND_INTERVAL; two stations that answered each other at once would flood the segment.
 */
function defend(state: State, found: { readonly address: Ipv4; readonly mac: Mac }, env: Env): Step {
  const { address, mac } = found;
  const { defendedAt } = state;
  const conflict = { address, mac, at: env.now };
  if (defendedAt !== undefined && env.now < after(defendedAt, DEFEND_INTERVAL)) {
    return { state: { ...state, conflict }, effects: [] };
  }
  const text = `The station ${mac} uses the address ${formatIpv4(address)} of the WAN: it is told that the address is ours`;
  return {
    state: { ...state, conflict, defendedAt: env.now },
    effects: [
      { kind: 'report', text },
      { kind: 'arp', purpose: 'announce', address },
    ],
  };
}
