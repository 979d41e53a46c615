import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { test } from 'node:test';

const MARK = 'GATEPOST_TEST_IN_OWN_NETWORK';
const PATIENCE = 300_000;

/** /sys shows the devices of the namespace that mounted it. */
const OWN_SYSFS = ['sh', '-c', 'mount -t sysfs sysfs /sys && exec "$0" "$@"'] as const;

/** What a test inside wants to be read by who runs it, such as how much it has tried. */
export function tell(text: string): void {
  console.log(`told: ${text}`);
}

/**
 * Runs the tests of a file as root in an empty network namespace of their own, which ends with the process: the file
 * starts itself again inside, and what is seen outside is one test that passes if all inside did.
 */
export function inOwnNetwork(file: string, define: () => void, patience: number = PATIENCE): void {
  if (process.env[MARK] !== undefined) {
    define();
    return;
  }
  test(`in a network namespace of its own: ${file.replace(/^.*\//, '')}`, (context) => {
    // The runner tells a child by this variable to report in its own protocol.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      [
        '--net',
        '--mount',
        ...OWN_SYSFS,
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        '--test-reporter=spec',
        file,
      ],
      { env: { ...env, [MARK]: '1' }, encoding: 'utf8', timeout: patience },
    );
    assert.equal(status, 0, `${stdout}${stderr}`);
    for (const [, text = ''] of stdout.matchAll(/told: (.*)$/gm)) context.diagnostic(text);
  });
}
