import { type Duration, Milliseconds, Seconds } from '../../base/duration.ts';
import { unreachable } from '../../base/errors.ts';
import { after, between, type Instant } from '../../base/instant.ts';
import { backOff } from './back-off.ts';

/** How a child role is kept running. */
export interface Policy {
  /** Wait before the first restart; short, because a role killed once must be back within 2 seconds. */
  readonly firstDelay: Duration;
  /** The wait doubles with every failure up to this. */
  readonly maxDelay: Duration;
  /** A run at least this long counts as healthy: the next restart waits {@link firstDelay} again. */
  readonly healthyAfter: Duration;
  /** How long a role asked to stop may take before SIGTERM, and again before SIGKILL. */
  readonly stopGrace: Duration;
}

export const DEFAULT_POLICY: Policy = {
  firstDelay: Milliseconds(100),
  maxDelay: Seconds(30),
  healthyAfter: Seconds(10),
  stopGrace: Seconds(3),
};

export type State =
  | { readonly phase: 'stopped'; readonly failures: number }
  | { readonly phase: 'running'; readonly failures: number; readonly since: Instant }
  | { readonly phase: 'waiting'; readonly failures: number; readonly until: Instant }
  | {
      readonly phase: 'stopping';
      readonly failures: number;
      /** What follows at `until` if the process is still there. */
      readonly next: 'terminate' | 'kill' | 'nothing';
      readonly until: Instant;
    };

/** `exited` covers a process that could not be started at all. `wake` may come at any time, also too early. */
export type Event = { readonly kind: 'start' | 'stop' | 'exited' | 'wake' };

export type Effect =
  | { readonly kind: 'spawn' }
  /** Send the role the message that asks it to finish its work and end. */
  | { readonly kind: 'askToStop' }
  | { readonly kind: 'signal'; readonly signal: 'SIGTERM' | 'SIGKILL' }
  | { readonly kind: 'wake'; readonly at: Instant };

export interface Env {
  readonly now: Instant;
  /** An integer from 0 to `limit` - 1. */
  readonly random: (limit: number) => number;
  readonly policy: Policy;
}

interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export const INITIAL: State = { phase: 'stopped', failures: 0 };

/** The life of one child role: started, restarted with back-off when it ends by itself, ended when asked to. */
export function stepRole(state: State, event: Event, env: Env): Step {
  switch (event.kind) {
    case 'start':
      return state.phase === 'stopped' ? spawn(0, env) : { state, effects: [] };
    case 'stop':
      return stop(state, env);
    case 'exited':
      return exited(state, env);
    case 'wake':
      return wake(state, env);
    default:
      return unreachable(event.kind);
  }
}

function spawn(failures: number, env: Env): Step {
  return { state: { phase: 'running', failures, since: env.now }, effects: [{ kind: 'spawn' }] };
}

function exited(state: State, env: Env): Step {
  if (state.phase === 'stopping') return { state: INITIAL, effects: [] };
  if (state.phase !== 'running') return { state, effects: [] };
  const healthy = between(state.since, env.now) >= env.policy.healthyAfter;
  const failures = healthy ? 1 : state.failures + 1;
  const until = after(env.now, backOff(failures, env));
  return { state: { phase: 'waiting', failures, until }, effects: [{ kind: 'wake', at: until }] };
}

function stop(state: State, env: Env): Step {
  if (state.phase === 'waiting') return { state: INITIAL, effects: [] };
  if (state.phase !== 'running') return { state, effects: [] };
  return escalate({ failures: state.failures, next: 'terminate' }, [{ kind: 'askToStop' }], env);
}

function wake(state: State, env: Env): Step {
  if (state.phase !== 'waiting' && state.phase !== 'stopping') return { state, effects: [] };
  if (env.now < state.until) return { state, effects: [{ kind: 'wake', at: state.until }] };
  if (state.phase === 'waiting') return spawn(state.failures, env);
  const { failures } = state;
  if (state.next === 'terminate') {
    return escalate({ failures, next: 'kill' }, [{ kind: 'signal', signal: 'SIGTERM' }], env);
  }
  if (state.next === 'kill') {
    return escalate({ failures, next: 'nothing' }, [{ kind: 'signal', signal: 'SIGKILL' }], env);
  }
  return { state, effects: [] };
}

function escalate(
  stopping: Pick<State & { phase: 'stopping' }, 'failures' | 'next'>,
  effects: readonly Effect[],
  env: Env,
): Step {
  const until = after(env.now, env.policy.stopGrace);
  return {
    state: { phase: 'stopping', ...stopping, until },
    effects: stopping.next === 'nothing' ? effects : [...effects, { kind: 'wake', at: until }],
  };
}
