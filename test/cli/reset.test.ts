import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { resetCommand } from '../../src/cli/reset.ts';
import { SCREEN } from './call-command.ts';

const root = mkdtempSync(join(tmpdir(), 'gatepost-reset-'));
after(() => rmSync(root, { recursive: true }));

/** A card without a file of the owner's, and data with a configuration. */
function newBox(): { readonly card: string; readonly data: string } {
  const place = mkdtempSync(join(root, 'box-'));
  const [card, data] = [join(place, 'card'), join(place, 'data')];
  for (const directory of [card, `${data}/config`, `${data}/state`, `${data}/mail`])
    mkdirSync(directory, { recursive: true });
  writeFileSync(join(data, 'config/current.json'), '{ "version": 1 }');
  writeFileSync(join(data, 'mail/segment'), 'mail');
  return { card, data };
}

async function resetIfAsked({ card, data }: ReturnType<typeof newBox>): Promise<string> {
  const printed: string[] = [];
  await resetCommand.run({
    words: [],
    flags: new Map([
      ['if-asked', card],
      ['data', data],
    ]),
    api: { get: () => assert.fail(), send: () => assert.fail(), upload: () => assert.fail() },
    screen: SCREEN,
    print: (text) => printed.push(text),
    readSecret: () => assert.fail(),
    readFile: () => assert.fail(),
  });
  return printed.join('\n');
}

test('reset --if-asked leaves a box alone that nobody wants reset', async () => {
  const box = newBox();
  assert.equal(await resetIfAsked(box), 'no reset is asked for');
  assert.ok(existsSync(join(box.data, 'config/current.json')));
});

test('reset --if-asked completes a reset that was wanted before, so that what is adopted next stays', async () => {
  const box = newBox();
  writeFileSync(join(box.data, 'config/reset-wanted.json'), '{"kind":"everything"}');
  assert.equal(await resetIfAsked(box), 'the box is reset, as was wanted before');
  for (const path of ['config/current.json', 'config/reset-wanted.json', 'mail/segment'])
    assert.equal(existsSync(join(box.data, path)), false, path);
});

test('reset --if-asked makes no smaller reset of one of everything that was wanted before', async () => {
  const box = newBox();
  writeFileSync(join(box.data, 'config/reset-wanted.json'), '{"kind":"everything"}');
  writeFileSync(join(box.card, 'reset'), '');
  await resetIfAsked(box);
  assert.equal(existsSync(join(box.data, 'mail/segment')), false);
});
