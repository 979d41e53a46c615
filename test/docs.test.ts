import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { configurationPage } from '../build/config-docs.ts';
import { usageText } from '../src/cli/cli.ts';
import { parseConfigText, readConfig } from '../src/config/load.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

test('docs/configuration.md has every key of the schema with its default ("npm run docs" writes it)', () => {
  assert.equal(read('docs/configuration.md'), configurationPage());
});

test('every configuration that docs/ shows whole is accepted', () => {
  const shown = readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .flatMap((name) =>
      [...read(`docs/${name}`).matchAll(/^```json\n([^]*?)^```$/gm)].map(([, text]) => text),
    );
  assert.ok(shown.length > 0);
  for (const text of shown) readConfig(parseConfigText(text ?? ''));
});

test('every key of the configuration has a description', () => {
  const bare = configurationPage()
    .split('\n')
    .filter((line) => /^\| `[^`]+` \| .*\|  \|$/.test(line));
  assert.deepEqual(bare, []);
});

test('docs/commands.md shows every command', () => {
  const page = read('docs/commands.md');
  const calls = [...usageText().matchAll(/^ {2}(gatepost .+)$/gm)].map(([, call]) => call ?? '');
  assert.deepEqual(
    calls.filter((call) => !page.includes(call)),
    [],
  );
});

test('ARCHITECTURE.md names every folder of src/', () => {
  const page = read('ARCHITECTURE.md');
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'base')
    .flatMap((layer) =>
      readdirSync(join(root, 'src', layer.name), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => `${layer.name}/${entry.name}`),
    );
  const missing = folders.filter((path) => !page.includes(`${path.split('/')[1]}/`));
  assert.deepEqual(missing, []);
});

test('docs/dependencies.md names every runtime dependency', () => {
  const page = read('docs/dependencies.md');
  const { dependencies } = JSON.parse(read('package.json')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  assert.deepEqual(
    Object.keys(dependencies).filter((name) => !page.includes(`\`${name}\``)),
    [],
  );
});
