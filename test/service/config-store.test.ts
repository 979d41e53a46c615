import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../src/base/errors.ts';
import { fromUtf8, utf8 } from '../../src/base/text.ts';
import { ConfigStore, HISTORY_ENTRIES } from '../../src/service/config-store.ts';
import { FakeClock } from '../fake/fake-clock.ts';
import { MemoryFiles } from '../fake/memory-files.ts';

const ALICE = { name: 'alice', password: 'scrypt$1$1$1$a$b' };

async function openStore(files: MemoryFiles): Promise<ConfigStore> {
  return await ConfigStore.open({
    files,
    fileName: 'config/current.json',
    data: files,
    clock: new FakeClock(),
  });
}

async function filesWith(config: unknown): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  await files.makeDirectory('config');
  if (config !== undefined) await files.replace('config/current.json', utf8(JSON.stringify(config)));
  return files;
}

test('ConfigStore.open() takes the defaults when there is no file yet', async () => {
  const store = await openStore(await filesWith(undefined));
  assert.equal(store.current.config.mode, 'firewall');
});

test('ConfigStore.open() refuses a stored configuration that is not acceptable', async () => {
  await assert.rejects(openStore(await filesWith({ version: 1, mode: 'bridge' })), ConfigError);
});

test('commit() replaces the file and keeps the one before it with its cause', async () => {
  const files = await filesWith({ version: 1, users: [ALICE] });
  const store = await openStore(files);
  await store.commit(store.prepare({ version: 1, mode: 'lan-only' }), 'a test');
  assert.equal((await openStore(files)).current.config.mode, 'lan-only');
  const kept = JSON.parse(fromUtf8((await files.read('config/history/0001.json')) ?? utf8('{}'))) as Record<
    string,
    unknown
  >;
  assert.equal(kept['cause'], 'a test');
  assert.deepEqual(kept['config'], { version: 1, users: [ALICE] });
});

test(`commit() keeps the last ${HISTORY_ENTRIES} configurations`, async () => {
  const files = await filesWith({ version: 1 });
  const store = await openStore(files);
  for (let i = 0; i < HISTORY_ENTRIES + 3; i++) await store.commit(store.prepare({ version: 1 }), String(i));
  const names = await files.list('config/history');
  assert.equal(names.length, HISTORY_ENTRIES);
  assert.equal(names.at(-1), `00${HISTORY_ENTRIES + 3}.json`);
});

test('history() lists changes, the latest first; before() gives what was in force before one', async () => {
  const files = await filesWith({ version: 1, users: [ALICE] });
  const store = await openStore(files);
  await assert.rejects(store.before(), /Cannot go back: nothing has been changed yet/);
  await store.commit(store.prepare({ version: 1, mode: 'lan-only' }), 'one');
  await store.commit(store.prepare({ version: 1, mode: 'router' }), 'two');
  assert.deepEqual(
    (await store.history()).map(({ number, cause }) => [number, cause]),
    [
      [2, 'two'],
      [1, 'one'],
    ],
  );
  assert.deepEqual(await store.before(), { version: 1, mode: 'lan-only' });
  assert.deepEqual(await store.before(1), { version: 1, users: [ALICE] });
  await assert.rejects(store.before(3), /before change 3: it is not kept/);
  await files.replace('config/history/0001.json', utf8('{ "time": '));
  await assert.rejects(store.before(1), /before change 1: it is not kept, or cannot be read/);
  assert.deepEqual(
    (await store.history()).map(({ number }) => number),
    [2],
  );
});

test('a configuration read from the box shows no password hash, and can be sent back to it', async () => {
  const store = await openStore(await filesWith({ version: 1, users: [ALICE] }));
  const shown = store.shown();
  assert.ok(!JSON.stringify(shown).includes('scrypt$'));
  assert.equal(store.prepare(shown).config.users[0]?.password, ALICE.password);
});

test('a hidden password of somebody unknown is refused', async () => {
  const store = await openStore(await filesWith({ version: 1 }));
  assert.throws(
    () => store.prepare({ version: 1, users: [{ name: 'bob', password: '(hidden)' }] }),
    ConfigError,
  );
});

test('prepareList() changes the list at one place and nothing else', async () => {
  const store = await openStore(await filesWith({ version: 1, mode: 'lan-only', users: [ALICE] }));
  const next = store.prepareList(['users'], (users) => [...users, { name: 'bob', password: 'scrypt$2' }]);
  assert.deepEqual(
    next.config.users.map(({ name }) => name),
    ['alice', 'bob'],
  );
  assert.equal(next.config.mode, 'lan-only');
});

test('prepareRecord() changes the names at one place, also where the owner wrote nothing there', async () => {
  const store = await openStore(await filesWith({ version: 1 }));
  const next = store.prepareRecord<readonly string[]>(['mail', 'aliases'], (aliases) => ({
    ...aliases,
    info: ['postmaster@elsewhere.example'],
  }));
  assert.deepEqual(next.config.mail.aliases['info'], ['postmaster@elsewhere.example']);
});

test('passwords of smart hosts are shown to nobody, and come back by the name of the host', async () => {
  const server = (host: string) => ({ host, user: 'office', password: `of ${host}` });
  const smartHost = {
    ...server('one.example'),
    fallbacks: [server('two.example')],
    rules: [{ to: ['a.example'], servers: [server('three.example')] }],
  };
  const store = await openStore(await filesWith({ version: 1, users: [ALICE], mail: { smartHost } }));
  const shown = store.shown() as { readonly mail: { readonly smartHost: typeof smartHost } };
  assert.doesNotMatch(JSON.stringify(shown), /of (one|two|three)/);
  const { fallbacks } = shown.mail.smartHost;
  const changed = { ...shown.mail.smartHost, fallbacks: [{ host: 'new.example' }, ...fallbacks] };
  const { config } = store.prepare({ ...shown, mail: { smartHost: changed } });
  assert.equal(config.users[0]?.password, ALICE.password);
  assert.equal(config.mail.smartHost?.password, 'of one.example');
  assert.deepEqual(
    config.mail.smartHost?.fallbacks.map(({ password }) => password),
    [null, 'of two.example'],
  );
  assert.equal(config.mail.smartHost?.rules[0]?.servers[0]?.password, 'of three.example');
  const stranger = {
    ...changed,
    host: 'stranger.example',
    fallbacks: [{ ...server('x.example'), password: '(hidden)' }],
  };
  assert.throws(() => store.prepare({ ...shown, mail: { smartHost: stranger } }), ConfigError);
});
