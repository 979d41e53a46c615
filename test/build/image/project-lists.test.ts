import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type FileList,
  type ModuleList,
  PROJECT_SOURCES,
  readBoardDescription,
  readSource,
} from '../../../build/image/image-sources.ts';
import type { WantedPackages } from '../../../build/image/package-lock.ts';
import { boardFile } from '../../../build/image/root-tree.ts';
import { newMaker } from '../../service/update/update-file.ts';

const list = (name: string): unknown => readSource(join(PROJECT_SOURCES.firmware, name));
const wanted = list('wanted-packages.json') as WantedPackages;
const files = list('files.json') as FileList;
const modules = list('modules.json') as ModuleList;
const packages = new Set(wanted.packages.map(({ name }) => name));

const boards = readdirSync(PROJECT_SOURCES.boards)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length));

test('every package, file and module of an image has a reason', () => {
  const rules = [
    ...wanted.packages,
    ...files.root.files,
    ...files.initramfs.files,
    ...modules.root,
    ...modules.initramfs,
  ];
  assert.deepEqual(
    rules.filter(({ reason }) => reason.trim() === ''),
    [],
  );
});

test('files are chosen of packages that are wanted', () => {
  const named = [...files.root.files, ...files.initramfs.files].map((rule) => rule.package);
  assert.deepEqual(
    named.filter((name) => !packages.has(name)),
    [],
  );
  assert.ok(packages.has(modules.kernel));
});

test('a module is named by a name or by files, and is not named twice', () => {
  for (const rules of [modules.root, modules.initramfs]) {
    const names = rules.map(({ name, files: glob }) => {
      assert.equal((name === undefined) !== (glob === undefined), true);
      return name ?? glob;
    });
    assert.equal(new Set(names).size, names.length);
  }
});

for (const board of boards) {
  test(`board/${board}.json is one that the box understands, and takes files of packages that are wanted`, () => {
    const description = readBoardDescription(PROJECT_SOURCES, board);
    assert.equal(description.box['name'], board);
    boardFile(description, [newMaker().publicKey]);
    const { selector, beside = [] } = description.image;
    for (const placed of [...selector, ...beside]) {
      assert.ok(packages.has(placed.package), placed.package);
      assert.notEqual(placed.reason, '');
    }
    assert.match(description.image.arguments, /\bconsole=/);
  });
}
