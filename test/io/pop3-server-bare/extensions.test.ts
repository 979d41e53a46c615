import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pop3Failure } from '../../../src/io/pop3-server-bare/failure.ts';
import { DEFAULT_POP3_LIMITS } from '../../../src/io/pop3-server-bare/limits.ts';
import { LoginGuard } from '../../../src/io/pop3-server-bare/login-guard.ts';
import { ENGLISH } from '../../../src/io/pop3-server-bare/texts.ts';
import { UserSessions } from '../../../src/io/pop3-server-bare/user-sessions.ts';
import { ScriptedSession, type SessionSettings, TextMaildrop } from './scripted-session.ts';

// What RFC 1939 leaves to its extensions, and what several sessions have to do with one another.
const LOGIN = 'USER alice\r\nPASS secret\r\n';
const PLAIN = Buffer.from('\0alice\0secret').toString('base64');

async function answers(script: string, settings: SessionSettings = {}): Promise<string[]> {
  const answered = await new ScriptedSession(settings).run(`${script}QUIT\r\n`);
  return answered.split('\r\n').slice(1, -2);
}

function capability(lines: readonly string[], name: string): string[] {
  return lines.filter((line) => line.split(' ')[0] === name);
}

test('CAPA announces EXPIRE and LOGIN-DELAY with USER before the login and with the value of the user behind it (RFC 2449 §6)', async () => {
  const options = {
    expire: () => ({ days: 7, perUser: true }),
    loginDelay: { seconds: 120, perUser: true },
    implementation: 'Test',
    onAuth: async () => ({ name: 'alice', expire: 'NEVER', loginDelay: 5 }) as const,
  };
  const before = await answers('CAPA\r\n', { options });
  assert.deepEqual(capability(before, 'EXPIRE'), ['EXPIRE 7 USER']);
  assert.deepEqual(capability(before, 'LOGIN-DELAY'), ['LOGIN-DELAY 120 USER']);
  assert.deepEqual(capability(before, 'IMPLEMENTATION'), []);
  const behind = await answers(`${LOGIN}CAPA\r\n`, { options });
  assert.deepEqual(capability(behind, 'EXPIRE'), ['EXPIRE NEVER']);
  assert.deepEqual(capability(behind, 'LOGIN-DELAY'), ['LOGIN-DELAY 5']);
  assert.deepEqual(capability(behind, 'IMPLEMENTATION'), ['IMPLEMENTATION Test']);
});

test('CAPA says nothing of EXPIRE and LOGIN-DELAY where there are none', async () => {
  const lines = await answers('CAPA\r\n');
  assert.deepEqual(
    lines.filter((line) => /EXPIRE|DELAY/.test(line)),
    [],
  );
});

test('A user who comes back too soon is told [LOGIN-DELAY] and how long to wait (RFC 2449 §8.1.1)', async () => {
  let time = 0;
  const users = new UserSessions({ limits: DEFAULT_POP3_LIMITS, exclusive: true, now: () => time });
  const settings = { users, options: { loginDelay: { seconds: 60 } } };
  assert.match((await answers(LOGIN, settings)).at(-1) ?? '', /^\+OK Maildrop/);
  time = 20_500;
  assert.match((await answers(LOGIN, settings)).at(-1) ?? '', /^-ERR \[LOGIN-DELAY\] .* 40 seconds$/);
  time = 60_000;
  assert.match((await answers(LOGIN, settings)).at(-1) ?? '', /^\+OK Maildrop/);
});

test('A second session of a user is told [IN-USE] until the first has ended; shared, both see all and delete for themselves', async () => {
  for (const exclusive of [true, false]) {
    const limits = { ...DEFAULT_POP3_LIMITS, inUseWait: 0 };
    const users = new UserSessions({ limits, exclusive, now: () => 0 });
    const first = new ScriptedSession({ users });
    await first.dialogue.start();
    first.dialogue.receive(Buffer.from(`${LOGIN}DELE 1\r\n`));
    while (!first.text.includes('will be deleted')) await new Promise(setImmediate);
    const second = await answers(`${LOGIN}STAT\r\n`, { users });
    assert.match(second[1] ?? '', exclusive ? /^-ERR \[IN-USE\]/ : /^\+OK Maildrop has 2 messages/);
    first.dialogue.gone();
    assert.match((await answers(LOGIN, { users })).at(-1) ?? '', /^\+OK Maildrop has 2 messages/);
  }
});

test('A login waits for another session of the user to end, and not for ever', async () => {
  const { signal } = new AbortController();
  const users = new UserSessions({ limits: DEFAULT_POP3_LIMITS, exclusive: true, now: () => 0 });
  assert.equal(await users.enter('alice', 0, signal), 'entered');
  const second = users.enter('alice', 0, signal);
  const gone = new AbortController();
  const third = users.enter('alice', 0, gone.signal);
  gone.abort();
  assert.equal(await third, 'in-use');
  users.leave('alice');
  assert.equal(await second, 'entered');
  const limits = { ...DEFAULT_POP3_LIMITS, inUseWait: 10 };
  const impatient = new UserSessions({ limits, exclusive: true, now: () => performance.now() });
  await impatient.enter('alice', 0, signal);
  assert.equal(await impatient.enter('alice', 0, signal), 'in-use');
});

test('AUTH without a mechanism lists those there are, and AUTH with an empty response is none', async () => {
  assert.deepEqual(await answers('AUTH\r\n'), ['+OK Mechanisms follow', 'PLAIN', '.']);
  assert.deepEqual(await answers('AUTH PLAIN =\r\n'), ['-ERR Cannot read the response to AUTH PLAIN']);
});

test('UTF8 is for before the login, is not obeyed twice differently, and shuts STLS out (RFC 6856 §2)', async () => {
  assert.deepEqual(await answers('UTF8\r\nUTF8\r\n'), ['+OK UTF-8 from now on', '+OK UTF-8 from now on']);
  assert.deepEqual(await answers('UTF8 now\r\n'), ['-ERR Usage: UTF8']);
  assert.match((await answers(`${LOGIN}UTF8\r\n`)).at(-1) ?? '', /^-ERR Cannot obey UTF8 here/);
  const settings = { secure: false, options: { key: 'k', cert: 'c' } };
  assert.deepEqual((await answers('UTF8\r\nSTLS\r\n', settings)).slice(1), [
    '-ERR Cannot start TLS after UTF8: STLS must come first',
  ]);
});

const UTF8_HEADER = Buffer.from('Subject: gr\u00fc\u00df dich\r\n\r\nB\u00f6dy\r\n').toString('latin1');

test('A header in UTF-8 is sent as it is after UTF8 and in ASCII without it; the body is the same (RFC 6856 §2.1)', async () => {
  for (const pieces of [undefined, 1, 7]) {
    const maildrop = new TextMaildrop([UTF8_HEADER]);
    maildrop.pieces = pieces;
    const native = await answers(`UTF8\r\n${LOGIN}RETR 1\r\n`, { maildrop });
    assert.equal(native.slice(4, -1).join('\r\n'), UTF8_HEADER.trimEnd());
    const surrogate = await answers(`${LOGIN}RETR 1\r\nTOP 1 0\r\n`, { maildrop });
    assert.deepEqual(surrogate.slice(3), [
      'Subject: =?UTF-8?B?Z3LDvMOf?= dich',
      '',
      Buffer.from('B\u00f6dy').toString('latin1'),
      '.',
      '+OK Top follows',
      'Subject: =?UTF-8?B?Z3LDvMOf?= dich',
      '',
      '.',
    ]);
  }
});

test('Names and passwords may be UTF-8, and Latin-1 from clients that know no other', async () => {
  const seen: string[] = [];
  const options = {
    onAuth: async ({ username, password }: { username: string; password: string }) => {
      seen.push(username, password);
      return undefined;
    },
  };
  await answers(`UTF8\r\nUSER j\u00c3\u00bcrgen\r\nPASS \u00e2\u0082\u00ac\r\n`, { options });
  await answers(`USER j\u00fcrgen\r\nPASS a b \r\n`, { options });
  assert.deepEqual(seen, ['j\u00fcrgen', '\u20ac', 'j\u00fcrgen', 'a b ']);
});

const GERMAN = {
  tag: 'de',
  name: 'Deutsch',
  texts: { ...ENGLISH, languageChosen: 'Ab jetzt Deutsch', noSuchMessage: 'Keine solche Nachricht: \u00fc' },
};

test('LANG lists languages, changes to one in any state and back, and says which (RFC 6856 §3)', async () => {
  const options = { languages: [GERMAN] };
  const script = `LANG\r\nLANG de-CH\r\n${LOGIN}RETR 9\r\nLANG *\r\nRETR 9\r\nLANG fr\r\n`;
  assert.deepEqual(await answers(script, { options }), [
    '+OK Language listing follows',
    'i-default Default',
    'en English',
    'de Deutsch',
    '.',
    '+OK de Ab jetzt Deutsch',
    '+OK Send the password',
    '+OK Maildrop has 2 messages (77 octets)',
    `-ERR ${Buffer.from('Keine solche Nachricht: \u00fc').toString('latin1')}`,
    '+OK i-default English from now on',
    '-ERR No such message',
    '-ERR Cannot speak fr: LANG without a language lists those there are',
  ]);
});

test('A handler says with Pop3Failure what the client is told, and whether to try again (RFC 3206 §4)', async () => {
  const maildrop = new TextMaildrop(['a\r\n']);
  maildrop.readError = new Pop3Failure('Lost with the old disk', 'SYS/PERM');
  const lost = '-ERR [SYS/PERM] Lost with the old disk';
  assert.deepEqual((await answers(`${LOGIN}RETR 1\r\n`, { maildrop })).slice(2), [lost]);
  const onAuth = (): never => {
    throw new Pop3Failure('The mailboxes move house until noon', 'SYS/TEMP');
  };
  assert.deepEqual(await answers(`AUTH PLAIN ${PLAIN}\r\n`, { options: { onAuth } }), [
    '-ERR [SYS/TEMP] The mailboxes move house until noon',
  ]);
});

test('A message that fails in the middle ends the session without the end of the reply, and is not counted as read', async () => {
  const maildrop = new TextMaildrop(['x']);
  maildrop.read = async () =>
    (async function* () {
      yield Buffer.from('A: 1\r\n\r\n');
      throw new Error('a bad sector');
    })();
  const session = new ScriptedSession({ maildrop });
  const answered = await session.run(`${LOGIN}RETR 1\r\nQUIT\r\n`);
  assert.doesNotMatch(answered, /\r\n\.\r\n|Bye/);
  assert.deepEqual([maildrop.updates, maildrop.closes], [0, 1]);
});

test('QUIT hands over what was retrieved whole and not deleted, once; TOP is not reading', async () => {
  const session = new ScriptedSession({ maildrop: new TextMaildrop(['a', 'b', 'c', 'd']) });
  await session.run(`${LOGIN}RETR 1\r\nRETR 1\r\nRETR 2\r\nDELE 2\r\nTOP 3 99\r\nQUIT\r\n`);
  assert.deepEqual([session.maildrop.retrieved, session.maildrop.removed], [['uid-1'], ['uid-2']]);
  assert.equal(session.maildrop.updates, 1);
});

test('QUIT is +OK when only the readings could not be recorded: nothing was promised', async () => {
  const session = new ScriptedSession();
  session.maildrop.failsToUpdate = true;
  const answered = await session.run(`${LOGIN}RETR 1\r\nQUIT\r\n`);
  assert.match(answered, /\+OK Bye\r\n$/);
  assert.equal(session.events.filter((event) => event.kind === 'error').length, 1);
});

test('Failed logins of many connections end in a ban of their block, which a right password does not pass', async () => {
  let time = 0;
  const limits = { ...DEFAULT_POP3_LIMITS, failedLoginDelay: 0, failedLoginsPerBlock: 4 };
  const guard = new LoginGuard({ limits, isTrusted: () => false, now: () => time });
  for (const password of ['a', 'b', 'c', 'd'])
    assert.match((await answers(`USER alice\r\nPASS ${password}\r\n`, { guard })).at(-1) ?? '', /\[AUTH\]/);
  const banned = new ScriptedSession({ guard });
  const answered = await banned.run(LOGIN.repeat(4));
  const refused = '-ERR [SYS/TEMP] Too many failed logins from your network, try again later\r\n';
  assert.equal(answered, `+OK ready\r\n${`+OK Send the password\r\n${refused}`.repeat(3)}`);
  assert.equal(banned.events[0]?.kind, 'login-refused');
  time = limits.loginBanTime;
  assert.match((await answers(LOGIN, { guard })).at(-1) ?? '', /^\+OK Maildrop/);
});
