import type * as z from 'zod';
import type { Problem } from '../base/errors.ts';
import { wantedText } from './wanted-text.ts';

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

/** A value of the owner as a problem shows it: not a secret, and not page after page. */
export function foundText(path: string, value: unknown): string {
  if (value === undefined) return 'nothing';
  if (isSecret(path) && value !== null) return '(hidden)';
  const text =
    JSON.stringify(value, (key, one: unknown) => (isSecret(key) && one !== null ? '(hidden)' : one)) ??
    typeof value;
  return text.length > FOUND_LENGTH ? `${text.slice(0, FOUND_LENGTH)}…` : text;
}

/** What stands at the place: an issue itself carries what a conversion has made of it. */
function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
        ? (inner as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  );
}

/** Of a value of the wrong kind nothing else is worth saying: a text has a length, too, but is no list that is too long. */
function isWorthSaying(issue: z.core.$ZodIssue, index: number, issues: readonly z.core.$ZodIssue[]): boolean {
  const place = pathText(issue.path);
  return !issues
    .slice(0, index)
    .some(({ code, path }) => code === 'invalid_type' && pathText(path) === place);
}

/** What is wrong with a value, from what zod says of it: one issue is one problem, but for unknown keys, which are one problem each. */
export function problemsOf(value: unknown, issues: readonly z.core.$ZodIssue[]): Problem[] {
  return issues.filter(isWorthSaying).flatMap((issue) => {
    const path = pathText(issue.path);
    if (issue.code !== 'unrecognized_keys')
      return [{ path, found: foundText(path, valueAt(value, issue.path)), wanted: wantedText(issue) }];
    return issue.keys.map((key) => ({
      path: path === '' ? key : `${path}.${key}`,
      found: 'an unknown key',
      wanted: 'no such key',
    }));
  });
}
