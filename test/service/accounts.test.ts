import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Accounts, hashPassword, verifyPassword } from '../../src/service/accounts.ts';
import { MemoryLog } from '../fake/memory-log.ts';

// Cheap cost, as only the form is under test; made by Python's hashlib.scrypt(b'secret', salt=bytes(range(16)), n=16, r=8, p=1, dklen=32).
const SALT = Buffer.from(Array.from({ length: 16 }, (_, i) => i)).toString('base64');
const HASH = 'FBYrbyejpsRMOOxNjJ4WhxLlIIkIxp/izmMfHJ7w9YU=';
const CHEAP = `scrypt$16$8$1$${SALT}$${HASH}`;

test('verifyPassword() agrees with another implementation of scrypt (RFC 7914)', async () => {
  assert.equal(await verifyPassword('secret', CHEAP), true);
  assert.equal(await verifyPassword('Secret', CHEAP), false);
});

test('hashPassword() makes a hash of the documented form, never the same twice', async () => {
  const [first, second] = [await hashPassword('pass word'), await hashPassword('pass word')];
  assert.match(first, /^scrypt\$32768\$8\$1\$[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=$/);
  assert.notEqual(first, second);
  assert.equal(await verifyPassword('pass word', first), true);
  assert.equal(await verifyPassword('pass word ', first), false);
});

test('verifyPassword() takes letters composed and decomposed for the same (RFC 8265 §4.2)', async () => {
  assert.equal(await verifyPassword('gru\u0308n', await hashPassword('gr\u00fcn')), true);
});

test('verifyPassword() says no to a hash that cannot be read', async () => {
  const bad = [
    '',
    'secret',
    'scrypt$',
    CHEAP.replace('$16$', '$17$'),
    CHEAP.replace('$16$', '$67108864$'),
    CHEAP.replace('$8$1$', '$0$1$'),
    CHEAP.replace('$8$1$', '$8$99$'),
    CHEAP.replace(SALT, '****'),
    `${CHEAP}$x`,
    CHEAP.slice(0, -30),
    CHEAP.replace('scrypt', 'bcrypt'),
  ];
  for (const stored of bad) assert.equal(await verifyPassword('secret', stored), false, stored);
});

const users = [
  { name: 'alice', password: CHEAP },
  { name: 'broken', password: 'scrypt$nonsense' },
];

test('Accounts.verify() knows a user by name and by address, in any case', async () => {
  const accounts = new Accounts({ users, domains: ['office.example'], log: new MemoryLog() });
  for (const login of ['alice', 'Alice', ' alice ', 'alice@office.example', 'ALICE@Office.Example'])
    assert.equal(await accounts.verify(login, 'secret'), 'alice', login);
  for (const login of ['alice@elsewhere.example', 'bob', '', 'alice@', 'broken'])
    assert.equal(await accounts.verify(login, 'secret'), undefined, login);
});

test('Accounts reports a hash that cannot be read by the user, without the hash', () => {
  const log = new MemoryLog();
  assert.ok(new Accounts({ users, domains: [], log }));
  assert.match(log.text, /password hash of the user broken cannot be read/);
  assert.doesNotMatch(log.text, /nonsense/);
});

test('Accounts.verify() refuses more logins at once than it can wait for, and recovers', async () => {
  const accounts = new Accounts({ users, domains: [], log: new MemoryLog() });
  const results = await Promise.allSettled(
    Array.from({ length: 60 }, () => accounts.verify('alice', 'secret')),
  );
  const refused = results.filter((result) => result.status === 'rejected');
  assert.ok(refused.length > 0 && refused.length < 60);
  assert.match(String(refused[0]?.reason), /too many logins at once/);
  assert.equal(await accounts.verify('alice', 'secret'), 'alice');
});

test('Accounts.verify() lets trusted logins go before strangers and keeps places for them', async () => {
  const accounts = new Accounts({ users, domains: [], log: new MemoryLog() });
  const order: string[] = [];
  const login = async (who: string, isTrusted: boolean): Promise<void> => {
    // What a stranger is told when there is no place is under test above.
    const user = await accounts.verify('alice', 'wrong', isTrusted).catch(() => 'refused');
    if (user === undefined) order.push(who);
  };
  const strangers = Array.from({ length: 60 }, () => login('stranger', false));
  const trusted = [1, 2, 3].map(() => login('office', true));
  await Promise.all([...strangers, ...trusted]);
  assert.equal(order.length, 2 + 24 + 3);
  // Two checks were under way when the office came.
  assert.deepEqual(
    order.flatMap((who, index) => (who === 'office' ? [index < 6] : [])),
    [true, true, true],
  );
});

test('Accounts.verify() works as hard for a user who does not exist', async () => {
  const real = [{ name: 'alice', password: await hashPassword('secret') }];
  const accounts = new Accounts({ users: real, domains: [], log: new MemoryLog() });
  const cpuOf = async (login: string): Promise<number> => {
    const before = process.cpuUsage();
    await accounts.verify(login, 'wrong');
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const [known, unknown] = [await cpuOf('alice'), await cpuOf('nobody')];
  // An early answer would cost a hundredth of the other.
  assert.ok(unknown > known / 4, `${unknown} µs of CPU for nobody, ${known} µs for alice`);
});
