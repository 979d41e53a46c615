import { parseArgs } from 'node:util';

/** The call itself is wrong, whatever the box: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What is known of a command before it is called. */
export interface Call {
  /** The words that call it, `user add`. */
  readonly name: string;
  readonly usage: string;
  /** How many words follow the name, at least and at most. */
  readonly words: readonly [least: number, most: number];
  /** Options; true for those that take a value. */
  readonly options: Readonly<Record<string, boolean>>;
}

export interface Given {
  readonly words: readonly string[];
  readonly flags: ReadonlyMap<string, string | true>;
}

/** The words and options behind the name of a command. @throws UsageError with what is wrong and what is wanted */
export function readOptions(call: Call, args: readonly string[]): Given {
  const words: string[] = [];
  const flags = new Map<string, string | true>();
  for (const token of tokensOf(call, args)) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind === 'option') flags.set(token.name, valueOf(call, token));
  }
  const [least, most] = call.words;
  if (words.length < least)
    throw wrong(call, words.length === 0 ? 'more is to be said' : 'a word is missing');
  if (words.length > most) throw wrong(call, `"${words[most] ?? ''}" is one word too many`);
  return { words, flags };
}

function wrong({ name, usage }: Call, what: string): UsageError {
  return new UsageError(`Cannot run "gatepost ${name}": ${what}; wanted is "gatepost ${usage}"`);
}

function tokensOf({ options }: Call, args: readonly string[]) {
  const types = Object.entries(options).map(([name, takesValue]) => [
    name,
    { type: takesValue ? 'string' : 'boolean' } as const,
  ]);
  // Not strict: what is wrong is said here, in our words.
  return parseArgs({
    args: [...args],
    options: Object.fromEntries(types) as Record<string, { readonly type: 'string' | 'boolean' }>,
    allowPositionals: true,
    strict: false,
    tokens: true,
  }).tokens;
}

type OptionToken = Extract<ReturnType<typeof tokensOf>[number], { kind: 'option' }>;

function valueOf(call: Call, { name, rawName, value, inlineValue }: OptionToken): string | true {
  const takesValue = Object.hasOwn(call.options, name) ? call.options[name] : undefined;
  if (takesValue === undefined) throw wrong(call, `there is no option ${rawName}`);
  if (!takesValue && value !== undefined) throw wrong(call, `${rawName} takes no value`);
  // The next option is no value: what was meant as one has been forgotten.
  const isForgotten = value === undefined || (!inlineValue && value.startsWith('--'));
  if (takesValue && isForgotten) throw wrong(call, `${rawName} is without its value`);
  return value ?? true;
}
