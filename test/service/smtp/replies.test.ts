import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineClient } from '../../fake/line-client.ts';
import { greeted, startTestSmtp } from './running-smtp.ts';

// smtp-server's own replies, and the enhanced codes they must have (RFC 3463, RFC 5248, RFC 4954).

const ONE_LINE = /^\d{3} .*\r\n/;

const DIALOGUE: readonly (readonly [command: string, reply: string])[] = [
  ['MAIL', '501 5.1.7'],
  ['MAIL FROM:<a@b.example> SIZE=x', '501 5.5.4'],
  ['MAIL FROM:<a@b.example> BODY=BINARYMIME', '501 5.5.4'],
  ['MAIL FROM:<a@b.example> SMTPUTF8=1', '501 5.5.4'],
  ['MAIL FROM:<a@b.example> SIZE=1 SIZE=2', '501 5.5.4'],
  ['MAIL FROM:<a@b.example> REQUIRETLS', '530 5.7.0'],
  ['MAIL FROM:<a@b.example> SIZE=99999999999999999999', '552 5.3.4'],
  ['RCPT TO:<alice@office.example>', '503 5.5.1'],
  ['DATA', '503 5.5.1'],
  ['MAIL FROM:<"a b"@c.example>', '250 2.1.0'],
  ['MAIL FROM:<a@b.example>', '503 5.5.1'],
  ['RCPT TO:<>', '501 5.1.3'],
  ['RCPT TO:<"alice"@office.example>', '250 2.1.5'],
  ['RCPT TO:<ALICE@office.example>', '250 2.1.5'],
  ['RCPT TO:<@a.example,@b.example:alice@office.example>', '250 2.1.5'],
  ['RSET', '250 2.0.0'],
  ['HELP', '214 2.0.0'],
  ['NOOP ignored', '250 2.0.0'],
  ['VRFY', '501 5.5.4'],
  ['VRFY alice', '252 2.0.0'],
  ['ETRN x', '500 5.5.2'],
  ['HELO', '501'],
  ['HELO x', '250'],
  ['QUIT', '221 2.0.0'],
];

test('SMTP answers every command with the right codes', async (t) => {
  const { mx } = await startTestSmtp(t, { isLan: () => true });
  const client = await greeted(mx);
  for (const [command, reply] of DIALOGUE) {
    const answer = await client.ask(command, ONE_LINE);
    assert.ok(answer.startsWith(`${reply} `), `${command}: ${answer}`);
  }
});

test('SMTP wants EHLO first', async (t) => {
  const { mx } = await startTestSmtp(t);
  const client = await LineClient.connect(mx);
  await client.expect(ONE_LINE);
  assert.match(await client.ask('MAIL FROM:<a@b.example>', ONE_LINE), /^503 5\.5\.1 /);
  await client.close();
});

test('submission answers AUTH with the right codes (RFC 4954 §4)', async (t) => {
  const { submission, submissions } = await startTestSmtp(t);
  const plain = await greeted(submission);
  assert.match(await plain.ask('AUTH PLAIN AGEAYg==', ONE_LINE), /^538 5\.7\.11 /);
  await plain.close();
  const client = await LineClient.connect(submissions, { tls: true });
  await client.expect(ONE_LINE);
  await client.ask('EHLO x', /^250 .*\r\n/m);
  for (const [command, reply] of [
    ['AUTH CRAM-MD5', /^504 5\.5\.4 /],
    ['AUTH SCRAM-SHA-256', /^504 5\.5\.4 /],
    ['AUTH PLAIN !!!', /^501 5\.5\.2 /],
    ['AUTH PLAIN', /^334 \r\n/],
    ['*', /^501 5\.7\.0 /],
    ['AUTH LOGIN', /^334 VXNlcm5hbWU6\r\n/],
    ['*', /^501 5\.7\.0 /],
    [`AUTH PLAIN ${Buffer.from('\0alice\0se cret').toString('base64')}`, /^235 2\.7\.0 /],
    ['AUTH PLAIN', /^503 5\.5\.1 /],
  ] as const) {
    assert.match(await client.ask(command, /^\d{3} .*\r\n/), reply, command);
  }
  assert.doesNotMatch(await client.ask('EHLO x', /^250 .*\r\n/m), /AUTH/);
  await client.close();
});

test('submission ends a connection that talks long and never logs in', async (t) => {
  const { submissions } = await startTestSmtp(t);
  const client = await LineClient.connect(submissions, { tls: true });
  await client.expect(ONE_LINE);
  client.send(`EHLO x\r\n${'NOOP\r\n'.repeat(100)}`);
  assert.match(await client.rest(), /\r\n421 4\.7\.0 Error: too many unauthenticated commands\r\n$/);
});

test('submission keeps a certificate when a broken one is set', async (t) => {
  const { service, submissions } = await startTestSmtp(t);
  assert.throws(() => service.setIdentity({ key: 'none', cert: 'none' }));
  const client = await LineClient.connect(submissions, { tls: true });
  await client.expect(ONE_LINE);
  await client.close();
});
