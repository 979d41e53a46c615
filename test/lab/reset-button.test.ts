import assert from 'node:assert/strict';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { newMaker } from '../service/update/update-file.ts';
import { boxConfig } from './box-config.ts';
import { Card } from './card.ts';
import { LoneBox } from './lone-box.ts';
import { outputOf } from './run-command.ts';

const RESTART = 10;
const KEY_RESTART = 408;

/** The press of a key as the kernel's gpio-keys tells it: struct input_event, then a report. */
function press(): Buffer {
  const octets = Buffer.alloc(48);
  octets.writeUInt16LE(1, 16);
  octets.writeUInt16LE(KEY_RESTART, 18);
  octets.writeInt32LE(1, 20);
  return octets;
}

// A pipe in the place of the input device.
test('a button that is held for ten seconds resets the box', async () => {
  await using lone = await LoneBox.create();
  const { box } = lone;
  await using card = await Card.make(box.namespace, newMaker());
  const pipe = box.namespace.file('button');
  await outputOf(['mkfifo', pipe]);
  const board = JSON.parse(readFileSync(card.boardFile, 'utf8')) as object;
  writeFileSync(
    card.boardFile,
    JSON.stringify({ ...board, resetButton: { device: pipe, key: KEY_RESTART } }),
  );
  box.options = card.options('a');
  box.isConfigGiven = false;
  mkdirSync(`${box.dataPath}/config`);
  writeFileSync(`${box.dataPath}/config/current.json`, JSON.stringify(boxConfig()));
  await box.start();
  const finger = openSync(pipe, 'w');
  writeSync(finger, press());
  assert.equal((await box.program.ended).code, RESTART);
  closeSync(finger);
  await box.start();
  assert.equal(existsSync(`${box.dataPath}/config/current.json`), false);
  const [change] = (await box.json('config', 'history')) as { readonly cause: string }[];
  assert.equal(change?.cause, 'reset');
  await box.stop();
});
