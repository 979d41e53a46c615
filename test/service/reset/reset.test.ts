import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../../src/base/errors.ts';
import { fromUtf8, utf8 } from '../../../src/base/text.ts';
import type { Files } from '../../../src/port/files.ts';
import { ConfigStore } from '../../../src/service/config-store.ts';
import { type ResetPorts, completeReset, wantReset } from '../../../src/service/reset/reset.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { FaultyFiles } from '../../fake/faulty-files.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';

const OLD = { version: 1, system: { name: 'before' } };

async function dataOf(current: string = JSON.stringify(OLD)): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  for (const directory of ['config', 'state', 'mail']) await files.makeDirectory(directory);
  await files.replace('config/current.json', utf8(current));
  await files.replace('state/ports.json', utf8('{}'));
  await files.replace('mail/segment', utf8('mail'));
  return files;
}

function portsOf(files: Files): ResetPorts {
  const clock = new FakeClock();
  return {
    files,
    keepCurrent: async () => {
      const store = await ConfigStore.open({ files, fileName: 'config/current.json', data: files, clock });
      await store.keepCurrent('reset');
    },
    deleteAllBut: async (kept) => {
      for (const path of ['config/current.json', 'state/ports.json', 'mail/segment'])
        if (path !== kept && (await files.read(path)) !== undefined) await files.remove(path);
    },
    forgetCopies: () => Promise.resolve(),
  };
}

async function textOf(files: Files, path: string): Promise<string | undefined> {
  const bytes = await files.read(path);
  return bytes === undefined ? undefined : fromUtf8(bytes);
}

test('completeReset() does nothing unless a reset is wanted', async () => {
  const files = await dataOf();
  assert.equal(await completeReset(portsOf(files)), undefined);
  assert.equal(await textOf(files, 'config/current.json'), JSON.stringify(OLD));
});

test('a reset of the settings takes configuration and ports, keeps mail, and can be taken back', async () => {
  const files = await dataOf();
  await wantReset(files, 'settings');
  assert.equal(await completeReset(portsOf(files)), 'settings');
  assert.equal(await files.read('config/current.json'), undefined);
  assert.equal(await files.read('state/ports.json'), undefined);
  assert.equal(await textOf(files, 'mail/segment'), 'mail');
  assert.equal(await completeReset(portsOf(files)), undefined, 'once');
  const store = await ConfigStore.open({
    files,
    fileName: 'config/current.json',
    data: files,
    clock: new FakeClock(),
  });
  assert.deepEqual(await store.before(), OLD);
});

test('a reset of everything leaves nothing', async () => {
  const files = await dataOf();
  await wantReset(files, 'everything');
  let forgotten = 0;
  const ports = { ...portsOf(files), forgetCopies: async () => void forgotten++ };
  assert.equal(await completeReset(ports), 'everything');
  assert.equal(forgotten, 1);
  assert.deepEqual([...files.names.current.keys()], []);
});

test('a configuration that cannot be read is kept beside, as it may be what the reset is for', async () => {
  const files = await dataOf('{ "version": 1, "sys');
  await wantReset(files, 'settings');
  await completeReset(portsOf(files));
  assert.equal(await textOf(files, 'config/current.json.before-reset'), '{ "version": 1, "sys');
  const strange = { ...portsOf(await dataOf()), keepCurrent: () => Promise.reject(new ConfigError([])) };
  await wantReset(strange.files, 'settings');
  assert.equal(await completeReset(strange), 'settings');
});

test('a power cut at any step leaves the old settings or a whole reset, and one entry of the history', async () => {
  const random = new FakeRandom(7);
  for (let cutAt = 1; cutAt < 60; cutAt++) {
    const files = new FaultyFiles(await dataOf(), { cutAt });
    const isDone = await wantReset(files, 'settings')
      .then(() => completeReset(portsOf(files)))
      .then(
        () => true,
        () => false,
      );
    const disk = isDone ? files.disk : files.afterPowerCut(random);
    await completeReset(portsOf(disk));
    const current = await textOf(disk, 'config/current.json');
    const ports = await textOf(disk, 'state/ports.json');
    const entries = (await disk.list('config/history')).filter((name) => name.endsWith('.json'));
    if (current === undefined)
      assert.deepEqual([ports, entries], [undefined, ['0001.json']], `cut at step ${cutAt}`);
    else assert.deepEqual([current, ports, entries], [JSON.stringify(OLD), '{}', []], `cut at step ${cutAt}`);
    if (isDone) return;
  }
  assert.fail('the reset has not come to its end');
});
