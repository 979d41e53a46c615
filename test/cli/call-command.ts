import assert from 'node:assert/strict';
import { Timestamp } from '../../src/base/instant.ts';
import type { ApiClient } from '../../src/cli/client.ts';
import type { Command } from '../../src/cli/command.ts';
import type { Screen } from '../../src/cli/screen.ts';

/** A pipe at noon of the day of the fake box. */
export const SCREEN: Screen = { now: Timestamp(Date.parse('2026-11-22T12:00:00Z')), columns: undefined };

export interface Given {
  readonly words?: readonly string[];
  readonly flags?: Readonly<Record<string, string | true>>;
  /** Of a terminal; without them it is a pipe. */
  readonly columns?: number;
}

/** What a command did: all that it printed, and what it asked the API for, `['GET', path]` or `[method, path, body]`. */
export interface Done {
  readonly printed: string;
  readonly sent: readonly unknown[];
}

/** Runs a command against an API that answers everything with this. */
export async function callCommand(command: Command, given: Given, answer: unknown): Promise<Done> {
  const [printed, sent]: [string[], unknown[]] = [[], []];
  const api: ApiClient = {
    upload: () => assert.fail(),
    get: <T>(path: string) => {
      sent.push(['GET', path]);
      return Promise.resolve(answer as T);
    },
    send: <T>(...request: readonly unknown[]) => {
      sent.push(request);
      return Promise.resolve(answer as T);
    },
  };
  await command.run({
    words: given.words ?? [],
    flags: new Map(Object.entries(given.flags ?? {})),
    api,
    print: (text) => void printed.push(text),
    screen: { ...SCREEN, columns: given.columns },
    readSecret: () => Promise.reject(new Error('no secret is wanted')),
    readFile: () => '',
  });
  return { printed: printed.join('\n'), sent };
}
