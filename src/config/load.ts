import type * as z from 'zod';
import { ConfigError, type Problem, messageOf } from '../base/errors.ts';
import { findConflicts } from './conflicts.ts';
import { type Config, configSchema } from './schema.ts';
import { problemsOf } from './problems.ts';
import { repeatedKeys } from './repeated-keys.ts';

/** What some editors put in front of a text in UTF-8. */
const BYTE_ORDER_MARK = /^\u{FEFF}/u;
/** The problems between values of the parts whose form is right, while other parts have problems of form. */
function conflictsBeside(value: unknown, issues: readonly z.core.$ZodIssue[]): readonly Problem[] {
  if (typeof value !== 'object' || value === null) return [];
  const unreadable = new Set(issues.map(({ path }) => String(path[0] ?? '')));
  const known = Object.entries(value).filter(([part]) => part in configSchema.shape && !unreadable.has(part));
  const rest = configSchema.safeParse({ ...Object.fromEntries(known), version: 1 });
  return rest.success ? findConflicts(rest.data, unreadable) : [];
}

/**
 * The configuration a JSON value stands for.
 * @throws ConfigError with every problem at once: those of form, and those between values that could be read
 */
export function readConfig(value: unknown): Config {
  const result = configSchema.safeParse(value);
  if (!result.success) {
    const { issues } = result.error;
    throw new ConfigError([...problemsOf(value, issues), ...conflictsBeside(value, issues)]);
  }
  const problems = findConflicts(result.data);
  if (problems.length > 0) throw new ConfigError(problems);
  return result.data;
}

/** The JSON value of a configuration file's text. @throws ConfigError if it is not JSON, or says something twice */
export function parseConfigText(text: string): unknown {
  const value = parseJson(text);
  const problems = repeatedKeys(text);
  if (problems.length > 0) throw new ConfigError(problems);
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(BYTE_ORDER_MARK, '')) as unknown;
  } catch (error) {
    throw new ConfigError([
      { path: '', found: `text that is not JSON (${withoutText(error, text)})`, wanted: 'one JSON object' },
    ]);
  }
}

/** What V8 quotes before and behind the place of an error when it gives no position: up to ten characters each, a password perhaps. */
const QUOTED = /, (\.\.\.)?"([^]*)"(?:\.\.\.)? is not valid JSON$/;
const BEFORE = 10;

/** Where the text is wrong, and how, without a word of it. */
function withoutText(error: unknown, text: string): string {
  const message = messageOf(error);
  const [found, cut, quoted = ''] = QUOTED.exec(message) ?? [];
  if (found === undefined) return message;
  const at = Math.max(0, text.indexOf(quoted)) + (cut === undefined ? 0 : BEFORE);
  return `${message.slice(0, -found.length)} in line ${text.slice(0, at).split('\n').length}`;
}
