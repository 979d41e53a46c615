import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { TLSSocket } from 'node:tls';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import type { NextHop } from '../../../src/port/smtp-client.ts';
import { makeIdentity } from '../../fake/make-identity.ts';

export const identity = makeIdentity('localhost', Timestamp(Date.now()));

/** What a host says to a command: its reply without the line end, `hang` for nothing, `close` for the end of the connection. */
export type Script = (command: string, lines: readonly string[]) => string | undefined;

interface Talk {
  readonly socket: Socket;
  /** Of the message that is coming in. */
  body: string | undefined;
}

const EXTENSIONS = ['PIPELINING', 'SIZE 1000000', '8BITMIME', 'SMTPUTF8', 'DSN', 'AUTH PLAIN LOGIN'];

/** A host whose replies a test makes up, one command at a time: it has no idea of SMTP but for where the message ends. */
export class ScriptedHost {
  /** Every line that came outside of messages. */
  readonly commands: string[] = [];
  /** Every message, its dots still doubled. */
  readonly messages: string[] = [];
  connections = 0;
  extensions: readonly string[] = EXTENSIONS;
  greeting = '220 mx.test ready';
  /** Overrides replies. */
  script: Script = () => undefined;
  /** What comes instead of a TLS handshake. */
  badHandshake: string | undefined;
  isImplicit = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async start(t: TestContext): Promise<ScriptedHost> {
    const host = new ScriptedHost();
    await new Promise<void>((resolve) => host.#server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      host.#server.close();
      for (const socket of host.#sockets) socket.destroy();
    });
    return host;
  }

  hop(more: Partial<NextHop> = {}): NextHop {
    const { port } = this.#server.address() as AddressInfo;
    return {
      host: 'localhost',
      address: parseIpv4('127.0.0.1'),
      port,
      tls: 'none',
      verify: false,
      login: undefined,
      ...more,
    };
  }

  #accept(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on('error', () => {});
    if (!this.isImplicit) return this.#talk(socket, this.greeting);
    const secure = new TLSSocket(socket, { isServer: true, ...identity });
    secure.on('error', () => {});
    this.#talk(secure, this.greeting);
  }

  #talk(socket: Socket, greeting: string | undefined): void {
    const talk: Talk = { socket, body: undefined };
    if (greeting !== undefined && !say(socket, greeting)) return;
    let rest = '';
    socket.on('data', (chunk: Buffer) => {
      rest += chunk.toString('latin1');
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (!this.#hear(talk, line)) return;
      }
    });
  }

  /** Whether more is listened to. */
  #hear(talk: Talk, line: string): boolean {
    if (talk.body !== undefined && line !== '.') {
      talk.body += `${line}\r\n`;
      return true;
    }
    const isEnd = talk.body !== undefined;
    if (talk.body !== undefined) this.messages.push(talk.body);
    else this.commands.push(line);
    talk.body = undefined;
    return this.#answer(talk, isEnd ? 'END' : line);
  }

  #answer(talk: Talk, command: string): boolean {
    const reply = this.script(command, this.commands) ?? this.#usual(command);
    if (!say(talk.socket, reply)) return false;
    if (command === 'DATA' && reply.startsWith('3')) talk.body = '';
    if (command === 'QUIT') talk.socket.end();
    if (command !== 'STARTTLS' || !reply.startsWith('2')) return true;
    this.#secure(talk.socket);
    return false;
  }

  #secure(socket: Socket): void {
    socket.removeAllListeners('data');
    if (this.badHandshake !== undefined) {
      socket.write(this.badHandshake);
      return;
    }
    const secure = new TLSSocket(socket, { isServer: true, ...identity });
    secure.on('error', () => {});
    this.#talk(secure, undefined);
  }

  #usual(command: string): string {
    const verb = command.split(/[ :]/)[0]?.toUpperCase() ?? '';
    if (verb === 'EHLO')
      return ['250-mx.test', ...this.extensions.map((one) => `250-${one}`), '250 HELP'].join('\r\n');
    if (verb === 'DATA') return '354 Go on';
    if (verb === 'STARTTLS') return '220 2.0.0 Go on';
    if (verb === 'QUIT') return '221 2.0.0 Bye';
    if (verb === 'AUTH') return '235 2.7.0 Welcome';
    return '250 2.0.0 Good';
  }
}

/** Whether the host goes on listening. */
function say(socket: Socket, reply: string): boolean {
  if (reply === 'close') socket.destroy();
  else if (reply !== 'hang' && reply !== '') socket.write(`${reply}\r\n`, 'latin1');
  return reply !== 'close' && reply !== 'hang';
}
