// npm test [-- FILTER ...]: builds the bundle and runs every ring of test/, or the files whose path contains a FILTER.
// The fast rings come first; the files of the lab ring need root and the bundle, and run two at a time like the others.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const root = join(import.meta.dirname, '..');
const CONCURRENCY = 2;
const LAB_RING = /^test\/lab\//;

const filters = process.argv.slice(2);
const chosen = globSync('test/**/*.test.ts', { cwd: root })
  .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
  .toSorted();
const lab = chosen.filter((path) => LAB_RING.test(path));
const unit = chosen.filter((path) => !LAB_RING.test(path));

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

const results = run({
  cwd: root,
  files: [...unit, ...(isRoot ? lab : [])].map((path) => join(root, path)),
  concurrency: CONCURRENCY,
  execArgv: ['--disable-warning=ExperimentalWarning'],
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
