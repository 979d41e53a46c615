// npm test [-- FILTER ...]: builds the bundle and runs every ring of test/, or the files whose path contains a FILTER.
// The fast rings come first; the files of the lab ring need root and the bundle, and run two at a time like the others.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const root = join(import.meta.dirname, '..');
const CONCURRENCY = 2;
const LAB_RING = /^test\/lab\//;
// Layers without state, clock or files: their tests share one process, which takes a quarter of the time of one for each file.
const PURE_RING = /^test\/(?:base|wire|engine|config)\//;
const NODE_OPTIONS = ['--disable-warning=ExperimentalWarning'];

const filters = process.argv.slice(2);
const chosen = globSync('test/**/*.test.ts', { cwd: root })
  .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
  .toSorted();
const lab = chosen.filter((path) => LAB_RING.test(path));
const pure = chosen.filter((path) => PURE_RING.test(path));
const unit = chosen.filter((path) => !LAB_RING.test(path) && !PURE_RING.test(path));

function refuse(sentence: string): never {
  process.stderr.write(`test: ${sentence}\n`);
  process.exit(1);
}

if (chosen.length === 0) refuse(`Cannot find a test file whose path contains ${filters.join(' or ')}`);

if (lab.length > 0) {
  const built = spawnSync('node', ['build/bundle.ts'], { cwd: root, stdio: 'inherit' });
  if (built.status !== 0) refuse('Cannot run the tests: the bundle did not build, see above');
}

const isRoot = process.getuid?.() === 0;
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort());

if (pure.length > 0) {
  const options = [...NODE_OPTIONS, '--test', '--test-isolation=none', '--test-reporter=spec'];
  const child = spawn(process.execPath, [...options, ...pure], { cwd: root, stdio: 'inherit' });
  ending.signal.addEventListener('abort', () => child.kill());
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) process.exitCode = 1;
}

const others = [...unit, ...(isRoot ? lab : [])].map((path) => join(root, path));
if (others.length === 0) process.exit();
const results = run({
  cwd: root,
  files: others,
  concurrency: CONCURRENCY,
  execArgv: NODE_OPTIONS,
  signal: ending.signal,
});
results.on('test:fail', () => {
  process.exitCode = 1;
});
const report = results.compose(spec);
report.pipe(process.stdout);
await once(report, 'end');

if (!isRoot && lab.length > 0)
  refuse(
    `Cannot run the lab ring (${lab.length} files in test/lab): network namespaces need root, run npm test as root`,
  );
