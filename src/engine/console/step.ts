import { ACTIONS, ACTION_TEXTS, type Action } from './actions.ts';
import { type ConsoleFacts, type Log, NOTHING_KNOWN } from './facts.ts';
import type { Key } from './keys.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export type View =
  | { readonly kind: 'status' }
  | { readonly kind: 'address' }
  | { readonly kind: 'log'; readonly lines: Log | undefined }
  | { readonly kind: 'confirm'; readonly action: Action; readonly typed: string }
  /** What came of an action. */
  | { readonly kind: 'message'; readonly text: string };

export interface ConsoleState {
  readonly view: View;
  readonly size: Size;
  readonly facts: ConsoleFacts;
}

export type ConsoleEvent =
  | { readonly kind: 'key'; readonly key: Key }
  | { readonly kind: 'facts'; readonly facts: ConsoleFacts }
  | { readonly kind: 'size'; readonly size: Size }
  | { readonly kind: 'log'; readonly lines: Log }
  | { readonly kind: 'answer'; readonly text: string }
  /** Nobody has touched a key for a while. */
  | { readonly kind: 'idle' };

export type ConsoleEffect =
  | { readonly kind: 'read-log' }
  | { readonly kind: 'act'; readonly action: Action }
  /** Draw all of it: something else may have written on the screen. */
  | { readonly kind: 'repaint' };

export interface ConsoleStep {
  readonly state: ConsoleState;
  readonly effects: readonly ConsoleEffect[];
}

/** What is kept of what was typed: longer than any word that is asked for. */
const MAX_TYPED = 16;
const STATUS: View = { kind: 'status' };

export function initialConsole(size: Size): ConsoleState {
  return { view: STATUS, size, facts: NOTHING_KNOWN };
}

/** Which actions there are now. */
export function actionsOf({ box }: ConsoleFacts): readonly Action[] {
  if (box === undefined) return [];
  const isThere: Readonly<Record<Action, boolean>> = {
    restart: true,
    'other-system': box.update !== null,
    reset: true,
    format: box.data.canFormat,
  };
  return ACTIONS.filter((action) => isThere[action]);
}

/** The console at an event. */
export function stepConsole(state: ConsoleState, event: ConsoleEvent): ConsoleStep {
  switch (event.kind) {
    case 'facts':
      return only({ ...state, facts: event.facts });
    case 'size':
      return { state: { ...state, size: event.size }, effects: [{ kind: 'repaint' }] };
    case 'log':
      return only(
        state.view.kind === 'log' ? { ...state, view: { kind: 'log', lines: event.lines } } : state,
      );
    case 'answer':
      return only({ ...state, view: { kind: 'message', text: event.text } });
    case 'idle':
      return only({ ...state, view: STATUS });
    case 'key':
      return keyed(state, event.key);
    default:
      return event satisfies never;
  }
}

function only(state: ConsoleState): ConsoleStep {
  return { state, effects: [] };
}

function show(state: ConsoleState, view: View, ...effects: readonly ConsoleEffect[]): ConsoleStep {
  return { state: { ...state, view }, effects };
}

function keyed(state: ConsoleState, key: Key): ConsoleStep {
  const { view } = state;
  if (key.kind === 'escape') return show(state, STATUS, { kind: 'repaint' });
  if (view.kind === 'confirm') return confirmed(state, view, key);
  if (view.kind !== 'status') return show(state, STATUS, { kind: 'repaint' });
  const character = key.kind === 'character' ? key.character.toLowerCase() : '';
  if (character === 'a') return show(state, { kind: 'address' });
  if (character === 'l') return show(state, { kind: 'log', lines: undefined }, { kind: 'read-log' });
  const action = actionsOf(state.facts).find((one) => ACTION_TEXTS[one].key === character);
  if (action !== undefined) return show(state, { kind: 'confirm', action, typed: '' });
  return { state, effects: [{ kind: 'repaint' }] };
}

function confirmed(state: ConsoleState, view: View & { kind: 'confirm' }, key: Key): ConsoleStep {
  const { action, typed } = view;
  if (key.kind === 'character')
    return show(state, { ...view, typed: (typed + key.character).slice(0, MAX_TYPED) });
  if (key.kind === 'backspace') return show(state, { ...view, typed: typed.slice(0, -1) });
  if (typed.trim().toLowerCase() !== ACTION_TEXTS[action].word)
    return show(state, { kind: 'message', text: 'Nothing was done: another word was to be typed.' });
  return show(state, { kind: 'message', text: 'One moment ...' }, { kind: 'act', action });
}
