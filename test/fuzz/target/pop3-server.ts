import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { latin1 } from '../../../src/base/text.ts';
import { Dialogue } from '../../../src/io/pop3-server-bare/dialogue.ts';
import { HeldOctets } from '../../../src/io/pop3-server-bare/held-octets.ts';
import { allLanguages } from '../../../src/io/pop3-server-bare/language.ts';
import { DEFAULT_POP3_LIMITS } from '../../../src/io/pop3-server-bare/limits.ts';
import { LoginGuard } from '../../../src/io/pop3-server-bare/login-guard.ts';
import type { Pop3ServerOptions, Pop3User } from '../../../src/io/pop3-server-bare/options.ts';
import type { Transport } from '../../../src/io/pop3-server-bare/transport.ts';
import { UserSessions } from '../../../src/io/pop3-server-bare/user-sessions.ts';
import { TWO_MESSAGES, TextMaildrop } from '../../io/pop3-server-bare/scripted-session.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { cutUp, spell } from '../words.ts';

const LOGIN = 'USER alice\r\nPASS secret\r\n';

/** Where in the session the input begins; `slow` clients take the answer to what came before only after they have said the rest. */
const STATES: readonly {
  readonly name: string;
  readonly before: string;
  readonly secure?: boolean;
  readonly slow?: boolean;
}[] = [
  { name: 'plain', before: '', secure: false },
  { name: 'stls', before: 'STLS\r\n', secure: false },
  { name: 'authorization', before: '' },
  { name: 'user', before: 'USER alice\r\n' },
  { name: 'sasl', before: 'AUTH PLAIN\r\n' },
  { name: 'utf8', before: `UTF8\r\n${LOGIN}` },
  { name: 'transaction', before: LOGIN },
  { name: 'deleted', before: `${LOGIN}DELE 1\r\n` },
  { name: 'logging in', before: LOGIN, slow: true },
  { name: 'list under way', before: `${LOGIN}LIST\r\n`, slow: true },
  { name: 'message under way', before: `${LOGIN}RETR 3\r\n`, slow: true },
  { name: 'leaving', before: `${LOGIN}DELE 2\r\nQUIT\r\n`, slow: true },
];

const WORDS = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  'USER alice\r\n',
  'USER ',
  'PASS secret\r\n',
  'PASS ',
  'AUTH PLAIN\r\n',
  'AUTH PLAIN ',
  'AUTH\r\n',
  'AGFsaWNlAHNlY3JldA==\r\n',
  '*\r\n',
  '=\r\n',
  'APOP alice 0123456789abcdef0123456789abcdef\r\n',
  'CAPA\r\n',
  'STLS\r\n',
  'UTF8\r\n',
  'LANG\r\n',
  'LANG de\r\n',
  'LANG *\r\n',
  'STAT\r\n',
  'LIST\r\n',
  'LIST ',
  'UIDL\r\n',
  'UIDL ',
  'RETR ',
  'TOP ',
  'DELE ',
  'RSET\r\n',
  'NOOP\r\n',
  'QUIT\r\n',
  '1',
  '2',
  '3',
  '0',
  '-1',
  '99999999999999999999',
  '4294967297',
  '1e3',
  'gr\xc3\xbc\xc3\x9fe',
  '\xff\xfe',
  'x'.repeat(300),
  'y'.repeat(3000),
  'GET / HTTP/1.1\r\n',
  '\x16\x03\x01\x02\x00\x01',
];

const MESSAGES = [
  ...TWO_MESSAGES,
  `Subject: gr\xc3\xbc\xc3\x9fe\r\n\r\n${'.long line of a long message\r\n'.repeat(4000)}`,
];

/** A client that takes what it is sent only while it is not held. */
class FuzzTransport implements Transport {
  output: Uint8Array[] = [];
  isHeld = false;
  isOver = false;
  deadline: number | undefined;
  tlsStarts = 0;
  #waiting: (() => void)[] = [];

  write(bytes: Uint8Array): Promise<undefined> {
    assert.ok(!this.isOver, 'nothing is said after the end');
    this.output.push(bytes.slice());
    if (!this.isHeld) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#waiting.push(() => resolve(undefined)));
  }
  release(): void {
    this.isHeld = false;
    for (const take of this.#waiting.splice(0)) take();
  }
  pause(): void {}
  resume(): void {}
  startTls(): void {
    this.tlsStarts++;
  }
  end(): void {
    this.isOver = true;
  }
  setDeadline(time: number | undefined): void {
    this.deadline = time;
  }
}

/** Status lines of what was said; every reply of several lines must have its end (RFC 1939 section 3). */
function checkReplies(said: string, isBroken: boolean): string[] {
  const lines = said.split('\r\n');
  assert.equal(lines.pop(), '', 'a reply ends with CRLF');
  const statuses: string[] = [];
  let isInside = false;
  for (const line of lines) {
    const status = /^(\+OK|-ERR|\+)(?: |$)/.exec(line)?.[1];
    if (!isInside && status !== undefined) {
      assert.match(line, /^[ -~\x80-\xff]{1,510}$/);
      statuses.push(status);
      continue;
    }
    assert.equal(isInside ? '+OK' : statuses.at(-1), '+OK', `only +OK has more lines: ${line}`);
    isInside = line !== '.';
    if (isInside) assert.doesNotMatch(line, /^\.(?!\.)/);
  }
  assert.ok(!isInside || isBroken, 'a reply has its end');
  return statuses;
}

/** Opened, it is given back, and changed at most once; with its messages gone the last word was +OK. */
function checkMaildrop({ closes, updates, removed }: TextMaildrop, said: string): void {
  assert.equal(closes, 1, 'the maildrop is given back');
  assert.ok(updates <= 1);
  const last = said.slice(said.lastIndexOf('\r\n', said.length - 3) + 2);
  assert.ok(removed.length === 0 || last.startsWith('+OK'), last);
}

class World {
  opened = 0;
  readonly maildrops: TextMaildrop[] = [];
  readonly #options: Pop3ServerOptions<Pop3User> = {
    key: 'key',
    cert: 'certificate',
    onAuth: async ({ username, password }) =>
      username === 'alice' && password === 'secret' ? { name: username } : undefined,
    onOpen: async () => {
      const maildrop = new TextMaildrop(MESSAGES);
      this.maildrops.push(maildrop);
      return maildrop;
    },
  };
  readonly #limits = {
    ...DEFAULT_POP3_LIMITS,
    failedLoginDelay: 0,
    inUseWait: 0,
    failedLoginsPerBlock: Infinity,
  };
  readonly #users = new UserSessions({ limits: this.#limits, exclusive: true, now: () => 0 });

  dialogue(transport: Transport, secure: boolean): Dialogue<Pop3User> {
    const limits = this.#limits;
    const addresses = {
      remoteAddress: '192.0.2.7',
      remotePort: 40_000,
      localAddress: '192.0.2.1',
      localPort: 110,
    };
    const context = {
      options: this.#options,
      limits,
      languages: allLanguages(undefined),
      guard: new LoginGuard({ limits, isTrusted: () => true, now: () => 0 }),
      users: this.#users,
      held: new HeldOctets(limits.heldOctets),
    };
    return new Dialogue(context, { id: 'fuzz', ...addresses, secure }, transport);
  }
}

async function quiet({ output }: FuzzTransport): Promise<void> {
  for (let still = 0, before = -1; still < 4; still++) {
    await turn();
    if (output.length !== before) still = 0;
    before = output.length;
  }
}

/** Says all pieces, one a turn or all at once; then the client takes what was said to it. */
async function speak(
  dialogue: Dialogue<Pop3User>,
  transport: FuzzTransport,
  pieces: readonly Uint8Array[],
  isSlow: boolean,
): Promise<void> {
  for (const piece of pieces) {
    if (!transport.isOver) dialogue.receive(piece);
    if (isSlow) await turn();
  }
  transport.release();
  await quiet(transport);
}

/**
 * What clients say to the POP3 server, from every state of a session: the first octet says which one, the second how TCP cuts it, the rest which words.
 * In the end half the connections break, and half are ended by the server.
 */
export const pop3ServerTarget: FuzzTarget = {
  name: 'pop3-server',
  executions: 3000,
  open() {
    const world = new World();
    return async ([choice = 0, cuts = 0, ...rest]) => {
      const {
        name,
        before,
        secure = true,
        slow = false,
      } = STATES[choice % STATES.length] ?? {
        name: '',
        before: '',
      };
      world.maildrops.length = 0;
      const transport = new FuzzTransport();
      const dialogue = world.dialogue(transport, secure);
      await dialogue.start();
      transport.isHeld = slow;
      const spoken = spell(Uint8Array.from(rest), WORDS);
      dialogue.receive(latin1(before));
      await quiet(transport);
      await speak(dialogue, transport, cutUp(spoken, cuts), (cuts & 0x80) !== 0);
      const [maildrop] = world.maildrops;
      if (maildrop !== undefined && !transport.isOver)
        assert.equal(transport.deadline, DEFAULT_POP3_LIMITS.idleTime, 'nobody is waited for for ever');
      const isBroken = (choice & 0x80) === 0;
      if (isBroken) dialogue.gone();
      else dialogue.stop();
      await quiet(transport);
      const said = Buffer.concat(transport.output).toString('latin1');
      const statuses = checkReplies(said, isBroken);
      const lines = [...latin1(before), ...spoken].filter((octet) => octet === 10).length;
      assert.ok(statuses.length <= 1 + lines, `${statuses.length} replies to ${lines} lines`);
      assert.ok(secure || world.maildrops.length === 0, 'nobody logs in without TLS');
      assert.ok(world.maildrops.length <= 1);
      for (const one of world.maildrops) checkMaildrop(one, said);
      return `${name} ${transport.tlsStarts} ${maildrop?.removed.length} ${statuses.slice(0, 12).join(' ')}`;
    };
  },
};
