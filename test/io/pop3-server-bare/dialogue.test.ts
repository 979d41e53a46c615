import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Pop3User } from '../../../src/io/pop3-server-bare/options.ts';
import { ScriptedSession, type SessionSettings, TextMaildrop, TWO_MESSAGES } from './scripted-session.ts';

const GREETING = '+OK ready\r\n';
const LOGIN = 'USER alice\r\nPASS secret\r\n';
const LOGGED_IN = '+OK Send the password\r\n+OK Maildrop has 2 messages (77 octets)\r\n';

/** A script of the commands of one session after the login, and all it is answered before QUIT's +OK. */
async function afterLogin(commands: string, settings: SessionSettings = {}): Promise<string> {
  const answered = await new ScriptedSession(settings).run(`${LOGIN}${commands}QUIT\r\n`);
  const [before, after] = [GREETING + LOGGED_IN, '+OK Bye\r\n'];
  assert.ok(answered.startsWith(before) && answered.endsWith(after), answered);
  return answered.slice(before.length, -after.length);
}

const GOLDEN: readonly (readonly [rule: string, commands: string, answers: string])[] = [
  ['STAT counts messages and octets', 'STAT\r\n', '+OK 2 77\r\n'],
  ['LIST lists all', 'LIST\r\n', '+OK 2 messages (77 octets)\r\n1 41\r\n2 36\r\n.\r\n'],
  ['LIST n is one line', 'LIST 2\r\n', '+OK 2 36\r\n'],
  ['UIDL lists all', 'UIDL\r\n', '+OK 2 messages (77 octets)\r\n1 uid-1\r\n2 uid-2\r\n.\r\n'],
  ['UIDL n is one line', 'UIDL 1\r\n', '+OK 1 uid-1\r\n'],
  ['RETR sends the message', 'RETR 1\r\n', `+OK 41 octets\r\n${TWO_MESSAGES[0]}.\r\n`],
  [
    'RETR stuffs dots and ends the last line',
    'RETR 2\r\n',
    '+OK 36 octets\r\nSubject: two\r\n\r\n..\r\n...\r\n..hidden\r\nlast\r\n.\r\n',
  ],
  ['TOP n 0 is the header and the blank line', 'TOP 1 0\r\n', '+OK Top follows\r\nSubject: one\r\n\r\n.\r\n'],
  ['TOP counts body lines', 'TOP 2 1\r\n', '+OK Top follows\r\nSubject: two\r\n\r\n..\r\n.\r\n'],
  ['NOOP does nothing', 'NOOP\r\n', '+OK Nothing done\r\n'],
  ['verbs are case-insensitive', 'stat\r\nNoOp\r\n', '+OK 2 77\r\n+OK Nothing done\r\n'],
  [
    'CAPA after the login',
    'CAPA\r\n',
    '+OK Capability list follows\r\nUSER\r\nSASL PLAIN\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nUTF8 USER\r\nLANG\r\n.\r\n',
  ],
  [
    'numbers stay after DELE, deleted messages are gone from every command',
    'DELE 1\r\nSTAT\r\nLIST\r\nUIDL\r\nLIST 1\r\nUIDL 1\r\nRETR 1\r\nTOP 1 0\r\nDELE 1\r\nLIST 2\r\nRSET\r\n',
    [
      '+OK Message 1 will be deleted',
      '+OK 1 36',
      '+OK 1 message (36 octets)\r\n2 36\r\n.',
      '+OK 1 message (36 octets)\r\n2 uid-2\r\n.',
      ...Array.from({ length: 5 }, () => '-ERR No such message'),
      '+OK 2 36',
      '+OK 2 messages (77 octets)\r\n',
    ].join('\r\n'),
  ],
  [
    'RSET takes marks back',
    'DELE 1\r\nRSET\r\nLIST 1\r\n',
    '+OK Message 1 will be deleted\r\n+OK 2 messages (77 octets)\r\n+OK 1 41\r\n',
  ],
  [
    'numbers that are no message are refused',
    'RETR 0\r\nRETR 3\r\nLIST 3\r\nDELE 999999999\r\n',
    '-ERR No such message\r\n'.repeat(4),
  ],
  [
    'arguments that cannot be read are refused',
    'RETR\r\nRETR x\r\nTOP 1\r\nTOP 1 -1\r\nSTAT 1\r\nLIST 1 2\r\n',
    '-ERR Usage: RETR number\r\n-ERR Usage: RETR number\r\n-ERR Usage: TOP number lines\r\n-ERR Usage: TOP number lines\r\n-ERR Usage: STAT\r\n-ERR Usage: LIST [number]\r\n',
  ],
  [
    'commands of the other state are refused and the session goes on',
    'USER bob\r\nSTLS\r\nXYZZY\r\n',
    ['USER', 'STLS', 'XYZZY']
      .map((verb) => `-ERR Cannot obey ${verb} here: there is no such command after the login\r\n`)
      .join(''),
  ],
];

for (const [rule, commands, answers] of GOLDEN) {
  test(`Dialogue: ${rule} (RFC 1939 §5)`, async () => {
    assert.equal(await afterLogin(commands), answers);
  });
}

test('Dialogue deletes at QUIT only, with one call for all marks (RFC 1939 §6)', async () => {
  const session = new ScriptedSession();
  await session.run(`${LOGIN}DELE 2\r\nDELE 1\r\nQUIT\r\n`);
  assert.deepEqual([session.maildrop.removed, session.maildrop.updates], [['uid-2', 'uid-1'], 1]);
  assert.equal(session.maildrop.closes, 1);
});

test('Dialogue removes nothing after RSET', async () => {
  const session = new ScriptedSession();
  await session.run(`${LOGIN}DELE 1\r\nRSET\r\nQUIT\r\n`);
  assert.deepEqual([session.maildrop.updates, session.maildrop.closes], [0, 1]);
});

test('Dialogue answers QUIT with -ERR when the messages could not be removed (RFC 1939 §6)', async () => {
  const maildrop = new TextMaildrop(TWO_MESSAGES);
  maildrop.failsToUpdate = true;
  const answered = await new ScriptedSession({ maildrop }).run(`${LOGIN}DELE 1\r\nQUIT\r\n`);
  assert.match(answered, /will be deleted\r\n-ERR \[SYS\/TEMP\] Deleted messages were not removed\r\n$/);
  assert.equal(maildrop.closes, 1);
});

test('Dialogue deletes nothing when the connection breaks, and gives the maildrop back', async () => {
  const session = new ScriptedSession();
  await session.dialogue.start();
  session.dialogue.receive(Buffer.from(`${LOGIN}DELE 1\r\nSTAT\r\n`));
  while (!session.text.includes('+OK 1 36')) await new Promise(setImmediate);
  session.dialogue.gone();
  session.dialogue.receive(Buffer.from('QUIT\r\n'));
  await new Promise(setImmediate);
  assert.deepEqual([session.maildrop.updates, session.maildrop.closes], [0, 1]);
});

test('Dialogue gives back a maildrop that was opened for a client who is gone', async () => {
  const opened = Promise.withResolvers<TextMaildrop>();
  const session = new ScriptedSession({ options: { onOpen: () => opened.promise } });
  await session.dialogue.start();
  session.dialogue.receive(Buffer.from(LOGIN));
  await new Promise(setImmediate);
  session.dialogue.gone();
  opened.resolve(session.maildrop);
  await new Promise(setImmediate);
  assert.equal(session.maildrop.closes, 1);
});

test('Dialogue goes on when a message cannot be read', async () => {
  const maildrop = new TextMaildrop(TWO_MESSAGES);
  maildrop.readError = new Error('the storage is damaged');
  const refused = '-ERR [SYS/TEMP] Message 1 cannot be read now\r\n';
  assert.equal(
    await afterLogin('RETR 1\r\nTOP 1 1\r\nSTAT\r\n', { maildrop }),
    `${refused}${refused}+OK 2 77\r\n`,
  );
});

const PLAIN = Buffer.from('\0alice\0secret').toString('base64');

test('Dialogue takes AUTH PLAIN with an initial response and with a continuation (RFC 5034 §4)', async () => {
  const maildropHas = '+OK Maildrop has 2 messages (77 octets)\r\n';
  for (const [sent, asked] of [
    [`AUTH PLAIN ${PLAIN}\r\n`, ''],
    [`auth plain\r\n${PLAIN}\r\n`, '+ \r\n'],
    [`AUTH PLAIN\r\n*\r\n${LOGIN}`, '+ \r\n-ERR Login abandoned\r\n+OK Send the password\r\n'],
    [
      `AUTH PLAIN\r\n!!\r\n${LOGIN}`,
      '+ \r\n-ERR Cannot read the response to AUTH PLAIN\r\n+OK Send the password\r\n',
    ],
    [`AUTH CRAM-MD5\r\n${LOGIN}`, '-ERR Usage: AUTH PLAIN [response]\r\n+OK Send the password\r\n'],
  ] as const) {
    const answered = await new ScriptedSession().run(`${sent}QUIT\r\n`);
    assert.equal(answered, `${GREETING}${asked}${maildropHas}+OK Bye\r\n`);
  }
});

test('Dialogue answers a wrong password with [AUTH] and a third one with the end (RFC 3206 §4)', async () => {
  const wrong = 'USER alice\r\nPASS wrong\r\n';
  const answered = await new ScriptedSession().run(`${wrong}${wrong}${wrong}${LOGIN}`);
  const refused = '+OK Send the password\r\n-ERR [AUTH] Name and password do not fit\r\n';
  assert.equal(answered, GREETING + refused.repeat(3));
});

test('Dialogue does not tell whether a user exists', async () => {
  const known = await new ScriptedSession().run('USER alice\r\nPASS wrong\r\nQUIT\r\n');
  assert.equal(await new ScriptedSession().run('USER nobody\r\nPASS wrong\r\nQUIT\r\n'), known);
});

test('Dialogue answers [IN-USE] while another session has the maildrop, and lets the client try again', async () => {
  const answered = await new ScriptedSession({ options: { onOpen: async () => undefined } }).run(
    `${LOGIN}STAT\r\nQUIT\r\n`,
  );
  assert.match(answered, /-ERR \[IN-USE\] Another session has this mailbox open\r\n-ERR Cannot obey STAT/);
});

test('Dialogue answers [SYS/TEMP] when the password cannot be checked now', async () => {
  const onAuth = async (): Promise<Pop3User> => {
    throw new Error('too many checks at once');
  };
  const answered = await new ScriptedSession({ options: { onAuth } }).run(`${LOGIN}QUIT\r\n`);
  assert.match(answered, /-ERR \[SYS\/TEMP\] The mailbox cannot be opened now/);
});

test('A reply is held for the next one only while a whole command waits, and only after the login (RFC 2449 §6.6)', async () => {
  const session = new ScriptedSession();
  await session.run(`${LOGIN}NOOP\r\nRETR 1\r\nDELE 1\r\nNO`, 'OP\r\nQUIT\r\n');
  const held = session.transport.output.map((bytes, index) => [
    Buffer.from(bytes).toString('latin1').split('\r\n')[0],
    session.transport.hints[index],
  ]);
  const [greeting, user, pass] = held;
  for (const reply of [greeting, user]) assert.equal(reply?.[1], false, String(reply?.[0]));
  assert.equal(pass?.[1], true);
  assert.equal(held.at(-1)?.[1], false, 'nothing follows the goodbye');
  assert.deepEqual(
    held.filter(([, isHeld]) => isHeld === true).length,
    held.length - 3,
    'all but the greeting, what was said before the login, and the goodbye',
  );
});

test('UIDL refuses to list a UID that a client could not read (RFC 1939 §7); all else works', async () => {
  for (const uid of ['', 'a b', 'x'.repeat(71), '\u00fc']) {
    const maildrop = new TextMaildrop(['a\r\n']);
    Object.assign(maildrop.messages[0] ?? {}, { uid });
    const session = new ScriptedSession({ maildrop });
    const answered = await session.run(`${LOGIN}UIDL\r\nUIDL 1\r\nRETR 1\r\nQUIT\r\n`);
    const refusal = '-ERR \\[SYS/PERM\\] The mailbox is damaged\r\n';
    assert.match(answered, new RegExp(`\r\n${refusal}${refusal}\\+OK 3 octets\r\na\r\n\\.\r\n`));
    assert.equal(session.events.filter(({ kind }) => kind === 'error').length, 2);
  }
});

test('Dialogue refuses logins without TLS and does not offer them (RFC 8314 §3)', async () => {
  const answered = await new ScriptedSession({ secure: false, options: { key: 'k', cert: 'c' } }).run(
    `CAPA\r\n${LOGIN}AUTH PLAIN\r\nAUTH PLAIN ${PLAIN}\r\nQUIT\r\n`,
  );
  const capabilities = answered.slice(0, answered.indexOf('.\r\n'));
  assert.match(capabilities, /STLS/);
  assert.doesNotMatch(capabilities, /^USER|SASL/m);
  assert.equal(answered.match(/-ERR Cannot log in without encryption: use STLS first/g)?.length, 4);
});

test('Dialogue offers STLS only when it has a certificate, and not twice', async () => {
  const without = await new ScriptedSession({ secure: false }).run('CAPA\r\nSTLS\r\nQUIT\r\n');
  assert.doesNotMatch(without, /STLS/);
  assert.match(without, /-ERR Cannot start TLS/);
  const within = await new ScriptedSession({ options: { key: 'k', cert: 'c' } }).run(
    'CAPA\r\nSTLS\r\nQUIT\r\n',
  );
  assert.doesNotMatch(within, /STLS/);
});

test('Dialogue throws away what was sent in plaintext behind STLS (RFC 2595 §4)', async () => {
  const session = new ScriptedSession({ secure: false, options: { key: 'k', cert: 'c' } });
  await session.dialogue.start();
  session.dialogue.receive(Buffer.from(`USER mallory\r\nSTLS\r\n${LOGIN}DELE 1\r\nQUIT\r\n`));
  while (session.transport.tlsStarts === 0) await new Promise(setImmediate);
  session.dialogue.secured();
  session.dialogue.receive(Buffer.from('PASS secret\r\nQUIT\r\n'));
  await session.transport.ended.promise;
  assert.match(session.text, /\+OK Begin TLS negotiation\r\n-ERR USER must come first\r\n\+OK Bye\r\n$/);
});

test('Dialogue ends a session after too many bad commands', async () => {
  const answered = await new ScriptedSession({ limits: { badCommands: 3 } }).run('A\r\nB\r\n\0\r\nSTAT\r\n');
  assert.match(answered, /-ERR Cannot obey A .*\r\n-ERR Cannot obey B .*\r\n-ERR Too many bad commands\r\n$/);
});

test('Dialogue refuses an overlong line and goes on', async () => {
  const answered = await new ScriptedSession().run(`USER ${'a'.repeat(5000)}\r\n${LOGIN}QUIT\r\n`);
  assert.equal(
    answered,
    `${GREETING}-ERR Command line too long: at most 2048 octets\r\n${LOGGED_IN}+OK Bye\r\n`,
  );
});

test('Dialogue counts a quiet client by whole commands, and not before the login', async () => {
  const session = new ScriptedSession({ limits: { idleTime: 77 } });
  await session.run(`CAPA\r\n${LOGIN}STAT\r\nQUIT\r\n`);
  assert.deepEqual(session.transport.deadlines, [77, undefined, 77, undefined]);
});

test('Dialogue says the reason of a refusal by the caller and ends', async () => {
  const onConnect = (): void => {
    throw new Error('Closed\r\nfor today');
  };
  assert.equal(
    await new ScriptedSession({ options: { onConnect } }).run(),
    '-ERR [SYS/TEMP] Closed  for today\r\n',
  );
});

test('Dialogue that is stopped ends after the command under way and deletes nothing', async () => {
  const session = new ScriptedSession();
  await session.dialogue.start();
  session.dialogue.receive(Buffer.from(`${LOGIN}DELE 1\r\nQUIT\r\n`));
  session.dialogue.stop();
  await session.transport.ended.promise;
  await new Promise(setImmediate);
  assert.equal(session.maildrop.updates, 0);
});

test('Dialogue gives the same answers for every cut of the input', async () => {
  const script = `CAPA\r\nAUTH PLAIN\r\n${PLAIN}\r\nLIST\r\nTOP 2 2\r\nDELE 1\r\nRETR 2\nUIDL\r\nQUIT\r\n`;
  const whole = await new ScriptedSession().run(script);
  for (let cut = 1; cut < script.length; cut++) {
    assert.equal(await new ScriptedSession().run(script.slice(0, cut), script.slice(cut)), whole);
  }
  assert.equal(await new ScriptedSession().run(...script.split('')), whole);
});

test('Dialogue survives random bytes: it answers each line or ends, and never throws', async () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    fc
      .constantFrom('USER alice', 'PASS secret', 'RETR 1', 'DELE 2', 'AUTH PLAIN', PLAIN, 'STLS', 'TOP 1 1')
      .map((line) => Buffer.from(`${line}\r\n`)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 20 }), async (pieces) => {
      const session = new ScriptedSession();
      const answered = await session.run(...pieces, '\r\n*\r\nQUIT\r\nQUIT\r\n');
      assert.match(answered, /^\+OK ready\r\n/);
      assert.ok(session.events.every((event) => event.kind !== 'error'));
    }),
    { numRuns: 60 },
  );
});
