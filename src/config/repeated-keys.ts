import type { Problem } from '../base/errors.ts';

/** Strings and the marks between values; numbers and words say nothing here. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;

interface Level {
  readonly path: string;
  /** Of an object the keys so far, each with how often it came; undefined for a list. */
  readonly keys: Map<string, number> | undefined;
  /** The key or index of the value that is read. */
  place: string | number | undefined;
}

function pathOf({ path, place }: Level): string {
  if (typeof place === 'number') return `${path}[${place}]`;
  return path === '' || place === undefined ? `${path}${place ?? ''}` : `${path}.${place}`;
}

/** A string of an object is a key, if none is being read. */
function readString(level: Level | undefined, token: string): void {
  if (level?.keys === undefined || level.place !== undefined) return;
  const key = JSON.parse(token) as string;
  level.place = key;
  level.keys.set(key, (level.keys.get(key) ?? 0) + 1);
}

/**
 * Keys that stand in one object more than once, of a text that is JSON: `JSON.parse` takes the last and says nothing (RFC 8259 section 4
 * leaves it open), and what an owner has written in the first would be gone.
 */
export function repeatedKeys(text: string): Problem[] {
  const levels: Level[] = [];
  const problems: Problem[] = [];
  for (const [token] of text.matchAll(TOKEN)) {
    const level = levels.at(-1);
    if (token === '{' || token === '[') {
      const path = level === undefined ? '' : pathOf(level);
      levels.push(
        token === '{' ? { path, keys: new Map(), place: undefined } : { path, keys: undefined, place: 0 },
      );
    } else if (token === '}' || token === ']') {
      problems.push(...problemsOf(levels.pop()));
    } else if (token !== ',') {
      readString(level, token);
    } else if (level !== undefined) {
      level.place = typeof level.place === 'number' ? level.place + 1 : undefined;
    }
  }
  return problems;
}

function problemsOf(level: Level | undefined): Problem[] {
  return [...(level?.keys ?? [])]
    .filter(([, times]) => times > 1)
    .map(([key, times]) => ({
      path: level?.path === '' ? key : `${level?.path}.${key}`,
      found: `the key ${times} times`,
      wanted: 'each key once',
    }));
}
