import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { Hours } from '../../../src/base/duration.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import { fromLatin1, latin1 } from '../../../src/base/text.ts';
import { MailRouting } from '../../../src/engine/mail-routing/mail-routing.ts';
import { makeIdentity } from '../../fake/make-identity.ts';
import { LoginGuard } from '../../../src/service/login-guard.ts';
import { DEFAULT_SMTP_LIMITS } from '../../../src/service/smtp/limits.ts';
import { makeOffice, makeServer } from '../../../src/service/smtp/make-server.ts';
import type { Server } from '../../../src/service/smtp/server.ts';
import type { SmtpOptions } from '../../../src/service/smtp/start-smtp.ts';
import { FakeSocket } from '../../fake/fake-socket.ts';
import { HastyClock } from '../../fake/hasty-clock.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import { MemoryMailStore } from '../../fake/memory-mail-store.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { cutUp, spell } from '../words.ts';

const HELLO = 'EHLO pc.example\r\n';
const ENVELOPE = `${HELLO}MAIL FROM:<a@world.example>\r\nRCPT TO:<alice@office.example>\r\n`;
const LOGIN = `${HELLO}AUTH PLAIN ${Buffer.from('\0alice\0se cret').toString('base64')}\r\n`;

type Kind = 'mx' | 'submission';

/** Where in the dialogue the input begins. */
const STATES: readonly (readonly [name: string, kind: Kind, before: string])[] = [
  ['connected', 'mx', ''],
  ['helo', 'mx', 'HELO pc.example\r\n'],
  ['ehlo', 'mx', HELLO],
  ['mail', 'mx', `${HELLO}MAIL FROM:<a@world.example> SIZE=100 BODY=8BITMIME\r\n`],
  ['rcpt', 'mx', ENVELOPE],
  ['data', 'mx', `${ENVELOPE}DATA\r\n`],
  ['body', 'mx', `${ENVELOPE}DATA\r\nSubject: x\r\n\r\n`],
  ['stored', 'mx', `${ENVELOPE}DATA\r\nx\r\n.\r\n`],
  ['starttls', 'mx', `${HELLO}STARTTLS\r\n`],
  ['secure', 'submission', HELLO],
  ['auth', 'submission', `${HELLO}AUTH PLAIN\r\n`],
  ['auth name', 'submission', `${HELLO}AUTH LOGIN\r\n`],
  ['auth password', 'submission', `${HELLO}AUTH LOGIN\r\nYWxpY2U=\r\n`],
  ['logged in', 'submission', LOGIN],
  ['submitting', 'submission', `${LOGIN}MAIL FROM:<alice@office.example>\r\n`],
];

const WORDS = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '.',
  '\r\n.\r\n',
  '\r\n..\r\n',
  '\n.\n',
  'EHLO pc.example\r\n',
  'HELO [192.0.2.7]\r\n',
  'MAIL FROM:',
  'RCPT TO:',
  'DATA\r\n',
  'RSET\r\n',
  'NOOP x\r\n',
  'QUIT\r\n',
  'VRFY alice\r\n',
  'EXPN all\r\n',
  'HELP\r\n',
  'STARTTLS\r\n',
  'BDAT 5 LAST\r\n',
  'AUTH PLAIN',
  'AUTH LOGIN',
  'AUTH CRAM-MD5\r\n',
  ' AGFsaWNlAHNlIGNyZXQ=\r\n',
  'YWxpY2U=\r\n',
  '*\r\n',
  '=\r\n',
  '<alice@office.example>',
  '<bob@office.example>',
  '<x@elsewhere.example>',
  '<x%elsewhere.example@office.example>',
  '<@office.example:x@elsewhere.example>',
  '<"x@elsewhere.example"@office.example>',
  '<gr\xc3\xbc\xc3\x9fe@office.example>',
  '<>',
  '<postmaster>',
  ' SIZE=',
  '99999999999',
  '1000',
  ' BODY=8BITMIME',
  ' SMTPUTF8',
  ' RET=HDRS',
  ' ENVID=a+2B',
  ' NOTIFY=SUCCESS,DELAY',
  ' NOTIFY=NEVER',
  ' ORCPT=rfc822;a',
  ' AUTH=<>',
  ' XYZ=',
  'Subject: x\r\n',
  'Received: x\r\n'.repeat(30),
  'Delivered-To: alice@office.example\r\n',
  'x'.repeat(998),
  'y'.repeat(5000),
  'GET / HTTP/1.1\r\n',
  '\x16\x03\x01\x02\x00\x01',
  '\xff\xfe',
];

/** Turns of the event loop that any input is done with. */
const LONGEST_END = 10_000;

const identity = makeIdentity('mail.office.example', Timestamp(0));

class World {
  readonly clock = new HastyClock();
  readonly store = new MemoryMailStore();
  readonly servers: Readonly<Record<Kind, Server>>;

  constructor() {
    const allowance = {
      ...DEFAULT_SMTP_LIMITS.lan,
      connectionsPerMinute: Infinity,
      commandsPerMinute: Infinity,
      messagesPerMinute: Infinity,
      errors: 20,
    };
    const options: SmtpOptions = {
      hostName: 'mail.office.example',
      directory: { users: ['alice', 'bob'], domains: ['office.example'], aliases: { all: ['alice', 'bob'] } },
      listeners: [],
      identity,
      isLan: () => false,
      guard: new LoginGuard({ isLan: () => true, clock: this.clock }),
      verify: async (login, password) => (password === 'se cret' ? login : undefined),
      store: this.store,
      outgoing: {
        mayRelay: ({ user }) => user !== undefined,
        reportDelivery: () => {},
        reportFailure: () => Promise.resolve(),
      },
      limits: {
        wan: allowance,
        wanNetwork: allowance,
        messageSize: 4000,
        recipients: 5,
        greetingDelay: 0 as never,
      },
      clock: this.clock,
      log: new MemoryLog(),
    };
    const routing = new MailRouting(options.directory);
    const office = makeOffice(options, () => routing);
    const listener = { address: '', port: 0 };
    this.servers = {
      mx: makeServer(office, { ...listener, kind: 'mx', tls: 'starttls' }),
      submission: makeServer(office, { ...listener, kind: 'submission', tls: 'implicit' }),
    };
  }

  /** Until the server is done with the client; a message of dot lines takes a turn for each of them. */
  async over(socket: FakeSocket): Promise<void> {
    for (let turns = 0; socket.writable && turns < LONGEST_END; turns++) await turn();
    await this.quiet(socket);
  }

  /** Until nothing happens any more. */
  async quiet(socket: FakeSocket): Promise<void> {
    for (let still = 0, before = -1; still < 4; still++) {
      await turn();
      const { length } = socket.said;
      if (length !== before) still = 0;
      before = length;
    }
  }
}

/** RFC 5321 section 4.2: three digits; and an enhanced code of the same class where RFC 2034 wants one. */
const REPLY =
  /^(?:220 mail\.office\.example ESMTP|250-.*|250 (?!\d\.).*|354 .*|334 .*|([245])\d\d \1\.\d{1,3}\.\d{1,3} .*)$/;
const LONGEST_REPLY = 512;

function checkReplies(said: string, isUtf8: boolean): string[] {
  // Behind the reply to STARTTLS there is an alert of TLS or nothing: plaintext is neither obeyed nor answered (RFC 3207 section 6).
  const [plain = '', secret = ''] = said.split(/(?<=^220 2\.0\.0 Ready to start TLS\r\n)/m);
  assert.match(secret, /^(?:$|\x15..\0\x02)/s);
  const lines = plain.split('\r\n');
  assert.equal(lines.pop(), '', 'a reply ends with CRLF');
  for (const line of lines) {
    assert.match(line, REPLY);
    // RFC 6531 section 3.7.4.2: a client that has said so may be told addresses in UTF-8.
    assert.match(line, isUtf8 ? /^[ -~\x80-\xff]*$/ : /^[ -~]*$/);
    assert.ok(line.length + 2 <= LONGEST_REPLY, `${line.length} octets in a line`);
  }
  return lines.filter((line) => line.charAt(3) === ' ').map((line) => line.slice(0, 3));
}

/** A message is acknowledged if it is stored and only then; strangers reach nobody but the users; what is stored is what may be. */
function checkDeliveries({ store }: World, said: string, kind: Kind): void {
  const acknowledged = said.match(/^250 2\.6\.0 Stored as/gm)?.length ?? 0;
  assert.equal(store.deliveries.length, acknowledged);
  for (const { envelope, text } of store.deliveries) {
    assert.doesNotMatch(text, /\0|\r(?!\n)|(?<!\r)\n/);
    assert.match(text, /^(?:Return-Path|Received): /);
    if (kind === 'mx') assert.deepEqual(envelope.remote ?? [], []);
    else assert.match(said, /^235 /m);
  }
}

/**
 * What clients say to the SMTP server, from every state of the dialogue: the first octet says which one, the second how TCP cuts it, the rest which
 * words. Half the clients hang up, the others say nothing more until the server does.
 */
export const smtpServerTarget: FuzzTarget = {
  name: 'smtp-server',
  executions: 3000,
  open() {
    const world = new World();
    let clients = 0;
    return async ([choice = 0, cuts = 0, ...rest]) => {
      const [state, kind, before] = STATES[choice % STATES.length] ?? ['', 'mx', ''];
      world.store.deliveries.length = 0;
      const server = world.servers[kind];
      const socket = new FakeSocket(`198.51.${(clients >> 8) & 0xff}.${clients++ & 0xff}`);
      socket.on('error', () => {});
      server.connect(socket as never);
      await world.quiet(socket);
      if (before !== '') socket.hear(latin1(before));
      await world.quiet(socket);
      const spoken = spell(Uint8Array.from(rest), WORDS);
      for (const piece of cutUp(spoken, cuts)) {
        socket.hear(piece);
        if ((cuts & 0x80) !== 0) await turn();
      }
      await world.quiet(socket);
      if ((choice & 0x80) === 0) socket.hangUp();
      else await world.clock.advance(Hours(2));
      await world.over(socket);
      const codes = checkReplies(socket.said, /SMTPUTF8/i.test(fromLatin1(spoken)));
      checkDeliveries(world, socket.said, kind);
      assert.ok(!socket.writable, 'the connection is over');
      socket.destroy();
      await turn();
      assert.equal(world.clock.pending, 0, 'no deadline is left');
      assert.equal(server.connections.size, 0);
      return `${state} ${codes.slice(0, 12).join(' ')}`;
    };
  },
};
