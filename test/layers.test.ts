import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { test } from 'node:test';

// The import table of ARCHITECTURE.md: a layer imports lower ranks only, and within its rank only itself.
const RANKS: Readonly<Record<string, number>> = {
  base: 0,
  port: 1,
  wire: 1,
  engine: 2,
  config: 2,
  io: 2,
  service: 3,
  web: 4,
  cli: 4,
  role: 5,
  'main.ts': 6,
};

// A package may be imported only where this says; `io` and above may use any Node API, the pure layers none.
const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  'dns-packet': ['wire/dns'],
  netlink: ['io/linux'],
  'raw-socket': ['io/linux'],
  'node:ffi': ['io/linux'],
  zod: ['config', 'service/api', 'web'],
  'tiny-lru': ['engine', 'service', 'io'],
  'smtp-server': ['service/smtp'],
  nodemailer: ['service/queue'],
  hono: ['web', 'service/api'],
  '@hono/node-server': ['web', 'service/api'],
};
const PURE = ['base', 'port', 'wire', 'engine'];
const NO_SOCKETS = ['config', ...PURE];
const IO_ONLY = [
  'node:net',
  'node:dgram',
  'node:fs',
  'node:fs/promises',
  'node:tls',
  'node:child_process',
  'node:worker_threads',
];
// The two outer layers that are programs of their own read their assets and talk HTTP over the control socket.
const IO_EXEMPT = ['io', 'cli', 'role', 'web', 'main.ts', 'service/smtp', 'service/api'];

interface Import {
  readonly file: string;
  readonly target: string;
}

const src = join(import.meta.dirname, '..', 'src');

function sources(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .toSorted();
}

// Statements only: the word `from` before a quote also occurs in code and sentences.
const IMPORTS =
  /^(?:import|export)\b[^;'"`()=]*\bfrom\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'/gm;

function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), 'utf8');
  const targets = [...text.matchAll(IMPORTS)].map(
    (match) => match.slice(1).find((one) => one !== undefined) ?? '',
  );
  return targets.map((target) => ({
    file,
    target: target.startsWith('.') ? relative(src, normalize(join(src, dirname(file), target))) : target,
  }));
}

function layerOf(path: string): string {
  return path.split('/')[0] ?? '';
}

const isUnder = (path: string, homes: readonly string[]): boolean =>
  homes.some((home) => path === home || path.startsWith(`${home}/`) || path.startsWith(`${home}.ts`));

const files = sources(src);
// The version stands in package.json, beside src/.
const imports = files.flatMap(importsOf).filter(({ target }) => target !== '../package.json');
const local = imports.filter(
  (one) => !/^(node:|@|[a-z][a-z0-9-]*(\/|$))/.test(one.target) || one.target.endsWith('.ts'),
);
const foreign = imports.filter((one) => !local.includes(one));

test('every folder of src/ has a rank in the import table', () => {
  const unknown = files.map(layerOf).filter((layer) => RANKS[layer] === undefined);
  assert.deepEqual(unknown, []);
});

test('a layer imports lower ranks and itself only', () => {
  const wrong = local.filter(({ file, target }) => {
    const [from, to] = [layerOf(file), layerOf(target)];
    return from !== to && (RANKS[to] ?? Infinity) >= (RANKS[from] ?? -1);
  });
  // `io` implements the ports and may use the pure codecs of what it frames; both are of a lower rank.
  assert.deepEqual(wrong, []);
});

test('services do not import one another', () => {
  const serviceOf = (path: string): string => (path.split('/')[1] ?? '').replace(/\.ts$/, '');
  const wrong = local.filter(
    ({ file, target }) =>
      layerOf(file) === 'service' && layerOf(target) === 'service' && serviceOf(file) !== serviceOf(target),
  );
  assert.deepEqual(wrong, []);
});

test('io never parses a protocol', () => {
  const wrong = local.filter(
    ({ file, target }) =>
      layerOf(file) === 'io' &&
      layerOf(target) === 'wire' &&
      !target.startsWith('wire/record') &&
      !target.startsWith('wire/field'),
  );
  assert.deepEqual(wrong, []);
});

test('the pure layers import no Node API', () => {
  const wrong = foreign.filter(({ file, target }) => isUnder(file, NO_SOCKETS) && target.startsWith('node:'));
  assert.deepEqual(wrong, []);
});

test('only io and the programs around it touch sockets, files and processes', () => {
  const wrong = foreign.filter(({ file, target }) => IO_ONLY.includes(target) && !isUnder(file, IO_EXEMPT));
  assert.deepEqual(wrong, []);
});

test('a package is imported only in its one home', () => {
  const wrong = foreign.filter(({ file, target }) => {
    if (target.startsWith('node:') && PACKAGE_HOMES[target] === undefined) return false;
    const name = target.startsWith('@')
      ? target.split('/').slice(0, 2).join('/')
      : (target.split('/')[0] ?? '');
    return !isUnder(file, PACKAGE_HOMES[name] ?? []);
  });
  assert.deepEqual(wrong, []);
});

// By its object `z` every process would carry the half of zod that it does not use: 140 KiB.
test('zod is imported as a namespace, of which the bundle keeps what is used', () => {
  const wrong = files.filter((file) =>
    /^import (?:type )?(?!(?:type )?\* as z ).* from 'zod'/m.test(readFileSync(join(src, file), 'utf8')),
  );
  assert.deepEqual(wrong, []);
});
