import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FALSE_ENDS, SMUGGLED } from '../false-ends.ts';
import { atData, startTestSmtp } from './running-smtp.ts';

/*
 * "SMTP smuggling" (SEC Consult 2023; CVE-2023-51764, -51765, -51766 and later ones): one of two servers takes octets for the end of a message, or of a line, that the other
 * does not, and so what one sender wrote becomes mail of another. Here only CR LF . CR LF ends a message, and what could be read in two ways is refused whole,
 * with the connection, so that it can neither come in nor go on.
 */

const ONE_LINE = /^\d{3} .*\r\n/;

for (const end of FALSE_ENDS) {
  test(`SMTP neither ends a message at ${JSON.stringify(end)} nor stores one with it in`, async (t) => {
    const { mx, store } = await startTestSmtp(t);
    const client = await atData(mx);
    client.send(`Subject: x\r\n\r\nx${end}${SMUGGLED}\r\n.\r\nNOOP\r\n`);
    // The connection ends with the refusal: whatever follows may be meant as a part of the message.
    assert.match(
      await client.rest(),
      /^550 5\.6\.0 The message has a (?:bare CR|bare LF|NUL) in it: lines end with CR LF \(RFC 5321 section 2\.3\.8\)\r\n$/,
    );
    assert.equal(store.deliveries.length, 0);
  });
}

/** What comes after DATA, and the message that is stored: exactly so many octets. */
const STORED: readonly (readonly [sent: string, stored: string])[] = [
  ['.\r\n', ''],
  ['\r\n.\r\n', '\r\n'],
  ['x\r\n.\r\n', 'x\r\n'],
  ['..\r\n.\r\n', '.\r\n'],
  ['...\r\n.\r\n', '..\r\n'],
  ['.x\r\n.\r\n', 'x\r\n'],
  ['x\r\n..\r\n.\r\n', 'x\r\n.\r\n'],
  ['x\r\n..\r\n..\r\n.\r\n', 'x\r\n.\r\n.\r\n'],
  ['x\r\n..y\r\n...\r\n.\r\n', 'x\r\n.y\r\n..\r\n'],
  ['x.\r\n.\r\n', 'x.\r\n'],
  ['x\r\n. \r\n.\r\n', 'x\r\n \r\n'],
  ['\r\n\r\n\r\n.\r\n', '\r\n\r\n\r\n'],
  [`x\r\n..\r\n${SMUGGLED}\r\n.\r\n`, `x\r\n.\r\n${SMUGGLED}\r\n`],
  ['gr\xfc\xdfe \x80\xff\x7f\t\x0b\x0c\r\n.\r\n', 'gr\xfc\xdfe \x80\xff\x7f\t\x0b\x0c\r\n'],
];

for (const [sent, stored] of STORED) {
  test(`SMTP stores ${JSON.stringify(stored)} of ${JSON.stringify(sent)}, wherever TCP cuts it`, async (t) => {
    const { mx, store } = await startTestSmtp(t, { isLan: () => true });
    for (let cut = 0; cut <= Math.min(sent.length, 12); cut++) {
      const client = await atData(mx);
      client.socket.setNoDelay(true);
      client.send(sent.slice(0, cut));
      await new Promise(setImmediate);
      client.send(`${sent.slice(cut)}QUIT\r\n`);
      assert.match(await client.rest(), /^250 2\.6\.0 [^\r]*\r\n221 2\.0\.0 [^\r]*\r\n$/);
    }
    for (const { text } of store.deliveries) {
      const [ours = ''] = /^[^]*?\r\nMessage-ID: <[^>]*>\r\n/.exec(text) ?? [];
      assert.equal(text.slice(ours.length), stored);
    }
  });
}

test('SMTP sees a line end in commands where others do: a bare LF there ends a command, and nothing is hidden behind it', async (t) => {
  const { mx, store } = await startTestSmtp(t);
  const client = await atData(mx);
  client.send('x\r\n.\r\nMAIL FROM:<a@b.example>\nRCPT TO:<bob@office.example>\nQUIT\n');
  assert.match(await client.rest(), /^250 2\.6\.0 .*\r\n250 2\.1\.0 .*\r\n250 2\.1\.5 .*\r\n221 /);
  assert.equal(store.deliveries.length, 1);
});

test('SMTP does not take a bare CR, or a NUL, in a command for anything but a part of it', async (t) => {
  const { mx } = await startTestSmtp(t);
  const client = await atData(mx);
  await client.ask('x\r\n.', /^250 .*\r\n/);
  assert.match(
    await client.ask('MAIL FROM:<a@b.example>\rRCPT TO:<bob@office.example>', ONE_LINE),
    /^501 5\.1\.7 /,
  );
  assert.match(await client.ask('MAIL FROM:<a@b.example> \0SIZE=1', ONE_LINE), /^555 5\.5\.4 /);
  await client.close();
});
