import { type Ipv4, formatIpv4 } from '../../base/ipv4.ts';
import type { LeaseBinding } from '../../port/lease-journal.ts';
import { nameFor } from './discover.ts';
import type { LeaseEntry, Question } from './lease-table.ts';
import { civilEnd, deadline, leaseTimeFor } from './lease-time.ts';
import { grant } from './reply.ts';
import { type Effect, type Env, type State, type Step, ignore } from './state.ts';
import { warn } from './warn.ts';

/** The record of a lease. */
export function bindingOf(entry: LeaseEntry, env: Env): LeaseBinding {
  const { address, who, name, until } = entry;
  return { address, client: who.client, mac: who.mac, hostName: name, expires: civilEnd(until, env) };
}

/**
 * Has the lease recorded; the ACK follows when it is (promise: what was acknowledged survives a power cut). A repeated
 * REQUEST is answered by the same ACK.
 */
export function commit(state: State, address: Ipv4, question: Question, env: Env): Step {
  const before = state.table.get(address);
  if (before?.commit !== undefined) return ignore(state);
  const number = state.nextCommit;
  const { who } = question;
  const entry: LeaseEntry = {
    address,
    who,
    name: nameFor(state, question) ?? (before?.who.client === who.client ? before.name : undefined),
    phase: before?.phase === 'bound' ? 'bound' : 'offered',
    until: deadline(env.now, leaseTimeFor(state.plan.options, question.message)),
    commit: number,
  };
  const effects: Effect[] = [{ kind: 'persist', commit: number, binding: bindingOf(entry, env) }];
  effects.push(...leaveOther(state, entry));
  // A name that changed is told with the commit, so the table keeps the old one until then.
  state.table.set(before?.phase === 'bound' ? { ...entry, name: before.name } : entry);
  state.commits.set(number, { question, address, name: entry.name, until: entry.until });
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

/** The lease is on stable storage, or cannot get there: a full disk must not keep the office from working. */
export function takePersisted(state: State, number: number, failure: string | undefined, env: Env): Step {
  const commit = state.commits.get(number);
  state.commits.delete(number);
  const before = commit === undefined ? undefined : state.table.get(commit.address);
  // Released or declined in the meantime: there is nothing to acknowledge any more.
  if (commit === undefined || before?.commit !== number) return ignore(state);
  const { address, name, until, question } = commit;
  const { who } = question;
  state.table.set({ address, who, name, until, phase: 'bound' });
  const leaseTime = leaseTimeFor(state.plan.options, question.message);
  const effects: Effect[] = [grant(state.plan.options, question, { type: 'ACK', address, leaseTime, name })];
  if (before.phase !== 'bound' || before.name !== name) {
    effects.push({ kind: 'began', lease: { address, mac: who.mac, name } });
  }
  if (failure !== undefined) {
    const text = `Leases such as that of ${formatIpv4(address)} are given but cannot be recorded: ${failure}`;
    effects.push(...warn(state, text, env));
  }
  return { state, effects };
}
