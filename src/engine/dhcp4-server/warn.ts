import { between } from '../../base/instant.ts';
import { MAX_WARNINGS, WARNING_INTERVAL } from './limits.ts';
import type { Effect, Env, State } from './state.ts';

/** A warning, unless the same was given within the hour: what a client can cause must not fill the log. */
export function warn(state: State, text: string, env: Env): readonly Effect[] {
  const last = state.warned.get(text);
  if (last !== undefined && between(last, env.now) < WARNING_INTERVAL) return [];
  if (state.warned.size >= MAX_WARNINGS) state.warned.clear();
  state.warned.set(text, env.now);
  return [{ kind: 'warn', text }];
}
