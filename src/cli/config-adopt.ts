import { ConfigError, UserError, messageOf } from '../base/errors.ts';
import { fromUtf8, utf8 } from '../base/text.ts';
import { parseConfigText, readConfig } from '../config/load.ts';
import type { Files } from '../port/files.ts';
import { RESET_WANTED_FILE } from '../service/reset/reset.ts';
import type { Command } from './command.ts';
import { dataFiles, fileIn } from './mail-directory.ts';

const CURRENT = 'config/current.json';
/** A configuration of 2000 forwards and 1000 people is below a megabyte. */
const MAX_OCTETS = 4 * 2 ** 20;

/**
 * For every start of a card that its owner may have put a configuration on, on whatever computer there was: the outcome is written beside it
 * as text that every editor shows.
 */
export const configAdoptCommand: Command = {
  name: 'config adopt',
  usage: 'config adopt FILE [--data DIR]',
  summary: 'takes a configuration for a box that has none yet, and writes beside it what came of that',
  words: [1, 1],
  options: { data: true },
  async run(context) {
    const [path = ''] = context.words;
    const place = fileIn(path);
    const card = new CardFile(place.files, place.name);
    const data = dataFiles(context);
    const found = await card.find();
    if (found === undefined) return context.print('nothing to take');
    try {
      const bytes = await readBounded(place.files, found);
      const current = await data.read(CURRENT);
      if (!isWiped(bytes) || current === undefined) await takeUnlessTaken(data, current, sourceOf(bytes));
    } catch (error) {
      await card.tellErrors(messageOf(error).split('\n'));
      if (!(error instanceof ConfigError || error instanceof UserError)) throw error;
      throw new UserError(`Cannot take the configuration "${path}": ${error.message.replaceAll('\n', '; ')}`);
    }
    await card.takeAway(found);
    context.print(`${path} is the configuration now`);
  },
};

async function takeUnlessTaken(data: Files, current: Uint8Array | undefined, source: unknown): Promise<void> {
  if ((await data.read(RESET_WANTED_FILE)) !== undefined)
    throw new UserError(
      'A reset of the box is not complete, and would delete what is taken now; the file is taken when it is',
    );
  if (current !== undefined) return requireSame(source, current);
  await data.makeDirectory('config');
  await data.replace(CURRENT, utf8(textOfConfig(source)));
}

/** @throws UserError */
async function readBounded(files: Files, name: string): Promise<Uint8Array> {
  const file = await files.open(name, 'read');
  try {
    const octets = await file.size();
    if (octets > MAX_OCTETS)
      throw new UserError(`It has ${octets} octets, and a configuration has at most ${MAX_OCTETS}`);
    return await file.read(0, octets);
  } finally {
    await file.close();
  }
}

/** Whether the power went while a file that had been taken was taken away. */
function isWiped(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes.every((octet) => octet === 0);
}

/** @throws ConfigError */
function sourceOf(bytes: Uint8Array): unknown {
  const source = parseConfigText(textOf(bytes));
  readConfig(source);
  return source;
}

/** Some editors write UTF-16 with the mark FF FE in front. */
function textOf(bytes: Uint8Array): string {
  return bytes[0] === 0xff && bytes[1] === 0xfe ? new TextDecoder('utf-16le').decode(bytes) : fromUtf8(bytes);
}

function textOfConfig(source: unknown): string {
  return `${JSON.stringify(source, null, 2)}\n`;
}

/** Of an earlier start that was cut off between taking the file and taking it away. @throws UserError for any other */
function requireSame(source: unknown, current: Uint8Array): void {
  if (fromUtf8(current) === textOfConfig(source)) return;
  throw new UserError(
    'The box has a configuration already. To begin anew with this file, put an empty file named "reset" beside it and start the box; to keep what there is, delete this file',
  );
}

/** The owner's file, and what is written beside it. */
class CardFile {
  readonly #files: Files;
  readonly #name: string;

  constructor(files: Files, name: string) {
    this.#files = files;
    this.#name = name;
  }

  /** Its name on the card: where the ends of names are hidden, an editor has added its own. */
  async find(): Promise<string | undefined> {
    const names = await this.#files.list('.');
    const wanted = this.#name.toLowerCase();
    const nameOf = (one: string): string | undefined => names.find((name) => name.toLowerCase() === one);
    return nameOf(wanted) ?? nameOf(`${wanted}.txt`);
  }

  async tellErrors(lines: readonly string[]): Promise<void> {
    const first = `${this.#name} is not taken. What is wrong with it:`;
    await this.#tell(this.#errors, [first, ...lines]);
  }

  /** What is taken holds passwords, and this partition is open to whoever has the card: zeros over it, then its name goes. */
  async takeAway(name: string): Promise<void> {
    await this.#tell(this.#taken, [
      `${this.#name} is the configuration of the box now, and was deleted here because it may hold passwords.`,
      'Change settings on the box from now on; another file of this name is taken after a reset.',
    ]);
    const file = await this.#files.open(name, 'existing');
    try {
      await file.write(0, [new Uint8Array(await file.size())]);
      await file.sync();
    } finally {
      await file.close();
    }
    await this.#files.remove(name);
    if ((await this.#files.read(this.#errors)) !== undefined) await this.#files.remove(this.#errors);
    await this.#files.syncDirectory('.');
  }

  get #errors(): string {
    return `${this.#name}.errors.txt`;
  }

  get #taken(): string {
    return `${this.#name}.taken.txt`;
  }

  /** Lines as Windows ends them. What is there already is not written again: this is done at every start. */
  async #tell(name: string, lines: readonly string[]): Promise<void> {
    const text = utf8(lines.map((line) => `${line}\r\n`).join(''));
    const before = await this.#files.read(name);
    if (before === undefined || !Buffer.from(before).equals(text)) await this.#files.replace(name, text);
  }
}
