import type { ApiClient } from './client.ts';
import type { Screen } from './screen.ts';

/** What a command is given: its words and options already cut apart, and the world it may touch. */
export interface Context {
  readonly words: readonly string[];
  readonly flags: ReadonlyMap<string, string | true>;
  readonly api: ApiClient;
  readonly print: (text: string) => void;
  readonly screen: Screen;
  /** Reads a secret: from the terminal without echo, or the first line of standard input. */
  readonly readSecret: (prompt: string) => Promise<string>;
  readonly readFile: (path: string) => string;
}

/** A command of the owner's tool: one file each. */
export interface Command {
  /** The words that call it, `user add`. */
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  /** How many words follow the name, at least and at most. */
  readonly words: readonly [least: number, most: number];
  /** Options besides `--run DIR`; true for those that take a value. */
  readonly options: Readonly<Record<string, boolean>>;
  run(context: Context): Promise<void>;
}

/** Prints the value as JSON with `--json`, else as text for people. */
export function printEither<T>(context: Context, value: T, text: (value: T, screen: Screen) => string): void {
  context.print(context.flags.has('json') ? JSON.stringify(value, null, 2) : text(value, context.screen));
}
