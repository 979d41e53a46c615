import type * as z from 'zod';
import { ConfigError, type Problem, messageOf } from '../base/errors.ts';
import { findConflicts } from './conflicts.ts';
import { type Config, configSchema } from './schema.ts';
import { wantedText } from './wanted-text.ts';

/** What some editors put in front of a text in UTF-8. */
const BYTE_ORDER_MARK = /^\u{FEFF}/u;
/** The longest text of a found value that a problem shows. */
const FOUND_LENGTH = 80;

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : `${text}${text === '' ? '' : '.'}${String(key)}`,
    '',
  );
}

function isSecret(path: string): boolean {
  return /password|secret|key$/i.test(path);
}

function foundText(path: string, value: unknown): string {
  if (value === undefined) return 'nothing';
  if (isSecret(path)) return '(hidden)';
  const text =
    JSON.stringify(value, (key, one: unknown) => (isSecret(key) ? '(hidden)' : one)) ?? typeof value;
  return text.length > FOUND_LENGTH ? `${text.slice(0, FOUND_LENGTH)}…` : text;
}

/** One zod issue is one problem, but for unknown keys, which are one problem each. */
function toProblems(issue: z.core.$ZodIssue): readonly Problem[] {
  const path = pathText(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: path === '' ? key : `${path}.${key}`,
      found: 'an unknown key',
      wanted: 'no such key',
    }));
  }
  return [{ path, found: foundText(path, issue.input), wanted: wantedText(issue) }];
}

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
  const result = configSchema.safeParse(value, { reportInput: true });
  if (!result.success) {
    const { issues } = result.error;
    throw new ConfigError([...issues.flatMap(toProblems), ...conflictsBeside(value, issues)]);
  }
  const problems = findConflicts(result.data);
  if (problems.length > 0) throw new ConfigError(problems);
  return result.data;
}

/** The JSON value of a configuration file's text. @throws ConfigError if it is not JSON */
export function parseConfigText(text: string): unknown {
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
