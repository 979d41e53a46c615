import { UserError } from '../base/errors.ts';
import { fromUtf8, utf8 } from '../base/text.ts';
import type { Clock } from '../port/clock.ts';
import type { ConfigChange } from '../port/config-history.ts';
import type { Files } from '../port/files.ts';
import { parseConfigText, readConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';

/** Earlier configurations that are kept. */
export const HISTORY_ENTRIES = 50;
const HISTORY = 'config/history';
/** A password or its hash, as the owner sees it. */
const HIDDEN = '(hidden)';

export interface ConfigStoreOptions {
  /** The directory of the configuration file. */
  readonly files: Files;
  readonly fileName: string;
  /** The data directory, where the history lies. */
  readonly data: Files;
  readonly clock: Clock;
}

/** A configuration in both its forms: as the owner wrote it, and as the program uses it. */
export interface Loaded {
  readonly source: unknown;
  readonly config: Config;
}

/** A file of the history. */
interface HistoryEntry {
  readonly time: string;
  readonly cause: string;
  /** As it was before the change. */
  readonly config: unknown;
}

/** A person as written in the file. */
export interface SourceUser {
  readonly name: string;
  readonly password: string;
  readonly [key: string]: unknown;
}

function hideSecrets(value: unknown, key = ''): unknown {
  if (key === 'password') return HIDDEN;
  if (Array.isArray(value)) return value.map((one) => hideSecrets(one));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, hideSecrets(one, name)]));
}

/** What tells an element of a list from the others: the name of a person, a host. */
function labelOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, host } = value as { readonly name?: unknown; readonly host?: unknown };
  return name === undefined && host === undefined ? undefined : String(name ?? host);
}

/** Gives back the secrets that {@link hideSecrets} took: a configuration read from the box can be sent to it again. */
function restoreSecrets(value: unknown, before: unknown, key = ''): unknown {
  if (key === 'password') return value === HIDDEN ? (before ?? value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const known: readonly unknown[] = Array.isArray(before) ? before : [];
    return value.map((one, index) => {
      const label = labelOf(one);
      const same = label === undefined ? known[index] : known.find((other) => labelOf(other) === label);
      return restoreSecrets(one, same);
    });
  }
  const known = (before ?? {}) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, restoreSecrets(one, known[name], name)]),
  );
}

/** The owner's configuration on stable storage: one file, replaced as a whole, and the ones before it. */
export class ConfigStore {
  readonly #options: ConfigStoreOptions;
  #current: Loaded;

  private constructor(options: ConfigStoreOptions, current: Loaded) {
    this.#options = options;
    this.#current = current;
  }

  /** @throws ConfigError if the stored configuration is not acceptable; no file is the configuration of defaults */
  static async open(options: ConfigStoreOptions): Promise<ConfigStore> {
    const bytes = await options.files.read(options.fileName);
    const source = bytes === undefined ? { version: 1 } : parseConfigText(fromUtf8(bytes));
    return new ConfigStore(options, { source, config: readConfig(source) });
  }

  get current(): Loaded {
    return this.#current;
  }

  /** The file as it is, secrets included. */
  get text(): string {
    return textOf(this.#current);
  }

  /** As the owner may see it. */
  shown(): unknown {
    return hideSecrets(this.#current.source);
  }

  /** Validates a new configuration without taking it. @throws ConfigError with every problem */
  prepare(value: unknown): Loaded {
    const source = restoreSecrets(value, this.#current.source);
    return { source, config: readConfig(source) };
  }

  /** Changes, the latest first. One that cannot be read is left out. */
  async history(): Promise<readonly ConfigChange[]> {
    const changes: ConfigChange[] = [];
    for (const number of (await this.#kept()).toReversed()) {
      const entry = await this.#entry(number);
      if (entry !== undefined) changes.push({ number, time: entry.time, cause: entry.cause });
    }
    return changes;
  }

  /** The configuration before a change, or before the latest. @throws UserError if it is not kept */
  async before(number?: number): Promise<unknown> {
    const wanted = number ?? (await this.#kept()).at(-1);
    if (wanted === undefined) throw new UserError('Cannot go back: nothing has been changed yet');
    const entry = await this.#entry(wanted);
    if (entry !== undefined) return entry.config;
    throw new UserError(
      `Cannot go back to the configuration before change ${wanted}: it is not kept, or cannot be read; "gatepost config history" lists what there is`,
    );
  }

  /** A new configuration with another list at one place, `['firewall', 'blockedDevices']`, everything else as it is. */
  prepareList<T>(path: readonly string[], change: (entries: readonly T[]) => readonly T[]): Loaded {
    return this.prepare(
      withValue<readonly T[]>(this.#current.source, path, (entries = []) => change(entries)),
    );
  }

  /** The same for a value that is an object of names. */
  prepareRecord<T>(
    path: readonly string[],
    change: (entries: Readonly<Record<string, T>>) => Readonly<Record<string, T>>,
  ): Loaded {
    type Entries = Readonly<Record<string, T>>;
    return this.prepare(withValue<Entries>(this.#current.source, path, (entries = {}) => change(entries)));
  }

  /** Takes a prepared configuration: when the promise resolves it is on stable storage, the old one in the history. */
  async commit(next: Loaded, cause: string): Promise<void> {
    const { files, fileName } = this.#options;
    await this.#keep(this.#current, cause);
    await files.replace(fileName, utf8(textOf(next)));
    this.#current = next;
  }

  /** Keeps the configuration in force in the history, once however often it is asked for with the same cause. */
  async keepCurrent(cause: string): Promise<void> {
    const last = (await this.#kept()).at(-1);
    const kept = last === undefined ? undefined : await this.#entry(last);
    const { source } = this.#current;
    if (kept?.cause === cause && JSON.stringify(kept.config) === JSON.stringify(source)) return;
    await this.#keep(this.#current, cause);
  }

  async #keep({ source }: Loaded, cause: string): Promise<void> {
    const { data, clock } = this.#options;
    await data.makeDirectory(HISTORY);
    const numbers = await this.#kept();
    const last = numbers.at(-1) ?? 0;
    const entry = { time: new Date(clock.wallTime()).toISOString(), cause, config: source };
    await data.replace(pathOf(last + 1), utf8(`${JSON.stringify(entry, null, 2)}\n`));
    for (const number of numbers.slice(0, Math.max(0, numbers.length + 1 - HISTORY_ENTRIES)))
      await data.remove(pathOf(number));
  }

  /** Numbers of the changes whose configuration before is kept, the earliest first. */
  async #kept(): Promise<readonly number[]> {
    const names = await this.#options.data.list(HISTORY);
    return names
      .filter((name) => /^\d{4,}\.json$/.test(name))
      .map((name) => Number.parseInt(name, 10))
      .toSorted((a, b) => a - b);
  }

  async #entry(number: number): Promise<HistoryEntry | undefined> {
    const bytes = await this.#options.data.read(pathOf(number));
    if (bytes === undefined) return undefined;
    try {
      const entry = JSON.parse(fromUtf8(bytes)) as Partial<HistoryEntry>;
      const { time, cause, config } = entry;
      return time === undefined || cause === undefined ? undefined : { time, cause, config };
    } catch {
      return undefined;
    }
  }
}

function pathOf(number: number): string {
  return `${HISTORY}/${String(number).padStart(4, '0')}.json`;
}

function textOf({ source }: Loaded): string {
  return `${JSON.stringify(source, null, 2)}\n`;
}

/** The stored configuration has passed the schema, so what is there is of the form the schema wants. */
function withValue<T>(
  source: unknown,
  path: readonly string[],
  change: (value: T | undefined) => T,
): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return change(source as T | undefined);
  const whole = (source ?? {}) as Readonly<Record<string, unknown>>;
  return { ...whole, [key]: withValue(whole[key], rest, change) };
}
