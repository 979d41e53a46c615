import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../src/base/errors.ts';
import { linuxBlockDevices } from '../../src/io/linux/block-device.ts';
import { ConfigCopies } from '../../src/service/config-copies.ts';
import { CONFIG_COPIES_OCTETS } from '../../src/wire/config-copy/config-copy.ts';
import { MemoryDevices } from '../fake/memory-devices.ts';

const SYSTEM = 8192;

function newCard(): MemoryDevices {
  return new MemoryDevices({ a: SYSTEM + CONFIG_COPIES_OCTETS, b: SYSTEM + CONFIG_COPIES_OCTETS });
}

const from = (running: string, card: MemoryDevices): ConfigCopies =>
  new ConfigCopies({ all: ['a', 'b'], running }, card);

test('ConfigCopies reads back the last copy, and nothing from an empty card', async () => {
  const card = newCard();
  assert.equal((await from('a', card).readAll())[0], undefined);
  const copies = from('a', card);
  for (const text of ['one', 'two', 'three']) await copies.write(text);
  assert.equal((await from('a', card).readAll())[0], 'three');
  assert.ok(
    card
      .content('a')
      .subarray(0, SYSTEM)
      .every((octet) => octet === 0),
    'the system is not touched',
  );
});

test('ConfigCopies writes nothing that is there already', async () => {
  const card = newCard();
  await from('a', card).write('one');
  const { steps } = card;
  const again = from('a', card);
  await again.write('one');
  await again.write('one');
  assert.equal(card.steps, steps);
});

test('ConfigCopies finds the newest in whichever slot it is, so that an update and a way back find it', async () => {
  const card = newCard();
  await from('a', card).write('before the update');
  await from('b', card).write('after the update');
  assert.equal((await from('a', card).readAll())[0], 'after the update');
  await from('a', card).write('back again');
  assert.equal((await from('b', card).readAll())[0], 'back again');
});

test('ConfigCopies has the copy before or the new one after a power cut at any step', async () => {
  for (let cutAt = 1; cutAt <= 2; cutAt++) {
    for (const isKept of [() => true, () => false]) {
      const card = newCard();
      const copies = from('a', card);
      await copies.write('x'.repeat(3000));
      await copies.write('y'.repeat(3000));
      card.restart(() => true, { cutAt });
      await assert.rejects(copies.write('z'.repeat(3000)));
      card.restart(isKept);
      assert.match((await from('a', card).readAll())[0] ?? '', /^(y{3000}|z{3000})$/);
    }
  }
});

test('ConfigCopies refuses what does not fit, with one sentence', async () => {
  await assert.rejects(from('a', newCard()).write('x'.repeat(CONFIG_COPIES_OCTETS)), {
    name: 'UserError',
    message: /takes \d+ octets, and there is room for 2097152$/,
  });
});

test('ConfigCopies reads and writes the copies of one slot while the other is not there', async () => {
  const card = newCard();
  await from('a', card).write('one');
  const copies = new ConfigCopies({ all: ['gone', 'a'], running: 'a' }, card);
  assert.deepEqual(await copies.readAll(), ['one']);
  await copies.write('two');
  assert.deepEqual(await copies.readAll(), ['two', 'one']);
});

test('ConfigCopies forgets what it can reach when a slot is broken, and fails for that one', async () => {
  const card = newCard();
  for (const slot of ['a', 'b']) await from(slot, card).write(`of ${slot}`);
  const copies = new ConfigCopies({ all: ['broken', 'a', 'b'], running: 'a' }, card);
  await assert.rejects(copies.forget(), { name: 'KernelError' });
  assert.deepEqual(await copies.readAll(), []);
});

test('ConfigCopies finds nothing on a slot that is too small for copies, and says so when it is to keep one', async () => {
  const copies = new ConfigCopies({ all: ['/dev/null'], running: '/dev/null' }, linuxBlockDevices);
  assert.deepEqual(await copies.readAll(), []);
  await assert.rejects(copies.write('one'), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(
      error.message,
      /^Cannot keep a copy of the configuration on \/dev\/null: it has 0 octets, and /,
    );
    return true;
  });
  await copies.forget();
});

test('ConfigCopies keeps the last of several that are written at a time', async () => {
  const card = newCard();
  const copies = from('a', card);
  await Promise.all(['one', 'two', 'three'].map((text) => copies.write(text)));
  assert.deepEqual(await from('a', card).readAll(), ['three', 'two']);
});
