import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { newMaker } from '../service/update/update-file.ts';
import type { Box } from './box.ts';
import { boxConfig } from './box-config.ts';
import { Card } from './card.ts';
import { LoneBox } from './lone-box.ts';
import { outputOf } from './run-command.ts';

// The data partition of a card: an ext4 file system of its own that can be broken.
let lone: LoneBox;
let card: Card;
let box: Box;

before(async () => {
  lone = await LoneBox.create();
  ({ box } = lone);
  const image = lone.box.namespace.file('data.img');
  await outputOf(['truncate', '-s', '64M', image]);
  await outputOf(['mkfs.ext4', '-q', '-F', image]);
  await outputOf(['mount', '-o', 'loop,noatime', image, box.dataPath]);
  card = await Card.make(lone.box.namespace, newMaker());
  box.options = card.options('a');
  box.isConfigGiven = false;
  mkdirSync(`${box.dataPath}/config`);
  writeFileSync(currentFile(), JSON.stringify(boxConfig()));
  await box.start();
});

after(async () => {
  await box.crash();
  await outputOf(['umount', box.dataPath]);
  await card[Symbol.asyncDispose]();
  await lone[Symbol.asyncDispose]();
});

const currentFile = (): string => `${box.dataPath}/config/current.json`;

/** Changes one thing that is easy to see in the status. */
async function nameBox(name: string): Promise<void> {
  const file = lone.box.namespace.file('wanted.json');
  const config = boxConfig() as { readonly system?: object };
  writeFileSync(file, JSON.stringify({ ...config, system: { ...config.system, name } }));
  const { status, stderr } = await box.cli(['config', 'apply', file]);
  assert.deepEqual([status, stderr], [0, '']);
}

async function restart(): Promise<void> {
  await box.stop();
  await box.start();
}

async function isListening(port: number): Promise<boolean> {
  return (await lone.box.namespace.output(['ss', '-Hltn', `sport = ${port}`])) !== '';
}

test('a configuration that cannot be read any more is replaced by the last good one, and said', async () => {
  await nameBox('last-good');
  writeFileSync(currentFile(), '{ "version": 1, "system": { "na');
  await restart();
  assert.equal((await box.status()).name, 'last-good');
  assert.match(JSON.stringify(await box.health()), /the last good one is in force/);
  assert.equal(readFileSync(`${currentFile()}.refused`, 'utf8'), '{ "version": 1, "system": { "na');
  assert.equal(await isListening(25), true);
  await restart();
  assert.doesNotMatch(JSON.stringify(await box.health()), /last good/);
});

test('with data that cannot be written the box routes as its owner wants, and takes no mail', async () => {
  await box.stop();
  await outputOf(['mount', '-o', 'remount,ro', box.dataPath]);
  await box.start();
  const { name, services } = await box.status();
  assert.equal(name, 'last-good');
  assert.ok(services.some((service) => service.name === 'dhcp' && service.ok));
  assert.match(await lone.box.namespace.output(['nft', 'list', 'ruleset']), /hook forward .*policy drop;/);
  assert.equal(await isListening(25), false);
  assert.equal(await isListening(8080), true);
  assert.match(JSON.stringify(await box.health()), /The data of the box cannot be used: there is no mail/);
});

test('what the owner changes while the data are broken is in force after a restart as well', async () => {
  await nameBox('changed-meanwhile');
  await restart();
  assert.equal((await box.status()).name, 'changed-meanwhile');
});

test('when the data are mended, so is the box', async () => {
  await box.stop();
  await outputOf(['mount', '-o', 'remount,rw', box.dataPath]);
  await box.start();
  assert.equal(await isListening(25), true);
  assert.equal(
    (await box.health()).tree.children.some(({ reason }) => reason.includes('cannot be used')),
    false,
  );
});
