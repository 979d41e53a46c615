import { type Ipv4, formatIpv4 } from '../../base/ipv4.ts';
import { between } from '../../base/instant.ts';
import type { LeaseBinding } from '../../port/lease-journal.ts';
import { isKnown } from './choose.ts';
import { nameOf, vendorOf } from './identity.ts';
import { type LeaseEntry, type Question, formerOf } from './lease-entry.ts';
import { civilEnd, deadline, leaseTimeFor } from './lease-time.ts';
import { KNOWN_AFTER } from './limits.ts';
import { grant } from './reply.ts';
import { type Effect, type Env, type Lease, type State, type Step, ignore } from './state.ts';
import { warn } from './warn.ts';

/** The record of a lease. */
export function bindingOf({ address, who, until, since }: LeaseEntry, env: Env): LeaseBinding {
  const { client, mac, label } = who;
  return { address, client, mac, hostName: label, expires: civilEnd(until, env), since };
}

/** A lease as others see it. */
export function leaseOf(state: State, { address, who, since }: LeaseEntry, env: Env): Lease {
  return { address, mac: who.mac, name: nameOf(state.plan, who), since: since ?? env.wall };
}

/** Since when the client has leases here, under this or another address. */
function historyOf(
  state: State,
  question: Question,
  before: LeaseEntry | undefined,
  env: Env,
): Pick<LeaseEntry, 'since' | 'isKnown'> {
  const { who } = question;
  const other = state.table.ofClient(who);
  const own = [before, before?.former, other, other?.former].find(
    (entry) => entry?.since !== undefined && entry.who.client === who.client,
  );
  if (own?.since === undefined) return { since: env.wall, isKnown: false };
  const { since } = own;
  return { since, isKnown: own.isKnown === true || between(since, env.wall) >= KNOWN_AFTER };
}

/**
 * Has the lease recorded; the ACK follows when it is (promise: what was acknowledged survives a power cut). A repeated
 * REQUEST is answered by the same ACK.
 */
export function commit(state: State, address: Ipv4, question: Question, env: Env): Step {
  const before = state.table.get(address);
  if (before?.commit !== undefined) return ignore(state);
  const { who, message } = question;
  const isOwn = before?.who.client === who.client;
  const isRenewal = isOwn && before.phase === 'bound';
  if (!isRenewal && !isKnown(state, who) && !state.rate.admitsLease(env.now)) return ignore(state);
  const number = state.nextCommit;
  const entry: LeaseEntry = {
    address,
    who,
    phase: isRenewal ? 'bound' : 'offered',
    until: deadline(env.now, leaseTimeFor(state.plan.options, message)),
    vendor: vendorOf(message) ?? (isOwn ? before.vendor : undefined),
    commit: number,
    former: formerOf(before, who),
    ...historyOf(state, question, before, env),
  };
  const effects: Effect[] = [{ kind: 'persist', commit: number, binding: bindingOf(entry, env) }];
  effects.push(...leaveOther(state, entry), ...tellOfTwins(state, entry, env));
  // A name that changed is told with the commit, so the table keeps the old one until then.
  state.table.set(isRenewal ? { ...entry, who: before.who } : entry);
  state.commits.set(number, { question, address, until: entry.until });
  return { state: { ...state, nextCommit: number + 1 }, effects };
}

/** A client has one address: with a new one it leaves the old one. */
function leaveOther(state: State, entry: LeaseEntry): readonly Effect[] {
  const other = state.table.ofClient(entry.who);
  if (other?.phase !== 'bound' || other.address === entry.address) return [];
  return [
    { kind: 'persistEnd', address: other.address },
    { kind: 'ended', address: other.address },
  ];
}

/**
 * A client is its identifier (RFC 2131 §2), so of machines that were copied together with it all get one address. The server cannot
 * know which is meant to have it; the owner can.
 */
function tellOfTwins(state: State, { who, address }: LeaseEntry, env: Env): readonly Effect[] {
  const before = state.table.ofClient(who);
  if (before?.phase !== 'bound' || before.who.mac === who.mac) return [];
  // Without their MAC addresses: a device that makes new ones up would be told of each time.
  const text = `Devices of different MAC addresses call themselves by the same client identifier and so all get ${formatIpv4(address)}: if they are in use at one time, such as copies of a machine, each needs an identifier of its own`;
  return warn(state, text, env);
}

/** The lease is on stable storage, or cannot get there: a full disk must not keep the office from working. */
export function takePersisted(state: State, number: number, failure: string | undefined, env: Env): Step {
  const commit = state.commits.get(number);
  state.commits.delete(number);
  const before = commit === undefined ? undefined : state.table.get(commit.address);
  // Released or declined in the meantime: there is nothing to acknowledge any more.
  if (commit === undefined || before?.commit !== number) return ignore(state);
  const { address, until, question } = commit;
  const { who } = question;
  const { since, isKnown, vendor } = before;
  const entry: LeaseEntry = { address, who, until, phase: 'bound', since, isKnown, vendor };
  state.table.set(entry);
  const lease = leaseOf(state, entry, env);
  const leaseTime = leaseTimeFor(state.plan.options, question.message);
  const effects: Effect[] = [
    grant(state.plan, question, { type: 'ACK', address, leaseTime, name: lease.name }),
  ];
  const isNew = before.phase !== 'bound' || nameOf(state.plan, before.who) !== lease.name;
  if (isNew || before.who.mac !== who.mac) effects.push({ kind: 'began', lease });
  if (failure !== undefined) {
    const text = `Leases such as that of ${formatIpv4(address)} are given but cannot be recorded: ${failure}`;
    effects.push(...warn(state, text, env));
  }
  return { state, effects };
}
