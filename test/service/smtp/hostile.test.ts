import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import process from 'node:process';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Milliseconds, Minutes, Seconds } from '../../../src/base/duration.ts';
import { DEFAULT_SMTP_LIMITS } from '../../../src/service/smtp/limits.ts';
import { LineClient } from '../../fake/line-client.ts';
import { atData, greeted, startTestSmtp } from './running-smtp.ts';

// What programs do that want no mail delivered.

const ONE_LINE = /^\d{3} .*\r\n/;
const CLOSED_421 = /^421 \S+ .*\r\n$/;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

/** An address of 127.0.0.0/8 in a /24 of its own. */
const inNetwork = (network: number, host = 1): string =>
  `127.${1 + Math.floor(network / 250)}.${network % 250}.${host}`;

test('SMTP cuts a sender who lets a message drip, and gives its memory back', async (t) => {
  const limits = { messageSize: 50_000, bufferedOctets: 50_000 };
  const { mx, store, clock } = await startTestSmtp(t, { limits });
  const client = await atData(mx);
  client.send(`Subject: x\r\n\r\n${'x'.repeat(40_000)}\r\n`);
  // 40000 octets at 500 a second are worth 80 s more than the five minutes.
  const worth = Minutes(5) + (40_000 / DEFAULT_SMTP_LIMITS.dataRate) * 1000;
  for (let passed = 0; passed < worth - 5000; passed += 5000) {
    client.send('x');
    await clock.advance(Milliseconds(5000));
  }
  assert.equal(client.received, '');
  await clock.advance(Seconds(20));
  assert.match(await client.rest(), /^421 4\.4\.2 The message comes in too slowly\r\n$/);
  client.reset();
  const again = await atData(mx);
  await again.ask(`${'y'.repeat(45_000)}\r\n.`, /^250 .*\r\n/);
  assert.equal(store.deliveries.length, 1);
  await again.close();
});

test('SMTP lets no message take longer than an hour, however much of it comes', async (t) => {
  const { mx, clock } = await startTestSmtp(t, { limits: { dataRate: 1 } });
  const client = await atData(mx);
  client.send('x'.repeat(100_000));
  await clock.advance(Minutes(59));
  await clock.advance(Minutes(2));
  assert.match(await client.rest(), /^421 4\.4\.2 /);
});

test('SMTP ends a connection without mail after its time, also one that talks', async (t) => {
  const { mx, clock } = await startTestSmtp(t);
  const client = await greeted(mx);
  for (let minute = 0; minute < 14; minute++) {
    await client.ask('NOOP', /^250 .*\r\n/);
    await clock.advance(Minutes(1));
  }
  assert.equal(client.received, '');
  await clock.advance(Minutes(1));
  assert.match(await client.rest(), /^421 4\.4\.2 The connection has lasted too long\r\n$/);
});

test('SMTP ends a command, and a login, that drips in octet by octet', async (t) => {
  const { mx, submissions, clock } = await startTestSmtp(t);
  const command = await greeted(mx);
  const login = await LineClient.connect(submissions, { tls: true });
  await login.expect(/^220 /);
  await login.ask('EHLO x', /^250 .*\r\n/m);
  await login.ask('AUTH PLAIN', /^334 .*\r\n/);
  for (let minute = 0; minute < 15; minute++) {
    command.send('x');
    login.send('A');
    await clock.advance(Minutes(1));
  }
  assert.match(await command.rest(), /^421 4\.4\.2 The connection has lasted too long\r\n$/);
  assert.match(await login.rest(), /^421 4\.4\.2 The connection has lasted too long\r\n$/);
});

test('SMTP counts the time of a connection from the last message that was taken', async (t) => {
  const { mx, clock } = await startTestSmtp(t);
  const client = await atData(mx);
  await clock.advance(Minutes(4));
  await client.ask('\r\nx\r\n.', /^250 .*\r\n/);
  await clock.advance(Minutes(14));
  await client.ask('NOOP', /^250 .*\r\n/);
  await clock.advance(Minutes(2));
  assert.match(await client.rest(), /^421 4\.4\.2 /);
});

test('SMTP ends a STARTTLS, and TLS from the start, that never comes to its end', async (t) => {
  const { mx, submissions, clock } = await startTestSmtp(t);
  const starting = await greeted(mx);
  await starting.ask('STARTTLS', /^220 .*\r\n/);
  const silent = await LineClient.connect(submissions);
  silent.send('\x16\x03\x01');
  await until(() => clock.pending >= 2);
  await clock.advance(Seconds(30));
  assert.equal(await silent.rest(), '');
  await clock.advance(Minutes(15));
  assert.equal(await starting.rest(), '');
  const client = await LineClient.connect(submissions, { tls: true });
  await client.expect(/^220 /);
  await client.close();
});

test('SMTP answers the office through 200 connections of strangers that say nothing', async (t) => {
  const isLan = (address: string): boolean => address === '127.0.0.1';
  const { mx, store, clock } = await startTestSmtp(t, { isLan });
  const silent = await Promise.all(
    Array.from({ length: 200 }, (_, n) => LineClient.connect(mx, { from: inNetwork(n) })),
  );
  const greetings = await Promise.all(silent.map((one) => one.expect(ONE_LINE)));
  const room = DEFAULT_SMTP_LIMITS.connections - DEFAULT_SMTP_LIMITS.connectionsForLan;
  assert.equal(greetings.filter((line) => line.startsWith('220 ')).length, room);
  assert.equal(greetings.filter((line) => line.startsWith('421 4.3.2 ')).length, 200 - room);
  const office = await atData(mx);
  await office.ask('\r\nx\r\n.', /^250 .*\r\n/);
  // Once they have been silent for a while, whoever comes gets the place of one of them.
  await clock.advance(DEFAULT_SMTP_LIMITS.crowdedIdleTime);
  const stranger = await LineClient.connect(mx, { from: inNetwork(300) });
  await stranger.expect(/^220 .*\r\n/);
  await until(() => silent.some((one) => one.received.startsWith('421 4.3.2 Others are waiting')));
  assert.equal(store.deliveries.length, 1);
  await Promise.all([...silent, office, stranger].map((one) => one.close()));
});

test('SMTP bounds the connections of an address, and of a network whose addresses take turns', async (t) => {
  const { mx } = await startTestSmtp(t);
  const greetings = async (clients: readonly LineClient[]): Promise<string[]> =>
    await Promise.all(clients.map(async (one) => (await one.expect(ONE_LINE)).slice(0, 9)));
  const isIn = (line: string): boolean => line.startsWith('220 ');
  const alone = await Promise.all(
    Array.from({ length: 12 }, () => LineClient.connect(mx, { from: '127.9.9.9' })),
  );
  assert.equal((await greetings(alone)).filter(isIn).length, 10);
  const crowd = await Promise.all(
    Array.from({ length: 40 }, (_, n) => LineClient.connect(mx, { from: inNetwork(77, n + 1) })),
  );
  const answers = await greetings(crowd);
  assert.equal(answers.filter(isIn).length, 30);
  assert.ok(answers.filter((line) => !isIn(line)).every((line) => line === '421 4.7.0'));
  await Promise.all([...alone, ...crowd].map((one) => one.close()));
});

test('SMTP counts a connection off that ends in any way: after QUIT, STARTTLS, in TLS, by reset', async (t) => {
  const wan = { ...DEFAULT_SMTP_LIMITS.wan, connections: 1, connectionsPerMinute: 100_000 };
  const { mx, submissions } = await startTestSmtp(t, { limits: { wan } });
  /** The only connection there may be, as soon as the one before is gone. */
  const onlyOne = async (): Promise<LineClient> => {
    for (;;) {
      const client = await LineClient.connect(mx);
      if ((await client.expect(ONE_LINE)).startsWith('220 ')) return client;
      await client.rest();
    }
  };
  const quit = await onlyOne();
  await quit.ask('QUIT', /^221 .*\r\n/);
  await quit.rest();
  const started = await onlyOne();
  await started.ask('STARTTLS', /^220 .*\r\n/);
  await started.startTls();
  await started.close();
  const half = await onlyOne();
  await half.ask('STARTTLS', /^220 .*\r\n/);
  half.reset();
  (await onlyOne()).reset();
  await (await onlyOne()).close();
  // A refused one never gets TLS.
  let tls: LineClient | undefined;
  while (tls === undefined) tls = await LineClient.connect(submissions, { tls: true }).catch(() => undefined);
  await tls.expect(/^220 /);
  await tls.close();
  await (await onlyOne()).close();
  const raw = await LineClient.connect(submissions);
  raw.send('no TLS at all\r\n');
  await raw.rest();
  await (await onlyOne()).close();
});

test('SMTP ends a flood of commands, and of nonsense, without answering it all', async (t) => {
  const wan = { ...DEFAULT_SMTP_LIMITS.wan, commandsPerMinute: 200 };
  const { mx } = await startTestSmtp(t, { limits: { wan } });
  const noops = await greeted(mx);
  noops.send('NOOP\r\n'.repeat(10_000));
  const answers = (await noops.rest()).trimEnd().split('\r\n');
  assert.ok(answers.length <= 200, `${answers.length} answers`);
  assert.match(answers.at(-1) ?? '', /^421 4\.7\.0 Too many commands/);
  const garbage = await LineClient.connect(mx, { from: '127.3.0.1' });
  await garbage.expect(/^220 .*\r\n/);
  garbage.send('\x00\xff garbage \x1b[31m\r\n'.repeat(10_000));
  const said = await garbage.rest();
  assert.match(said, /421 4\.7\.0 Error: too many unrecognized commands\r\n$/);
  assert.ok(said.length < 2000);
});

test('SMTP ends a line that does not end: 10 MB of it, in command and in AUTH', async (t) => {
  const { mx, submissions, log } = await startTestSmtp(t);
  const client = await greeted(mx);
  client.send('x'.repeat(10_000_000));
  assert.match(await client.rest(), /^421 4\.5\.2 Error: Command line too long\r\n$/);
  const login = await LineClient.connect(submissions, { tls: true });
  await login.expect(/^220 /);
  await login.ask('EHLO x', /^250 .*\r\n/m);
  await login.ask('AUTH PLAIN', /^334 .*\r\n/);
  login.send(`${'A'.repeat(1_000_000)}\r\n`);
  assert.match(await login.rest(), CLOSED_421);
  assert.ok(log.text.length < 10_000);
});

test('SMTP takes lines of 100 kB within a message as they are', async (t) => {
  const { mx, store } = await startTestSmtp(t);
  const client = await atData(mx);
  const line = 'x'.repeat(100_000);
  await client.ask(`${line}\r\n..${line}\r\n.`, /^250 .*\r\n/);
  assert.ok(store.deliveries[0]?.text.endsWith(`\r\n${line}\r\n.${line}\r\n`));
  await client.close();
});

test('SMTP stops whoever tries names, and does not let them come back soon', async (t) => {
  const { mx, clock } = await startTestSmtp(t);
  let tried = 0;
  for (let connection = 0; connection < 5; connection++) {
    const client = await LineClient.connect(mx);
    if (!(await client.expect(ONE_LINE)).startsWith('220 ')) break;
    client.send('EHLO x.example\r\nMAIL FROM:<>\r\n');
    client.send(Array.from({ length: 100 }, (_, n) => `RCPT TO:<user${n}@office.example>\r\n`).join(''));
    tried += (await client.rest()).split('\r\n').filter((line) => line.startsWith('550 ')).length;
  }
  assert.equal(tried, DEFAULT_SMTP_LIMITS.wan.errors + 1);
  await clock.advance(Minutes(9));
  const early = await LineClient.connect(mx);
  assert.match(await early.rest(), CLOSED_421);
  await clock.advance(Minutes(1));
  const later = await greeted(mx);
  await later.close();
});

test('SMTP tells nothing by VRFY and EXPN', async (t) => {
  const { mx } = await startTestSmtp(t);
  const client = await greeted(mx);
  const known = await client.ask('VRFY alice', ONE_LINE);
  assert.match(known, /^252 2\.0\.0 /);
  assert.equal(await client.ask('VRFY nobody', ONE_LINE), known);
  assert.match(await client.ask('EXPN all', ONE_LINE), /^502 5\.5\.1 /);
  await client.close();
});

test('SMTP shuts a network out whose addresses take turns in guessing, before it asks for a password, and never the office', async (t) => {
  const checked: string[] = [];
  const isLan = (address: string): boolean => address === '127.0.0.1';
  const { submissions, log } = await startTestSmtp(t, {
    isLan,
    verify: async (login, password) => {
      checked.push(password);
      return password === 'se cret' ? login : undefined;
    },
  });
  const tryFrom = async (from: string, password: string): Promise<string> => {
    const client = await LineClient.connect(submissions, { tls: true, from }).catch(() => undefined);
    if (client === undefined) return 'cut';
    await client.expect(/^220 /);
    await client.ask('EHLO x', /^250 .*\r\n/m);
    const answer = await client.ask(
      `AUTH PLAIN ${Buffer.from(`\0alice\0${password}`).toString('base64')}`,
      ONE_LINE,
    );
    client.reset();
    return answer.slice(0, 3);
  };
  const answers: string[] = [];
  for (let n = 1; n <= 30; n++) answers.push(await tryFrom(`127.5.5.${n}`, `guess ${n}`));
  const refused = answers.indexOf('cut');
  assert.equal(refused, 24, answers.join(' '));
  assert.equal(checked.length, 24);
  assert.ok(answers.slice(refused).every((answer) => answer === 'cut'));
  // A neighbouring network, and the office, may go on.
  assert.equal(await tryFrom('127.5.6.1', 'se cret'), '235');
  for (let n = 1; n <= 30; n++) assert.equal(await tryFrom('127.0.0.1', `guess ${n}`), '535');
  assert.equal(await tryFrom('127.0.0.1', 'se cret'), '235');
  assert.doesNotMatch(log.text, /guess|se cret/);
});

test('SMTP hangs up on strangers who speak before the greeting, and lets the office', async (t) => {
  for (const isOffice of [false, true]) {
    const { mx } = await startTestSmtp(t, {
      isLan: () => isOffice,
      // Longer than the waits that are over at once.
      limits: { greetingDelay: Minutes(1) },
    });
    const client = await LineClient.connect(mx);
    client.send('EHLO x.example\r\nMAIL FROM:<>\r\n');
    if (!isOffice) assert.match(await client.rest(), /^421 4\.7\.0 .* You talk too soon\r\n$/);
    else {
      await client.expect(/^220 .*\r\n(250-.*\r\n)+250 .*\r\n250 2\.1\.0 .*\r\n/);
      await client.close();
    }
  }
});

test('SMTP holds the greeting back from strangers on the port for other servers only', async (t) => {
  const { mx, submission, clock } = await startTestSmtp(t, { limits: { greetingDelay: Minutes(1) } });
  const user = await LineClient.connect(submission);
  await user.expect(/^220 .*\r\n/);
  const server = await LineClient.connect(mx);
  await until(() => clock.pending >= 3);
  assert.equal(server.received, '');
  await clock.advance(Minutes(1));
  await server.expect(/^220 .*\r\n/);
  await Promise.all([user.close(), server.close()]);
});

test('SMTP keeps nothing of the words it does not know: as commands, parameters, mechanisms', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { mx, submissions } = await startTestSmtp(t, {
    isLan: () => true,
    limits: { lan: { ...DEFAULT_SMTP_LIMITS.lan, connectionsPerMinute: 10_000, errors: 10_000 } },
  });
  const heap = (): number => {
    collect();
    collect();
    return process.memoryUsage().heapUsed;
  };
  const word = (): string => randomBytes(1400).toString('hex');
  const talk = async (): Promise<void> => {
    const commands = await greeted(mx);
    commands.send(Array.from({ length: 9 }, () => `${word()}\r\n`).join(''));
    commands.send(Array.from({ length: 20 }, () => `MAIL FROM:<a@b.example> ${word()}=x\r\n`).join(''));
    commands.send('QUIT\r\n');
    await commands.rest();
    const login = await LineClient.connect(submissions, { tls: true });
    await login.expect(/^220 /);
    login.send(`EHLO x\r\n${Array.from({ length: 9 }, () => `AUTH ${word()}\r\n`).join('')}QUIT\r\n`);
    await login.rest();
  };
  for (let n = 0; n < 5; n++) await talk();
  const before = heap();
  for (let n = 0; n < 60; n++) await talk();
  const grown = heap() - before;
  // More than 6 MB were said.
  assert.ok(grown < 2_000_000, `${grown} octets more`);
});

test('SMTP survives random bytes in every state of the dialogue, and still takes mail', async (t) => {
  const isLan = (): boolean => true;
  const { mx, submission, store } = await startTestSmtp(t, { isLan });
  const words = [
    'EHLO x',
    'HELO',
    'MAIL FROM:<a@b.example>',
    'RCPT TO:<alice@office.example>',
    'DATA',
    'RSET',
  ];
  const more = [
    '.',
    'QUIT',
    'AUTH PLAIN',
    'AUTH LOGIN',
    '*',
    'STARTTLS',
    'BDAT 5',
    'VRFY',
    'NOOP',
    'HELP',
    '',
  ];
  const piece = (): Buffer => {
    const word = [...words, ...words, ...more][randomInt(2 * words.length + more.length)] ?? '';
    if (randomInt(3) > 0) return Buffer.from(`${word}\r\n`);
    const junk = Buffer.from(Array.from({ length: randomInt(40) }, () => randomInt(256)));
    return randomInt(2) === 0
      ? Buffer.concat([Buffer.from(word), junk])
      : Buffer.concat([junk, Buffer.from('\r\n')]);
  };
  for (let session = 0; session < 200; session++) {
    const client = await LineClient.connect(session % 2 === 0 ? mx : submission);
    for (let n = randomInt(30); n > 0; n--) client.send(piece());
    if (randomInt(2) === 0) client.reset();
    else await client.close();
  }
  const before = store.deliveries.length;
  const client = await atData(mx);
  await client.ask('\r\nx\r\n.', /^250 .*\r\n/);
  assert.equal(store.deliveries.length, before + 1);
  await client.close();
});
