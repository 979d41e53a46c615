import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { BUNDLE, type Box } from './box.ts';
import { boxConfig } from './box-config.ts';
import { LoneBox } from './lone-box.ts';

const RESTART = 10;
let lone: LoneBox;
let box: Box;

before(async () => {
  lone = await LoneBox.create();
  ({ box } = lone);
  box.isConfigGiven = false;
  mkdirSync(folder());
  mkdirSync(`${box.dataPath}/config`);
  writeFileSync(currentFile(), JSON.stringify({ ...boxConfig(), system: { name: 'configured' } }));
  await box.start();
});

after(() => lone[Symbol.asyncDispose]());

const currentFile = (): string => `${box.dataPath}/config/current.json`;
const folder = (): string => lone.box.namespace.file('card');
/** A command for data that no box runs on. */
const onData = async (...argv: readonly string[]): Promise<readonly [number | null, string]> => {
  const { status, stdout, stderr } = await box.namespace.run([BUNDLE, ...argv, '--data', box.dataPath]);
  return [status, stdout + stderr];
};

test('a reset wants a typed word, and says before what goes and what stays', async () => {
  const refused = await box.cli(['reset'], { input: 'yes\n' });
  assert.equal(refused.status, 1);
  assert.match(refused.stdout, /^What goes:\n {2}all settings.*\nWhat stays:\n {2}stored mail.*rollback/ms);
  assert.match(refused.stderr, /Nothing is reset: "reset" was to be typed/);
  assert.equal((await box.status()).name, 'configured');
});

test('data that a box runs on are not reset behind its back', async () => {
  const [status, text] = await onData('reset', '--yes');
  assert.equal(status, 1);
  assert.match(text, /a box runs on them/);
});

test('a reset restarts the box with factory settings; mail stays, and the settings can be brought back', async () => {
  const stored = readdirSync(`${box.dataPath}/mail`);
  assert.notEqual(stored.length, 0);
  const { status, stderr } = await box.cli(['reset'], { input: 'reset\n' });
  assert.equal(status, 0, stderr);
  assert.equal((await box.program.ended).code, RESTART);
  await box.start();
  assert.equal((await box.status()).name, 'gatepost');
  assert.equal(existsSync(currentFile()), false);
  assert.deepEqual(readdirSync(`${box.dataPath}/mail`), stored);
  assert.equal((await box.cli(['config', 'rollback'])).status, 0);
  assert.equal((await box.status()).name, 'configured');
});

test('at the start of a board a file on the card asks for a reset, and another one is the configuration then', async () => {
  await box.stop();
  writeFileSync(`${folder()}/reset.txt`, '');
  writeFileSync(`${folder()}/gatepost.json`, JSON.stringify({ ...boxConfig(), system: { name: 'anew' } }));
  assert.deepEqual(await onData('reset', '--if-asked', folder()), [
    0,
    'the box is reset, as the file on its card asked\n',
  ]);
  assert.equal((await onData('config', 'adopt', `${folder()}/gatepost.json`))[0], 0);
  assert.deepEqual(readdirSync(folder()), ['gatepost.json.taken.txt']);
  assert.deepEqual(await onData('reset', '--if-asked', folder()), [0, 'no reset is asked for\n']);
  await box.start();
  assert.equal((await box.status()).name, 'anew');
});

test('a reset of everything leaves no word of the owner', async () => {
  assert.equal((await box.cli(['reset', '--everything', '--yes'])).status, 0);
  assert.equal((await box.program.ended).code, RESTART);
  await box.start();
  assert.deepEqual(await box.json('config', 'history'), []);
  assert.equal(existsSync(`${box.dataPath}/config/reset-wanted.json`), false);
});
