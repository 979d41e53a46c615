import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { Timestamp } from '../../src/base/instant.ts';
import { makeIdentity } from '../fake/make-identity.ts';
import { freePort } from '../fake/free-port.ts';
import { Program } from '../lab/program.ts';
import { waitFor } from '../lab/wait-for.ts';
import { greeted } from '../service/smtp/running-smtp.ts';
import { startPostfix, withoutPostfix } from '../service/postfix.ts';
import { SmallOffice } from './small-office.ts';

// The whole post office and other mail hosts: what goes out and comes in, who is told what, and that everything ends.
const run = promisify(execFile);

const SEND = `
import smtplib, sys
port, sender, recipient, subject = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
options, wishes = sys.argv[5].split(), sys.argv[6].split()
with smtplib.SMTP('localhost', port, local_hostname='pc.example') as server:
    server.ehlo()
    text = 'Subject: %s\\r\\nFrom: <%s>\\r\\n\\r\\n.dot\\r\\n%s\\r\\n' % (subject, sender, sys.argv[7])
    server.command_encoding = 'utf-8'
    print(server.sendmail(sender, [recipient], text.encode(), mail_options=['BODY=8BITMIME', *options], rcpt_options=wishes))
`;

interface Letter {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  /** Of MAIL, and of RCPT. */
  readonly options?: string;
  readonly wishes?: string;
  /** Last line of the text. */
  readonly text: string;
}

async function send(
  port: number,
  { from, to, subject, options = '', wishes = '', text }: Letter,
): Promise<void> {
  const { stdout } = await run('python3', [
    '-c',
    SEND,
    String(port),
    from,
    to,
    subject,
    options,
    wishes,
    text,
  ]);
  assert.equal(stdout.trim(), '{}');
}

/** Hands a plain letter of alice in, without a program. */
async function post(port: number, to: string, subject: string): Promise<void> {
  const client = await greeted(port);
  await client.ask('MAIL FROM:<alice@office.example>', /^250 .*\r\n/);
  await client.ask(`RCPT TO:<${to}>`, /^250 .*\r\n/);
  await client.ask('DATA', /^354 .*\r\n/);
  await client.ask(`Subject: ${subject}\r\n\r\nx\r\n.`, /^250 .*\r\n/);
  await client.close();
}

const withSubject = (letters: readonly string[], subject: string): string[] =>
  letters.filter((letter) => letter.includes(`Subject: ${subject}`));

for (const security of ['starttls', 'none'] as const) {
  const isSecret = security === 'starttls';
  test(
    `Postfix and we exchange mail both ways ${isSecret ? 'under TLS' : 'in plaintext'}: receipts for both, and addresses beyond ASCII`,
    { skip: withoutPostfix },
    async (t) => {
      const office = await SmallOffice.start(t, {
        isLan: true,
        directory: { aliases: { 'gr\u00fc\u00dfe': ['alice'] } },
      });
      const identity = isSecret ? makeIdentity('localhost', Timestamp(Date.now())) : undefined;
      const relay = `relayhost = [127.0.0.1]:${office.ports.mx}\nsmtp_tls_security_level = ${isSecret ? 'may' : 'none'}`;
      const postfix = await startPostfix(
        t,
        `myhostname = mx.elsewhere.example\nmyorigin = elsewhere.example\n${relay}`,
        identity,
      );
      office.sendTo({ port: postfix.port, security });
      const text = 'gr\u00fc\u00dfe';
      const receipt = { text, wishes: 'NOTIFY=SUCCESS', options: 'RET=HDRS ENVID=order+2B7' };
      const [alice, carol] = ['alice@office.example', 'carol@elsewhere.example'];
      await send(office.ports.mx, { from: alice, to: carol, subject: 'out', ...receipt });
      await send(postfix.port, { from: carol, to: alice, subject: 'in', ...receipt });
      const umlauts = { text, options: 'SMTPUTF8' };
      await send(office.ports.mx, {
        from: alice,
        to: 'j\u00fcrgen@elsewhere.example',
        subject: 'umlaut out',
        ...umlauts,
      });
      await send(postfix.port, {
        from: 'j\u00fcrgen@elsewhere.example',
        to: 'gr\u00fc\u00dfe@office.example',
        subject: 'umlaut in',
        ...umlauts,
      });
      const outside = await waitFor(
        'the mail for elsewhere',
        () => postfix.mail().length === 3 && postfix.mail(),
      );
      const inside = await waitFor('the mail for alice', async () => {
        const letters = await office.letters('alice');
        return letters.length === 3 && letters;
      });
      for (const letter of [...withSubject(outside, 'out\n'), ...withSubject(outside, 'umlaut out')]) {
        assert.ok(letter.endsWith('\n\n.dot\ngr\xc3\xbc\xc3\x9fe\n'), letter);
        assert.equal(/with cipher/.test(letter), isSecret);
      }
      for (const letter of [...withSubject(inside, 'in\r'), ...withSubject(inside, 'umlaut in')]) {
        assert.ok(letter.endsWith('\r\n\r\n.dot\r\ngr\xc3\xbc\xc3\x9fe\r\n'), letter);
        assert.match(letter, isSecret ? /with (?:UTF8)?E?SMTPS\r\n/ : /with (?:UTF8|E)SMTP\r\n/);
      }
      assert.match(
        withSubject(inside, 'umlaut in')[0] ?? '',
        /^Return-Path: <j\xc3\xbcrgen@elsewhere\.example>\r\n/,
      );
      const theirs = inside.find((letter) => letter.includes('multipart/report')) ?? '';
      assert.match(theirs, /\r\nOriginal-Envelope-Id: order\+7\r\n/);
      assert.match(
        theirs,
        /\r\nFinal-Recipient: rfc822; carol@elsewhere\.example\r\n[^]*\r\nAction: delivered\r\n/,
      );
      const ours = outside.find((letter) => letter.includes('multipart/report')) ?? '';
      assert.match(ours, /\nOriginal-Envelope-Id: order\+7\n/);
      assert.match(
        ours,
        /\nFinal-Recipient: rfc822; alice@office\.example\nAction: delivered\nStatus: 2\.0\.0\n/,
      );
      assert.equal((await office.queue.view()).total, 0);
    },
  );
}

const FAILURES = { hard: '-f', soft: '-r', gone: '-q', closing: '-Q' } as const;
const COMMANDS = ['CONNECT', 'EHLO', 'MAIL', 'RCPT', 'DATA', '.', 'QUIT'] as const;

/** What becomes of a message: whoever is only annoying gets it all the same, a refusal for good comes back, everything else is tried again. */
function fateOf(
  failure: keyof typeof FAILURES,
  command: (typeof COMMANDS)[number],
): 'sent' | 'returned' | 'waiting' {
  if (command === 'QUIT') return 'sent';
  // HELO is left to those who know no EHLO (RFC 5321 section 3.2).
  if (command === 'EHLO' && failure === 'hard') return 'sent';
  return failure === 'hard' && command !== 'CONNECT' ? 'returned' : 'waiting';
}

async function startSink(
  t: TestContext,
  office: SmallOffice,
  port: number,
  options: readonly string[],
): Promise<Program> {
  const logPath = join(office.directory, `sink-${port}.log`);
  const sink = new Program(
    'smtp-sink',
    ['smtp-sink', '-u', 'nobody', ...options, `127.0.0.1:${port}`, '20'],
    { logPath },
  );
  t.after(() => sink.stop());
  await waitFor('smtp-sink', async () => {
    const { stdout } = await run('ss', ['-Hltn', `sport = ${port}`]);
    return stdout !== '';
  });
  return sink;
}

test(
  'smtp-sink fails at every command in every way: mail is returned, or waits with the reason, and goes when the host is well again',
  { skip: withoutPostfix },
  async (t) => {
    const office = await SmallOffice.start(t, { isLan: true });
    const cases = (Object.keys(FAILURES) as (keyof typeof FAILURES)[]).flatMap((failure) =>
      COMMANDS.map((command) => ({ failure, command, fate: fateOf(failure, command) })),
    );
    const sinks = await Promise.all(
      cases.map(async ({ failure, command }, index) => {
        const port = await freePort();
        office.sendTo({ port, security: 'none' }, `case${index}.example`);
        return { port, sink: await startSink(t, office, port, [FAILURES[failure], command]) };
      }),
    );
    for (const [index, { failure, command }] of cases.entries())
      await post(office.ports.mx, `x@case${index}.example`, `${failure} ${command}`);
    const waiting = cases.filter(({ fate }) => fate === 'waiting');
    const { entries } = await waitFor('what is left', async () => {
      const view = await office.queue.view();
      const isSettled = view.entries.every(({ state, reason }) => state === 'waiting' && reason !== '');
      return view.total === waiting.length && isSettled && view;
    });
    const left = entries.map(({ recipient }) => cases[Number(/\d+/.exec(recipient)?.[0])]);
    assert.deepEqual(new Set(left), new Set(waiting));
    const letters = await office.letters('alice');
    const returned = cases.filter(({ fate }) => fate === 'returned');
    assert.equal(letters.length, returned.length);
    for (const { failure, command } of returned) {
      const bounce = withSubject(letters, `${failure} ${command}\r`)[0] ?? '';
      assert.match(
        bounce,
        /\r\nAction: failed\r\nStatus: 5\.\d+\.\d+\r\n[^]*Diagnostic-Code: smtp; 500 5\.3\.0 /,
      );
    }
    await Promise.all(sinks.map(({ sink }) => sink.stop()));
    await Promise.all(sinks.map(({ port }) => startSink(t, office, port, ['-w', '1'])));
    for (const { id } of entries) await office.queue.act('retry', id);
    await waitFor('an empty queue', async () => (await office.queue.view()).total === 0);
    assert.equal((await office.letters('alice')).length, returned.length);
  },
);

/** Two offices that send all other mail to one another. */
async function twoOffices(
  t: TestContext,
  aliases: Readonly<Record<string, readonly string[]>>,
  back: Readonly<Record<string, readonly string[]>>,
): Promise<readonly [SmallOffice, SmallOffice]> {
  const one = await SmallOffice.start(t, { isLan: true, directory: { aliases } });
  const other = await SmallOffice.start(t, {
    isLan: true,
    domain: 'branch.example',
    directory: { aliases: back },
  });
  one.sendTo({ port: other.ports.mx, security: 'starttls' });
  other.sendTo({ port: one.ports.mx, security: 'starttls' });
  return [one, other];
}

/** Messages taken in so far. */
const taken = ({ log }: SmallOffice): number => log.text.match(/Stored /g)?.length ?? 0;

for (const [name, there, back, most] of [
  ['an alias', { loop: ['loop@branch.example'] }, { loop: ['loop@office.example'] }, 6],
  [
    'aliases that double every letter',
    { loop: ['a@branch.example', 'b@branch.example'], again: ['b@branch.example', 'a@branch.example'] },
    {
      a: ['loop@office.example', 'again@office.example'],
      b: ['again@office.example', 'loop@office.example'],
    },
    60,
  ],
] as const) {
  test(`two offices that forward to each other by ${name} end it with one notice to the sender`, async (t) => {
    const [one, other] = await twoOffices(t, there, back);
    await post(one.ports.mx, 'loop@office.example', 'round');
    const [notice = '', ...more] = await waitFor('the notice', async () => {
      const letters = await one.letters('alice');
      return letters.length > 0 && letters;
    });
    assert.deepEqual(more, []);
    assert.match(
      notice,
      /\r\nStatus: 5\.4\.6\r\n[^]*Diagnostic-Code: smtp; 554 5\.4\.6 The message is in a loop/,
    );
    await waitFor('empty queues', async () => {
      const views = await Promise.all([one.queue.view(), other.queue.view()]);
      return views.every(({ total }) => total === 0);
    });
    const copies = taken(one) + taken(other);
    assert.ok(copies <= most, `${copies} copies`);
    assert.equal((await one.letters('alice')).length, 1);
    t.diagnostic(`${copies} copies were taken, notices included`);
  });
}
