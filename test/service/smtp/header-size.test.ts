import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atData, startTestSmtp } from './running-smtp.ts';

const MIB = 2 ** 20;
const isLan = (): boolean => true;

/** The lines, as often as they fit into so many octets. */
const upTo = (octets: number, line: string): string => line.repeat(Math.floor(octets / line.length));

test('SMTP refuses a header of more than 1 MiB, stores nothing of it and goes on with the next message', async (t) => {
  for (const line of ['r:\r\n', 'X: y\r\n z\r\n', `DKIM-Signature: ${'s'.repeat(900)}\r\n`]) {
    const { mx, store } = await startTestSmtp(t);
    const client = await atData(mx);
    client.send(`${upTo(5 * MIB, line)}\r\nbody\r\n`);
    await client.ask('.', /^552 5\.3\.4 The header of the message is larger than 1048576 octets\r\n/);
    assert.equal(store.deliveries.length, 0);
    await client.ask('MAIL FROM:<x@world.example>', /^250 .*\r\n/);
    await client.ask('RCPT TO:<alice@office.example>', /^250 .*\r\n/);
    await client.ask('DATA', /^354 .*\r\n/);
    await client.ask('Subject: x\r\n\r\nx\r\n.', /^250 .*\r\n/);
    assert.equal(store.deliveries.length, 1);
    await client.close();
  }
});

test('SMTP takes long headers that real mail has: chains of signatures, and thousands of addressees', async (t) => {
  const { mx, store } = await startTestSmtp(t);
  const seals = upTo(200_000, `ARC-Seal: i=1; b=${'s'.repeat(400)};\r\n\td=example.com\r\n`);
  const to = `To: a@b.example${',\r\n "Somebody Else" <somebody.else@department.example.com>'.repeat(10_000)}\r\n`;
  const client = await atData(mx);
  await client.ask(`${seals}${to}\r\nbody\r\n.`, /^250 .*\r\n/);
  assert.equal(store.deliveries[0]?.text.endsWith(`${seals}${to}\r\nbody\r\n`), true);
  await client.close();
});

test('SMTP takes text of any length that has no header, and leaves what looks like a field far in it', async (t) => {
  const { mx, store } = await startTestSmtp(t, { isLan });
  const text = `1;2;3\r\n${upTo(2 * MIB, 'Bcc: not the header\r\n')}`;
  const client = await atData(mx);
  await client.ask(`${text}.`, /^250 .*\r\n/);
  const stored = store.deliveries[0]?.text ?? '';
  assert.match(stored, /^Date: /m);
  assert.ok(stored.endsWith('Bcc: not the header\r\n'));
  await client.close();
});
