import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pop3Failure } from '../../../src/io/pop3-server-bare/failure.ts';
import type { Pop3Message } from '../../../src/io/pop3-server-bare/options.ts';
import { ScriptedSession, TextMaildrop, piecesOf } from './scripted-session.ts';

const LOGIN = 'USER alice\r\nPASS secret\r\n';
const PIECE = 100;
const TEXT = `Subject: large\r\n\r\n${'a line of it\r\n'.repeat(100)}`;

/** A maildrop whose messages come in pieces, and which knows how many were taken. */
class PiecesMaildrop extends TextMaildrop {
  taken = 0;
  closed = 0;
  /** The piece, counted from 0, that cannot be read, and why. */
  failure: { readonly at: number; readonly error: Error } | undefined;
  readonly parts: ('whole' | 'top')[] = [];

  override async read(_message: Pop3Message, part: 'whole' | 'top'): Promise<AsyncIterable<Uint8Array>> {
    this.parts.push(part);
    return this.#pieces();
  }

  async *#pieces(): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of piecesOf(Buffer.from(TEXT), PIECE)) {
        if (this.failure?.at === this.taken) throw this.failure.error;
        this.taken++;
        yield piece;
      }
    } finally {
      this.closed++;
    }
  }
}

async function talk(maildrop: PiecesMaildrop, commands: string): Promise<string> {
  return new ScriptedSession({ maildrop }).run(`${LOGIN}${commands}`);
}

test('TOP asks for the top only and takes no more pieces than it sends (RFC 1939 §7)', async () => {
  const maildrop = new PiecesMaildrop([TEXT]);
  const answered = await talk(maildrop, 'TOP 1 2\r\nQUIT\r\n');
  assert.match(answered, /\r\nSubject: large\r\n\r\n(?:a line of it\r\n){2}\.\r\n\+OK Bye\r\n$/);
  assert.deepEqual([maildrop.parts, maildrop.taken, maildrop.closed], [['top'], 1, 1]);
});

test('RETR of a message whose first piece cannot be read is answered with -ERR, and the session goes on', async () => {
  for (const [error, wanted] of [
    [new Pop3Failure('Another session has deleted this message', 'SYS/TEMP'), /-ERR \[SYS\/TEMP\] Another/],
    [new Error('EIO'), /-ERR \[SYS\/TEMP\] /],
  ] as const) {
    const maildrop = new PiecesMaildrop([TEXT]);
    maildrop.failure = { at: 0, error };
    const answered = await talk(maildrop, 'RETR 1\r\nNOOP\r\nQUIT\r\n');
    assert.match(answered, wanted);
    assert.match(answered, /\r\n\+OK [^\r]*\r\n\+OK Bye\r\n$/);
    assert.deepEqual([maildrop.closed, maildrop.retrieved], [1, []]);
  }
});

test('RETR of a message of which a later piece cannot be read never looks complete', async () => {
  const maildrop = new PiecesMaildrop([TEXT]);
  maildrop.failure = { at: 5, error: new Error('EIO') };
  const answered = await talk(maildrop, 'RETR 1\r\nQUIT\r\n');
  assert.doesNotMatch(answered, /\r\n\.\r\n|Bye/);
  assert.deepEqual([maildrop.closed, maildrop.retrieved], [1, []]);
});
