import { Dialogue } from '../../../src/io/pop3-server-bare/dialogue.ts';
import { HeldOctets } from '../../../src/io/pop3-server-bare/held-octets.ts';
import { allLanguages } from '../../../src/io/pop3-server-bare/language.ts';
import { DEFAULT_POP3_LIMITS, type Pop3Limits } from '../../../src/io/pop3-server-bare/limits.ts';
import { LoginGuard } from '../../../src/io/pop3-server-bare/login-guard.ts';
import type {
  Pop3Event,
  Pop3Maildrop,
  Pop3Message,
  Pop3Outcome,
  Pop3ServerOptions,
  Pop3Session,
  Pop3User,
} from '../../../src/io/pop3-server-bare/options.ts';
import type { Transport } from '../../../src/io/pop3-server-bare/transport.ts';
import { UserSessions } from '../../../src/io/pop3-server-bare/user-sessions.ts';

/** A maildrop of texts, a character an octet; records what was asked of it. */
export class TextMaildrop implements Pop3Maildrop {
  readonly messages: readonly Pop3Message[];
  readonly removed: string[] = [];
  readonly retrieved: string[] = [];
  updates = 0;
  closes = 0;
  failsToUpdate = false;
  readError: Error | undefined;
  /** Gives messages in pieces of so many octets. */
  pieces: number | undefined;
  readonly #texts: readonly string[];

  constructor(texts: readonly string[]) {
    this.#texts = texts;
    this.messages = texts.map((text, index) => ({ uid: `uid-${index + 1}`, size: text.length }));
  }

  async read(message: Pop3Message, _part?: 'whole' | 'top'): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
    if (this.readError !== undefined) throw this.readError;
    const content = Buffer.from(this.#texts[this.messages.indexOf(message)] ?? '', 'latin1');
    return this.pieces === undefined ? content : piecesOf(content, this.pieces);
  }

  async update({ deleted, retrieved }: Pop3Outcome): Promise<void> {
    this.updates++;
    if (this.failsToUpdate) throw new Error('the storage is full');
    this.removed.push(...deleted.map((message) => message.uid));
    this.retrieved.push(...retrieved.map((message) => message.uid));
  }

  close(): void {
    this.closes++;
  }
}

export async function* piecesOf(content: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += length) yield content.subarray(at, at + length);
}

/** Two short messages, the second with dot lines and without an end of its last line. */
export const TWO_MESSAGES = [
  'Subject: one\r\n\r\nfirst line\r\nsecond line\r\n',
  'Subject: two\r\n\r\n.\r\n..\r\n.hidden\r\nlast',
];

class RecordingTransport implements Transport {
  readonly output: Uint8Array[] = [];
  /** Of each of them, whether it was said that more follows at once. */
  readonly hints: boolean[] = [];
  readonly ended = Promise.withResolvers<void>();
  readonly deadlines: (number | undefined)[] = [];
  tlsStarts = 0;

  async write(bytes: Uint8Array, isMoreComing = false): Promise<undefined> {
    this.output.push(bytes.slice());
    this.hints.push(isMoreComing);
    return undefined;
  }
  pause(): void {}
  resume(): void {}
  startTls(): void {
    this.tlsStarts++;
  }
  end(): void {
    this.ended.resolve();
  }
  setDeadline(time: number | undefined): void {
    this.deadlines.push(time);
  }
}

export interface SessionSettings {
  readonly maildrop?: TextMaildrop;
  readonly secure?: boolean;
  readonly limits?: Partial<Pop3Limits>;
  readonly options?: Partial<Pop3ServerOptions<Pop3User>>;
  /** What the last session of a server left behind for the next. */
  readonly users?: UserSessions;
  readonly guard?: LoginGuard;
}

/** A session without a socket: alice logs in with `secret`, her maildrop is the one given. */
export class ScriptedSession {
  readonly transport = new RecordingTransport();
  readonly events: Pop3Event[] = [];
  readonly maildrop: TextMaildrop;
  readonly dialogue: Dialogue<Pop3User>;

  constructor(settings: SessionSettings = {}) {
    this.maildrop = settings.maildrop ?? new TextMaildrop(TWO_MESSAGES);
    const session: Pop3Session = {
      id: 'test',
      remoteAddress: '192.0.2.7',
      remotePort: 40000,
      localAddress: '192.0.2.1',
      localPort: 110,
      secure: settings.secure ?? true,
    };
    const options: Pop3ServerOptions<Pop3User> = {
      banner: 'ready',
      onAuth: async ({ username, password }) =>
        username === 'alice' && password === 'secret' ? { name: username } : undefined,
      onOpen: async () => this.maildrop,
      onEvent: (event) => this.events.push(event),
      ...settings.options,
    };
    const limits = { ...DEFAULT_POP3_LIMITS, failedLoginDelay: 0, inUseWait: 0, ...settings.limits };
    const now = (): number => 0;
    const context = {
      options,
      limits,
      languages: allLanguages(options.languages),
      guard: settings.guard ?? new LoginGuard({ limits, isTrusted: () => false, now }),
      users: settings.users ?? new UserSessions({ limits, exclusive: options.exclusive ?? true, now }),
      held: new HeldOctets(limits.heldOctets),
    };
    this.dialogue = new Dialogue(context, session, this.transport);
  }

  get text(): string {
    return Buffer.concat(this.transport.output).toString('latin1');
  }

  /** Feeds the chunks and returns all that was answered until the session ended itself. */
  async run(...chunks: readonly (string | Uint8Array)[]): Promise<string> {
    await this.dialogue.start();
    for (const chunk of chunks)
      this.dialogue.receive(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk);
    await this.transport.ended.promise;
    return this.text;
  }
}
