import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineClient } from '../../fake/line-client.ts';
import { atData, greeted, startTestSmtp } from './running-smtp.ts';

// What the first host of a message adds and takes out (RFC 6409 §8, RFC 5321 §6.4), and what every host has to leave alone.

const ONE_LINE = /^250 .*\r\n/;
const BARE = 'Subject: x\r\nBcc: secret@elsewhere.example\r\n\r\nDate: of the body\r\n';
const WHOLE =
  'Return-Path: <forged@elsewhere.example>\r\nDATE: Mon, 1 Jan 2024 00:00:00 +0100\r\nreturn-path:\r\n <twice@elsewhere.example>\r\nmessage-id: <1@pc>\r\n\r\nx\r\n';

const OURS = /^(?:Return-Path|Delivered-To): [^\r]*\r\n|^Received: [^]*?\+0000\r\n/m;

/** The stored text without our trace fields. */
function behindTrace(text = ''): string {
  let rest = text;
  for (let field = OURS.exec(rest); field?.index === 0; field = OURS.exec(rest))
    rest = rest.slice(field[0].length);
  return rest;
}

test('SMTP gives mail of a machine of the office the Date and Message-ID it lacks, and takes its Bcc out (RFC 6409 §8.2, §8.3)', async (t) => {
  const { mx, store } = await startTestSmtp(t, { isLan: () => true });
  const client = await atData(mx);
  await client.ask(`${BARE}.`, ONE_LINE);
  assert.match(
    behindTrace(store.deliveries[0]?.text),
    /^Date: Thu, 15 Jan 2026 12:00:00 \+0000\r\nMessage-ID: <\w+\.1@mail\.office\.example>\r\nSubject: x\r\n\r\nDate: of the body\r\n$/,
  );
  await client.close();
});

test('SMTP gives mail after a login what it lacks, and nothing it has', async (t) => {
  const { submissions, store } = await startTestSmtp(t);
  const client = await LineClient.connect(submissions, { tls: true });
  await client.expect(/^220 .*\r\n/);
  await client.ask('EHLO laptop', /^250 .*\r\n/m);
  await client.ask(`AUTH PLAIN ${Buffer.from('\0alice\0se cret').toString('base64')}`, /^235 .*\r\n/);
  for (const body of [BARE, WHOLE]) {
    await client.ask('MAIL FROM:<alice@office.example>', ONE_LINE);
    await client.ask('RCPT TO:<bob@office.example>', ONE_LINE);
    await client.ask('DATA', /^354 .*\r\n/);
    await client.ask(`${body}.`, ONE_LINE);
  }
  const [bare, whole] = store.deliveries.map(({ text }) => behindTrace(text));
  assert.match(bare ?? '', /^Date: [^]*\r\nMessage-ID: [^]*\r\nSubject: x\r\n\r\n/);
  assert.equal(whole, 'DATE: Mon, 1 Jan 2024 00:00:00 +0100\r\nmessage-id: <1@pc>\r\n\r\nx\r\n');
  await client.close();
});

test('SMTP adds nothing to mail of other hosts, and takes only their Return-Path out (RFC 5321 §4.4, §6.4)', async (t) => {
  const { mx, store } = await startTestSmtp(t);
  const client = await greeted(mx);
  for (const body of [BARE, WHOLE]) {
    await client.ask('MAIL FROM:<x@world.example>', ONE_LINE);
    await client.ask('RCPT TO:<alice@office.example>', ONE_LINE);
    await client.ask('DATA', /^354 .*\r\n/);
    await client.ask(`${body}.`, ONE_LINE);
  }
  const [bare, whole] = store.deliveries.map(({ text }) => text);
  assert.equal(behindTrace(bare), BARE);
  assert.equal(behindTrace(whole), 'DATE: Mon, 1 Jan 2024 00:00:00 +0100\r\nmessage-id: <1@pc>\r\n\r\nx\r\n');
  assert.deepEqual(whole?.match(/^return-path:.*$/gim), ['Return-Path: <x@world.example>']);
  await client.close();
});
