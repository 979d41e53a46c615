import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concatBytes } from '../../../src/base/bytes.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import { fromLatin1, latin1 } from '../../../src/base/text.ts';
import { type MboxMessage, MboxReader, encodeMbox } from '../../../src/wire/mail/mbox.ts';

const TIME = Timestamp(Date.UTC(2026, 0, 5, 12, 3, 9));
const LIMITS = { messageSize: 100_000 };

const message = (content: string, sender = 'a@b'): MboxMessage => ({
  sender,
  received: TIME,
  content: latin1(content),
});
const file = (...messages: readonly MboxMessage[]): Uint8Array =>
  concatBytes(messages.flatMap((one) => encodeMbox(one)));

function readAll(chunks: readonly Uint8Array[], reader = new MboxReader(LIMITS)): MboxMessage[] {
  return [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.finish()];
}

test('encodeMbox() writes the From line, quotes lines that look like one, and ends with an empty line (mboxrd)', () => {
  const content = 'Subject: x\n\nFrom here\n>From there\n>>From\n From\nfrom\nlast';
  assert.equal(
    fromLatin1(file(message(content))),
    'From a@b Mon Jan  5 12:03:09 2026\nSubject: x\n\n>From here\n>>From there\n>>From\n From\nfrom\nlast\n\n',
  );
  assert.match(fromLatin1(file(message('', ''))), /^From MAILER-DAEMON Mon /);
});

test('MboxReader gives back what encodeMbox() wrote, however the file is cut', () => {
  const line = fc.constantFrom('', 'From a', '>From b', '>>From', 'x', 'Subject: y', ' From', '>', 'From');
  const content = fc.array(line, { maxLength: 6 }).map((lines) => lines.map((one) => `${one}\n`).join(''));
  const sender = fc.constantFrom('', 'a@b', 'x+y@z.example');
  const messages = fc.array(fc.tuple(content, sender), { maxLength: 5 });
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 30 }), (list, cuts) => {
      const wanted = list.map(([text, from]) => message(text, from));
      const bytes = file(...wanted);
      const chunks: Uint8Array[] = [];
      let at = 0;
      for (const cut of cuts) chunks.push(bytes.subarray(at, (at += cut)));
      assert.deepEqual(
        readAll([...chunks, bytes.subarray(at)]).map((one) => ({ ...one, content: fromLatin1(one.content) })),
        wanted.map((one) => ({ ...one, content: fromLatin1(one.content) })),
      );
    }),
    { seed: 2, numRuns: 300 },
  );
});

test('MboxReader reads files of other programs: CRLF, zones in the date, no date, text before the first message', () => {
  const text =
    'ignored\n\nFrom x@y Thu Jan 15 12:00:00 2026 +0100\r\nA: 1\r\n\r\nbody\r\n\r\n' +
    'From nobody\nB: 2\n\nFrom MAILER-DAEMON Fri Feb 30 12:00:00 PST 1999\nC: 3\n';
  assert.deepEqual(
    readAll([latin1(text)]).map(({ sender, received, content }) => [sender, received, fromLatin1(content)]),
    [
      ['x@y', Date.UTC(2026, 0, 15, 12), 'A: 1\r\n\r\nbody\r\n'],
      ['nobody', undefined, 'B: 2\n'],
      ['', Date.UTC(1999, 1, 30, 12), 'C: 3\n'],
    ],
  );
});

test('MboxReader passes over a message above the limit, and one with an endless line, and counts them', () => {
  const reader = new MboxReader({ messageSize: 2_000_000 });
  const long = message('x'.repeat(1_500_000));
  const large = message(`${'x'.repeat(78)}\n`.repeat(30_000));
  const bytes = file(message('a\n'), long, message('b\n'), large, message('c\n'));
  const chunks = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, index) =>
    bytes.subarray(index * 65_536, (index + 1) * 65_536),
  );
  assert.deepEqual(
    readAll(chunks, reader).map(({ content }) => fromLatin1(content)),
    ['a\n', 'b\n', 'c\n'],
  );
  assert.equal(reader.tooLarge, 2);
});

test('MboxReader takes random bytes without a throw', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 6 }), (chunks) => {
      readAll([latin1('From x\n'), ...chunks]);
    }),
    { seed: 4 },
  );
});
