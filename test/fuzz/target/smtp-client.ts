import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { Milliseconds } from '../../../src/base/duration.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { fromLatin1, latin1 } from '../../../src/base/text.ts';
import {
  type OutgoingMail,
  type RecipientResult,
  SessionError,
  type TlsMode,
} from '../../../src/port/smtp-client.ts';
import { NodeSmtpClient } from '../../../src/service/queue/smtp-client.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { spell } from '../words.ts';

/** Ends one answer; the next is for the next command. */
const NEXT = '\x01';

const EHLO = '250-mx.example\r\n250-8BITMIME\r\n250-SIZE 100000\r\n250 DSN\r\n';
const PIPELINING = '250-mx.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n';
const OFFERING_TLS = '250-mx.example\r\n250 STARTTLS\r\n';
const LOGIN = '250-mx.example\r\n250 AUTH PLAIN LOGIN\r\n';
const GREETING = '220 mx.example\r\n';
const OK = '250 2.0.0 Good\r\n';

/** What the host says before the input has its turn. */
const STATES: readonly {
  readonly name: string;
  readonly answers: readonly string[];
  readonly tls?: TlsMode;
  readonly logsIn?: boolean;
}[] = [
  { name: 'greeting', answers: [] },
  { name: 'ehlo', answers: [GREETING] },
  { name: 'starttls', answers: [GREETING, OFFERING_TLS], tls: 'opportunistic' },
  { name: 'starttls wanted', answers: [GREETING, OFFERING_TLS], tls: 'starttls' },
  { name: 'tls', answers: [], tls: 'implicit' },
  { name: 'auth', answers: [GREETING, LOGIN], logsIn: true },
  { name: 'mail', answers: [GREETING, EHLO] },
  { name: 'rcpt', answers: [GREETING, EHLO, OK] },
  { name: 'data', answers: [GREETING, EHLO, OK, OK, OK] },
  { name: 'end', answers: [GREETING, EHLO, OK, OK, OK, '354 Go on\r\n'] },
  { name: 'pipelined', answers: [GREETING, PIPELINING] },
  { name: 'pipelined data', answers: [GREETING, PIPELINING, OK, OK] },
  { name: 'second', answers: [GREETING, EHLO, OK, OK, OK, '354 Go on\r\n', OK] },
];

const WORDS = [
  NEXT,
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '-',
  '220 mx.example\r\n',
  '220 2.0.0 Go on\r\n',
  '235 2.7.0 Welcome\r\n',
  '250 2.0.0 Good\r\n',
  '250 ',
  '250-',
  '250-mx.example\r\n',
  '250-PIPELINING\r\n',
  '250-SIZE ',
  '250-SMTPUTF8\r\n',
  '250-STARTTLS\r\n',
  '250-AUTH PLAIN LOGIN CRAM-MD5\r\n',
  '251 2.1.5 Forwarded\r\n',
  '334 \r\n',
  '334 VXNlcm5hbWU6\r\n',
  '354 Go on\r\n',
  '421 4.3.2 Bye\r\n',
  '450 4.2.1 Later\r\n',
  '452 4.5.3 Too many\r\n',
  '454 4.7.0 Not now\r\n',
  '500 5.5.2 What?\r\n',
  '530 5.7.0 Log in\r\n',
  '535 5.7.8 No\r\n',
  '550 5.1.1 Nobody\r\n',
  '550-5.1.1 Nobody\r\n',
  '554 2.0.0 Lies\r\n',
  '199 x\r\n',
  '600 x\r\n',
  '999\r\n',
  '25\r\n',
  '2500 x\r\n',
  '99999999999',
  'gr\xc3\xbc\xc3\x9fe',
  '\x1b[31m',
  'x'.repeat(600),
  '250-more\r\n'.repeat(300),
  'HTTP/1.1 400 Bad Request\r\n\r\n',
  '\x15\x03\x01\x00\x02\x02\x28',
];

const MAIL: OutgoingMail = {
  sender: 'alice@office.example',
  recipients: ['ann', 'bob'].map((name) => ({
    address: `${name}@elsewhere.example`,
    notify: undefined,
    originalRecipient: undefined,
  })),
  envelopeId: undefined,
  returns: undefined,
  message: latin1('Subject: x\r\n\r\n.\r\n..\r\ngr\xfc\xdfe\r\nlast'),
};
const ON_THE_WIRE = 'Subject: x\r\n\r\n..\r\n...\r\ngr\xfc\xdfe\r\nlast\r\n.\r\n';

/** Says one answer to each command, whatever they are, and closes when there is none left. */
class Host {
  answers: string[] = [];
  heard = '';
  readonly #server: Server = createServer((socket) => this.#talk(socket));
  readonly #closed: Promise<unknown>[] = [];

  async port(): Promise<number> {
    if (!this.#server.listening) {
      this.#server.listen(0, '127.0.0.1');
      await once(this.#server, 'listening');
      this.#server.unref();
    }
    return (this.#server.address() as AddressInfo).port;
  }

  async quiet(): Promise<void> {
    await Promise.all(this.#closed.splice(0));
  }

  #talk(socket: Socket): void {
    // Errors end in a close as well.
    this.#closed.push(new Promise((resolve) => socket.once('close', resolve)));
    socket.on('error', () => {});
    let isInMessage = false;
    this.#say(socket);
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      this.heard += text;
      for (const line of text.split('\r\n').slice(0, -1)) {
        if (isInMessage && line !== '.') continue;
        const said = this.#say(socket);
        isInMessage = line === 'DATA' && said.startsWith('354');
      }
    });
  }

  #say(socket: Socket): string {
    const answer = this.answers.shift();
    if (answer === undefined) {
      socket.end();
      return '';
    }
    socket.write(answer, 'latin1');
    // An answer that has no end must not be waited for.
    return /(?:^|\r?\n)\d{3}(?: [^\n]*)?\r?\n$/.test(answer) ? answer : answer + this.#say(socket);
  }
}

function checkResults(results: readonly RecipientResult[], heard: string): string[] {
  assert.equal(results.length, MAIL.recipients.length);
  for (const { outcome, reply } of results) {
    assert.match(reply.text, /^[^\u0000-\u001f\u007f]{0,500}$/);
    assert.match(reply.enhanced, /^[245]\.\d{1,3}\.\d{1,3}$/);
    assert.ok(reply.code === 0 || (reply.code >= 200 && reply.code < 600), String(reply.code));
    if (outcome !== 'delivered') continue;
    assert.ok(reply.code >= 200 && reply.code < 300);
    assert.ok(heard.includes(ON_THE_WIRE), 'nothing is delivered that was not sent whole');
  }
  return results.map(({ outcome, reply }) => `${outcome} ${reply.code}`);
}

/**
 * What hosts may say to the SMTP client of the queue: the first octet says from where in the dialogue, the rest which words; one word ends an answer. What
 * comes of it is a result for each recipient or a SessionError, and never a delivery of what was not sent.
 */
export const smtpClientTarget: FuzzTarget = {
  name: 'smtp-client',
  executions: 250,
  open() {
    const host = new Host();
    const brief = Milliseconds(60);
    const limits = { connect: brief, greeting: brief, command: brief, block: brief, end: brief, reply: 2000 };
    const client = new NodeSmtpClient({
      hostName: () => 'mail.office.example',
      limits: { ...limits, close: brief },
    });
    return async ([choice = 0, ...rest]) => {
      const {
        name,
        answers,
        tls = 'none',
        logsIn = false,
      } = STATES[choice % STATES.length] ?? { name: '', answers: [] };
      const input = fromLatin1(spell(Uint8Array.from(rest), WORDS)).split(NEXT);
      // Half the hosts say everything before they are asked.
      host.answers = (choice & 0x80) === 0 ? [...answers, ...input] : [[...answers, ...input].join('')];
      host.heard = '';
      const hop = {
        host: 'localhost',
        address: parseIpv4('127.0.0.1'),
        port: await host.port(),
        tls,
        verify: false,
        login: logsIn ? { user: 'office', password: 'se cret' } : undefined,
      };
      const seen: string[] = [];
      try {
        const session = await client.open(hop);
        seen.push('open');
        while (session.isOpen && seen.length < 3) {
          const results = await session.send(MAIL);
          await new Promise(setImmediate);
          seen.push(checkResults(results, host.heard).join(', '));
        }
        session.close();
      } catch (error) {
        if (!(error instanceof SessionError)) throw error;
        assert.doesNotMatch(error.message, /se cret/);
        seen.push(`${error.reply.code} ${error.reply.enhanced} ${error.isTls}`);
      }
      await host.quiet();
      return `${name} ${seen.join(' | ')}`;
    };
  },
};
