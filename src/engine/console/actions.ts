import { RESET_SCOPES } from '../reset/scopes.ts';

/** What the console can have done, each behind a word that has to be typed: a key hit by chance, or noise of a line, does nothing. */
export const ACTIONS = ['restart', 'other-system', 'reset', 'format'] as const;
export type Action = (typeof ACTIONS)[number];

export interface ActionText {
  readonly key: string;
  readonly label: string;
  /** To be typed. */
  readonly word: string;
  readonly explanation: readonly string[];
}

const { goes, stays, undo } = RESET_SCOPES.settings;

export const ACTION_TEXTS: Readonly<Record<Action, ActionText>> = {
  restart: {
    key: 'r',
    label: 'restart',
    word: 'restart',
    explanation: [
      'The board starts again. It takes about a minute; connections through the box stop meanwhile.',
    ],
  },
  'other-system': {
    key: 'o',
    label: 'other system',
    word: 'other',
    explanation: [
      'The board starts the system that was there before the last update, once. It stays if all works as it does now, else this one is back by itself.',
    ],
  },
  reset: {
    key: 'f',
    label: 'factory settings',
    word: 'reset',
    explanation: [
      'What goes:',
      ...goes.map((line) => `- ${line}`),
      'What stays:',
      ...stays.map((line) => `- ${line}`),
      ...(undo === null ? [] : [`To take it back: ${undo}.`]),
    ],
  },
  format: {
    key: 'd',
    label: 'format data',
    word: 'format',
    explanation: [
      'The data of the box are broken. Formatting makes empty ones at the next start: all stored mail and all settings go, and the box has factory settings then. What is in force now, "gatepost config show" prints; restore a backup of the mail afterwards.',
    ],
  },
};
