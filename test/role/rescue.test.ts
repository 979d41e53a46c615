import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { replaceConfig, configCopiesOf, takeBackConfig } from '../../src/role/rescue.ts';
import type { RunSettings } from '../../src/role/settings.ts';
import { CONFIG_COPIES_OCTETS } from '../../src/wire/config-copy/config-copy.ts';

const root = mkdtempSync(join(tmpdir(), 'gatepost-rescue-'));
after(() => rmSync(root, { recursive: true }));

const OLD = '{ "version": 1, "system": { "name": "reception" } }';
const NEWER = '{ "version": 1, "system": { "name": "reception", "colour": "blue" } }';
const CAUSE = new Error('colour: found an unknown key');

interface Site {
  readonly settings: RunSettings & { readonly board: NonNullable<RunSettings['board']> };
  files(): readonly string[];
  text(name: string): string;
}

/** A board that runs from slot a, with a configuration on its data. */
function newSite(config: string): Site {
  const place = mkdtempSync(join(root, 'board-'));
  const slot = (name: string): string => {
    writeFileSync(join(place, name), '');
    truncateSync(join(place, name), CONFIG_COPIES_OCTETS + 512);
    return `/dev/..${join(place, name)}`;
  };
  const board = {
    name: 'test-board',
    slots: { a: slot('a'), b: slot('b') },
    slotState: { device: '/dev/null', offsets: [0, 512] },
    updateKeys: ['AAAA'],
  };
  writeFileSync(join(place, 'board.json'), JSON.stringify(board));
  const directory = join(place, 'config');
  mkdirSync(directory);
  writeFileSync(join(directory, 'current.json'), config);
  return {
    settings: {
      config: join(directory, 'current.json'),
      data: place,
      run: place,
      teardown: false,
      board: { file: join(place, 'board.json'), slot: 'a' },
    },
    files: () => readdirSync(directory).toSorted(),
    text: (name) => readFileSync(join(directory, name), 'utf8'),
  };
}

test('replaceConfig() takes the newest copy that this system understands, not the newest of all', async () => {
  const site = newSite(NEWER);
  const copies = configCopiesOf(site.settings.board);
  await copies.write(OLD);
  await copies.write(NEWER);
  const { rescue } = await replaceConfig(site.settings, CAUSE);
  assert.equal(site.text('current.json'), OLD);
  assert.equal(site.text('current.json.refused'), NEWER);
  assert.match(rescue ?? '', /the last good one is in force; .*current\.json\.refused is the other: colour/);
});

test('replaceConfig() leaves the configuration in its place until the other is on the disk', async () => {
  const site = newSite(NEWER);
  mkdirSync(`${site.settings.config}.instead.new`);
  await assert.rejects(replaceConfig(site.settings, CAUSE), { name: 'KernelError' });
  assert.equal(site.text('current.json'), NEWER);
});

test('takeBackConfig() puts a configuration back that another system refused, unless the owner has changed the one in force', async () => {
  for (const [changed, wanted] of [
    [undefined, OLD],
    ['{ "version": 1 }', '{ "version": 1 }'],
  ] as const) {
    const site = newSite(OLD);
    await replaceConfig(site.settings, CAUSE);
    assert.equal(site.text('current.json'), '{ "version": 1 }\n');
    if (changed !== undefined) writeFileSync(site.settings.config, changed);
    await takeBackConfig(site.settings);
    assert.equal(site.text('current.json'), wanted);
  }
});

test('takeBackConfig() leaves alone what this system refuses as well, and a box on which nothing was refused', async () => {
  const site = newSite(NEWER);
  await takeBackConfig(site.settings);
  assert.deepEqual(site.files(), ['current.json']);
  await replaceConfig(site.settings, CAUSE);
  await takeBackConfig(site.settings);
  assert.equal(site.text('current.json'), '{ "version": 1 }\n');
});
