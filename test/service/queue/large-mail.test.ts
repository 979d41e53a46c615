import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latin1 } from '../../../src/base/text.ts';
import type { MailPieces } from '../../../src/port/mailbox.ts';
import type { OutgoingMail } from '../../../src/port/smtp-client.ts';
import { outgoingContent } from '../../../src/service/queue/outgoing-content.ts';
import { NodeSmtpClient } from '../../../src/service/queue/smtp-client.ts';
import { wholeContent } from '../../fake/whole-content.ts';
import { ScriptedHost } from './scripted-host.ts';

const PIECE = 65_536;
const TEXT = `Subject: large\r\n\r\n${'.dot and more text\r\n'.repeat(45_000)}`;
const client = new NodeSmtpClient({ hostName: () => 'mail.office.example' });

/** A message in pieces that knows how it is read. */
class Pieces implements MailPieces {
  /** Readings that have begun and not ended. */
  open = 0;
  /** The reading, counted from 1, in which the fourth piece cannot be read. */
  failsIn = 0;
  #readings = 0;
  readonly #bytes: Uint8Array;

  constructor(text: string) {
    this.#bytes = latin1(text);
  }

  get length(): number {
    return this.#bytes.length;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const failsAt = ++this.#readings === this.failsIn ? 3 * PIECE : Infinity;
    this.open++;
    try {
      for (let at = 0; at < this.length; at += PIECE) {
        if (at >= failsAt) throw new Error('the card is broken');
        yield this.#bytes.subarray(at, at + PIECE);
      }
    } finally {
      this.open--;
    }
  }
}

function mailOf(message: OutgoingMail['message']): OutgoingMail {
  const recipient = { address: 'ann@else.example', notify: undefined, originalRecipient: undefined };
  const about = { sender: 'alice@office.example', envelopeId: undefined, returns: undefined };
  return { ...about, recipients: [recipient], message };
}

test('a message in pieces arrives as it is, with its size and its octets beyond ASCII announced, once for each sending', async (t) => {
  const host = await ScriptedHost.start(t);
  const text = `${TEXT}caf\xe9\r\n`;
  const pieces = new Pieces(text);
  const session = await client.open(host.hop());
  for (let time = 0; time < 2; time++) {
    const [result] = await session.send(mailOf(pieces));
    assert.equal(result?.outcome, 'delivered');
    assert.equal(host.messages.at(-1)?.replaceAll(/^\./gm, ''), text);
  }
  session.close();
  assert.equal(pieces.open, 0);
  const from = host.commands.filter((command) => command.startsWith('MAIL'));
  const wanted = `MAIL FROM:<alice@office.example> BODY=8BITMIME SIZE=${text.length}`;
  assert.deepEqual(from.map(inOrder), [inOrder(wanted), inOrder(wanted)]);
});

function inOrder(command: string): string {
  return command.split(' ').toSorted().join(' ');
}

test('a message that cannot be read to its end is not ended for the host, which hears no command either', async (t) => {
  const host = await ScriptedHost.start(t);
  const pieces = new Pieces(TEXT);
  // The first reading looks for octets beyond ASCII.
  pieces.failsIn = 2;
  const session = await client.open(host.hop());
  const [result] = await session.send(mailOf(pieces));
  assert.equal(result?.outcome, 'deferred');
  assert.match(result.reply.text, /the card is broken/);
  assert.equal(session.isOpen, false, 'nothing else may be sent in it');
  session.close();
  assert.deepEqual(host.messages, []);
  assert.equal(host.commands.at(-1), 'DATA');
  assert.equal(pieces.open, 0);
});

test('a message whose host leaves, or refuses everybody, is let go of', async (t) => {
  const host = await ScriptedHost.start(t);
  const pieces = new Pieces(TEXT);
  for (const answer of ['550 5.1.1 Nobody', 'close'] as const) {
    host.script = (command) => (command.startsWith('RCPT') ? answer : undefined);
    const session = await client.open(host.hop());
    await session.send(mailOf(pieces)).catch(() => {});
    session.close();
    assert.equal(pieces.open, 0);
  }
});

/** Nothing in the first reading. */
function onceEmpty(message: MailPieces): () => AsyncIterator<Uint8Array> {
  let readings = 0;
  return () => (readings++ === 0 ? nothing() : message[Symbol.asyncIterator]());
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

test('a host that answers before it has the whole message hears no command, which it would take for more of it', async (t) => {
  const host = await ScriptedHost.start(t);
  host.script = (command) => (command === 'DATA' ? '354 Go on\r\n552 5.3.4 Too large' : undefined);
  const answered = Promise.withResolvers<void>();
  const message: MailPieces = {
    length: TEXT.length,
    async *[Symbol.asyncIterator]() {
      yield latin1(TEXT.slice(0, PIECE));
      await answered.promise;
    },
  };
  const session = await client.open(host.hop());
  // The first reading looks for octets beyond ASCII.
  const reading = { length: message.length, [Symbol.asyncIterator]: onceEmpty(message) };
  const [result] = await session.send(mailOf(reading));
  answered.resolve();
  assert.deepEqual([result?.outcome, result?.reply.code], ['failed', 552]);
  assert.equal(session.isOpen, false);
  session.close();
  assert.equal(host.commands.at(-1), 'DATA');
  assert.deepEqual(host.messages, []);
});

test('outgoingContent() leaves a Return-Path of this host out, of pieces as of a whole (RFC 5321 §4.4)', async () => {
  const field = 'Return-Path:\r\n <alice@office.example>\r\n';
  for (const content of [latin1(field + TEXT), new Pieces(field + TEXT), latin1(TEXT), new Pieces(TEXT)]) {
    const outgoing = await outgoingContent(content);
    assert.equal(outgoing.length, TEXT.length);
    assert.deepEqual(Buffer.from(await wholeContent(outgoing)), Buffer.from(latin1(TEXT)));
  }
});
