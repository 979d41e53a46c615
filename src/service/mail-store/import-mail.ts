import { KernelError, UserError, messageOf } from '../../base/errors.ts';
import { Timestamp } from '../../base/instant.ts';
import type { Files } from '../../port/files.ts';
import { type MailStore, QuotaError, StoreFullError } from '../../port/mailbox.ts';
import { toCrlf } from '../../wire/mail/line-ends.ts';
import { MboxReader } from '../../wire/mail/mbox.ts';

export interface ImportedMessage {
  /** Undefined if the source does not tell it: then it is now. */
  readonly received: Timestamp | undefined;
  /** With CRLF line ends, as the store wants it. */
  readonly content: Uint8Array;
}

export interface ImportReport {
  readonly imported: number;
  readonly octets: number;
  /** Why it ended early; undefined if all was stored. */
  readonly problem: string | undefined;
}

/** A longer message is passed over. */
export const MAX_IMPORTED_MESSAGE = 100 * 1024 * 1024;
/** Of an entry of a Maildir that is gone, or no file. */
const NO_MESSAGE: ReadonlySet<string> = new Set(['ENOENT', 'EISDIR', 'ENXIO', 'ELOOP']);
const CHUNK = 256 * 1024;
/** Messages under way at once, so that they share batches; by their octets, so that memory is bounded. */
const AT_ONCE = 16;
const OCTETS_AT_ONCE = 8 * 1024 * 1024;

/** Stores messages in a mailbox, in their order. Ends early, with everything before stored, when there is no room. @throws KernelError */
export async function importMail(
  store: Pick<MailStore, 'deliver'>,
  user: string,
  messages: AsyncIterable<ImportedMessage>,
): Promise<ImportReport> {
  let [imported, octets] = [0, 0];
  for await (const group of groupsOf(messages)) {
    const stored = group.map(({ content, received }) =>
      store.deliver({ sender: '', users: [user], received }, content),
    );
    const outcomes = await Promise.allSettled(stored);
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'rejected') continue;
      imported += 1;
      octets += group[index]?.content.length ?? 0;
    }
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) return { imported, octets, problem: problemOf(failed.reason) };
  }
  return { imported, octets, problem: undefined };
}

function problemOf(error: unknown): string {
  if (!(error instanceof QuotaError) && !(error instanceof StoreFullError)) throw error;
  return messageOf(error);
}

async function* groupsOf(messages: AsyncIterable<ImportedMessage>): AsyncGenerator<ImportedMessage[]> {
  let [group, size]: [ImportedMessage[], number] = [[], 0];
  for await (const message of messages) {
    group.push(message);
    size += message.content.length;
    if (group.length < AT_ONCE && size < OCTETS_AT_ONCE) continue;
    yield group;
    [group, size] = [[], 0];
  }
  if (group.length > 0) yield group;
}

/** Called with the number of messages that are passed over as too long. */
export type OnPassedOver = (count: number) => void;

/** The messages of an mbox file. @throws UserError if it is none, KernelError */
export async function* readMbox(
  files: Files,
  name: string,
  onPassedOver: OnPassedOver,
): AsyncGenerator<ImportedMessage> {
  const reader = new MboxReader({ messageSize: MAX_IMPORTED_MESSAGE });
  const file = await files.open(name, 'read');
  try {
    let found = 0;
    for (let offset = 0; ;) {
      const chunk = await file.read(offset, CHUNK);
      const messages = chunk.length === 0 ? reader.finish() : reader.push(chunk);
      found += messages.length;
      for (const { received, content } of messages) yield { received, content: toCrlf(content) };
      offset += chunk.length;
      if (chunk.length > 0) continue;
      if (reader.tooLarge > 0) onPassedOver(reader.tooLarge);
      else if (found === 0 && offset > 0) throw noMbox(name);
      return;
    }
  } finally {
    await file.close();
  }
}

function noMbox(name: string): UserError {
  return new UserError(
    `Cannot import ${name}: it is no mbox file, in which each message follows a line "From SENDER DATE"; a single message can be put into the directory "cur" of a Maildir`,
  );
}

/** The messages of a Maildir, the oldest first by their names. @throws UserError if it is none, KernelError */
export async function* readMaildir(
  files: Files,
  onPassedOver: OnPassedOver,
): AsyncGenerator<ImportedMessage> {
  const parts = await files.list('.');
  if (!parts.includes('cur') && !parts.includes('new'))
    throw new UserError(
      'Cannot import the directory: it is no Maildir, in which messages are in the directories "cur" and "new"',
    );
  const found: { readonly path: string; readonly seconds: number }[] = [];
  for (const directory of ['cur', 'new']) {
    for (const name of await files.list(directory)) {
      const seconds = Number(/^\d{1,11}(?=\.)/.exec(name)?.[0] ?? Number.NaN);
      if (!name.startsWith('.')) found.push({ path: `${directory}/${name}`, seconds });
    }
  }
  found.sort((a, b) => (a.seconds || 0) - (b.seconds || 0));
  for (const { path, seconds } of found) {
    const bytes = await readMessage(files, path, onPassedOver);
    if (bytes === undefined) continue;
    const received = Number.isNaN(seconds) ? undefined : Timestamp(seconds * 1000);
    yield { received, content: toCrlf(bytes) };
  }
}

/** Undefined for one that a mail program has moved since it was listed, for what is no file, and for one that is too long, which is not read for that. */
async function readMessage(
  files: Files,
  path: string,
  onPassedOver: OnPassedOver,
): Promise<Uint8Array | undefined> {
  try {
    const file = await files.open(path, 'read');
    try {
      const size = await file.size();
      if (size <= MAX_IMPORTED_MESSAGE) return await file.read(0, size);
      onPassedOver(1);
      return undefined;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof KernelError && NO_MESSAGE.has(error.errno)) return undefined;
    throw error;
  }
}
