import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../../src/base/errors.ts';
import { configAdoptCommand } from '../../src/cli/config-adopt.ts';

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
    print: (text) => printed.push(text),
    readSecret: () => assert.fail(),
    readFile: () => assert.fail(),
  });
  return printed.join('\n');
}

test('config adopt takes the configuration for a box that has none, and says so beside it', async () => {
  const card = newCard('\uFEFF{\r\n  "version": 1,\r\n  "system": { "name": "reception" }\r\n}\r\n');
  assert.match(await adopt(card), /is the configuration now$/);
  const taken: unknown = JSON.parse(readFileSync(join(card.data, 'config/current.json'), 'utf8'));
  assert.deepEqual(taken, { version: 1, system: { name: 'reception' } });
  const result = readFileSync(join(card.card, 'gatepost-result.txt'), 'utf8');
  assert.equal(
    result,
    'gatepost.json is the configuration of the box now. Later changes of this file change nothing.\r\n',
  );
});

test('config adopt writes every problem beside a wrong configuration, and takes nothing', async () => {
  const card = newCard('{ "version": 1, "mode": "bridge", "sytem": {} }');
  await assert.rejects(adopt(card), UserError);
  assert.deepEqual(readdirSync(card.data), []);
  const lines = readFileSync(join(card.card, 'gatepost-result.txt'), 'utf8').split('\r\n');
  assert.match(lines[0] ?? '', /is not taken/);
  assert.ok(lines.some((line) => line.startsWith('mode: found "bridge"')));
  assert.ok(lines.some((line) => line.startsWith('sytem: found an unknown key')));
});

test('config adopt leaves a box alone that has a configuration, and a card without a file', async () => {
  const card = newCard('{ "version": 1 }');
  await adopt(card);
  writeFileSync(join(card.card, 'gatepost.json'), '{ "version": 1, "system": { "name": "other" } }');
  assert.equal(await adopt(card), 'nothing to take');
  assert.doesNotMatch(readFileSync(join(card.data, 'config/current.json'), 'utf8'), /other/);
  const empty = newCard(undefined);
  assert.equal(await adopt(empty), 'nothing to take');
  assert.deepEqual([readdirSync(empty.card), readdirSync(empty.data)], [[], []]);
});
