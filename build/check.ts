// npm run check: format, lint, types of all three worlds (whole, pure, browser), import table; the first failure ends it.
import { spawnSync } from 'node:child_process';
import process from 'node:process';

const STEPS: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['format', 'oxfmt', '--check', '.'],
  ['lint', 'oxlint', '--type-aware', '--quiet', '.'],
  ['types', 'tsc', '-p', 'tsconfig.json'],
  ['types of the pure layers', 'tsc', '-p', 'tsconfig.pure.json'],
  ['types of the browser modules', 'tsc', '-p', 'tsconfig.client.json'],
  ['import table', 'node', '--test', '--test-reporter=dot', 'test/layers.test.ts'],
];

for (const [name, command, ...args] of STEPS) {
  const begun = Date.now();
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) {
    console.error(`check: ${name} failed`);
    process.exit(1);
  }
  console.log(`check: ${name} ok, ${((Date.now() - begun) / 1000).toFixed(1)} s`);
}
