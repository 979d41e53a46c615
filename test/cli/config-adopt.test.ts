import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../../src/base/errors.ts';
import { configAdoptCommand } from '../../src/cli/config-adopt.ts';
import { SCREEN } from './call-command.ts';

const root = mkdtempSync(join(tmpdir(), 'gatepost-adopt-'));
after(() => rmSync(root, { recursive: true }));

/** A card with a file on its first partition, and empty data. */
function newCard(text: string | undefined): { readonly card: string; readonly data: string } {
  const place = mkdtempSync(join(root, 'card-'));
  const [card, data] = [join(place, 'card'), join(place, 'data')];
  for (const directory of [card, data]) mkdirSync(directory);
  if (text !== undefined) writeFileSync(join(card, 'gatepost.json'), text);
  return { card, data };
}

async function adopt({ card, data }: { readonly card: string; readonly data: string }): Promise<string> {
  const printed: string[] = [];
  await configAdoptCommand.run({
    words: [join(card, 'gatepost.json')],
    flags: new Map([['data', data]]),
    api: { get: () => assert.fail(), send: () => assert.fail(), upload: () => assert.fail() },
    screen: SCREEN,
    print: (text) => printed.push(text),
    readSecret: () => assert.fail(),
    readFile: () => assert.fail(),
  });
  return printed.join('\n');
}

const read = (directory: string, name: string): string => readFileSync(join(directory, name), 'utf8');

test('config adopt takes the configuration for a box that has none, says so beside it, and leaves no password there', async () => {
  const card = newCard('\uFEFF{\r\n  "version": 1,\r\n  "system": { "name": "reception" }\r\n}\r\n');
  assert.match(await adopt(card), /is the configuration now$/);
  const taken: unknown = JSON.parse(read(card.data, 'config/current.json'));
  assert.deepEqual(taken, { version: 1, system: { name: 'reception' } });
  assert.deepEqual(readdirSync(card.card), ['gatepost.json.taken.txt']);
  const lines = read(card.card, 'gatepost.json.taken.txt').split('\r\n');
  assert.match(lines[0] ?? '', /^gatepost\.json is the configuration of the box now, and was deleted here/);
});

test('config adopt reads what editors of Windows make of the name and of the text', async () => {
  const card = newCard(undefined);
  const text = Buffer.from(
    '\uFEFF{ "version": 1, "system": { "name": "büro" } }\r\n'.replace('ü', 'ue'),
    'utf16le',
  );
  writeFileSync(join(card.card, 'Gatepost.json.txt'), text);
  await adopt(card);
  assert.match(read(card.data, 'config/current.json'), /"buero"/);
  assert.deepEqual(readdirSync(card.card), ['gatepost.json.taken.txt']);
});

test('config adopt writes every problem beside a wrong configuration, and takes nothing', async () => {
  const card = newCard('{ "version": 1, "mode": "bridge", "sytem": {} }');
  await assert.rejects(adopt(card), UserError);
  assert.deepEqual(readdirSync(card.data), []);
  const lines = read(card.card, 'gatepost.json.errors.txt').split('\r\n');
  assert.match(lines[0] ?? '', /is not taken/);
  assert.ok(lines.some((line) => line.startsWith('mode: found "bridge"')));
  assert.ok(lines.some((line) => line.startsWith('sytem: found an unknown key')));
  writeFileSync(join(card.card, 'gatepost.json'), '{ "version": 1 }');
  await adopt(card);
  assert.deepEqual(readdirSync(card.card), ['gatepost.json.taken.txt'], 'the errors are settled');
});

test('config adopt says where a text is no JSON, and refuses a file larger than any configuration', async () => {
  const card = newCard('{\r\n "version": 1,\r\n "mode" "firewall"\r\n}');
  await assert.rejects(adopt(card), UserError);
  assert.match(read(card.card, 'gatepost.json.errors.txt'), /text that is not JSON .*line 3/);
  writeFileSync(join(card.card, 'gatepost.json'), Buffer.alloc(5 * 2 ** 20, 0x20));
  await assert.rejects(adopt(card), /has 5242880 octets/);
});

test('config adopt takes no second file for a box that has a configuration, and says what would do', async () => {
  const card = newCard('{ "version": 1 }');
  await adopt(card);
  writeFileSync(join(card.card, 'gatepost.json'), '{ "version": 1, "system": { "name": "other" } }');
  await assert.rejects(adopt(card), /has a configuration already/);
  assert.doesNotMatch(read(card.data, 'config/current.json'), /other/);
  assert.match(read(card.card, 'gatepost.json.errors.txt'), /put an empty file named "reset" beside it/);
  const { mtimeMs } = statSync(join(card.card, 'gatepost.json.errors.txt'));
  await assert.rejects(adopt(card), UserError);
  assert.equal(
    statSync(join(card.card, 'gatepost.json.errors.txt')).mtimeMs,
    mtimeMs,
    'nothing is written twice',
  );
});

test('config adopt goes on where the power cut an earlier start off', async () => {
  const text = '{ "version": 1, "system": { "name": "cut" } }';
  const card = newCard(text);
  await adopt(card);
  for (const left of [Buffer.from(text), Buffer.alloc(text.length)]) {
    writeFileSync(join(card.card, 'gatepost.json'), left);
    await adopt(card);
    assert.deepEqual(readdirSync(card.card), ['gatepost.json.taken.txt']);
    assert.match(read(card.data, 'config/current.json'), /"cut"/);
  }
});

test('config adopt leaves a card without a file alone', async () => {
  const empty = newCard(undefined);
  assert.equal(await adopt(empty), 'nothing to take');
  assert.deepEqual([readdirSync(empty.card), readdirSync(empty.data)], [[], []]);
});

test('config adopt takes no file while a reset is not complete, which would delete it', async () => {
  const card = newCard('{ "version": 1 }');
  mkdirSync(join(card.data, 'config'));
  writeFileSync(join(card.data, 'config/reset-wanted.json'), '{"kind":"everything"}');
  await assert.rejects(adopt(card), /reset of the box is not complete/);
  assert.deepEqual(readdirSync(join(card.data, 'config')), ['reset-wanted.json']);
  assert.equal(read(card.card, 'gatepost.json'), '{ "version": 1 }');
});
