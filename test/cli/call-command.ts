import assert from 'node:assert/strict';
import type { ApiClient } from '../../src/cli/client.ts';
import type { Command } from '../../src/cli/command.ts';

export interface Given {
  readonly words?: readonly string[];
  readonly flags?: Readonly<Record<string, string | true>>;
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
    readSecret: () => Promise.reject(new Error('no secret is wanted')),
    readFile: () => '',
  });
  return { printed: printed.join('\n'), sent };
}
