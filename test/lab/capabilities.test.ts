import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { test } from 'node:test';

const CAPABILITIES = new URL('../../src/io/linux/capabilities.ts', import.meta.url);

/** Gives up capabilities, replaces the image, and prints the status of every thread of the new one. */
const PROGRAM = `
import { boundCapabilities } from ${JSON.stringify(CAPABILITIES.href)};
boundCapabilities(['NET_ADMIN', 'NET_RAW']);
const show = "const fs = require('node:fs'); for (const id of fs.readdirSync('/proc/self/task')) console.log(fs.readFileSync('/proc/self/task/' + id + '/status', 'latin1'))";
process.execve(process.execPath, [process.execPath, '-e', show], process.env);
`;

test('boundCapabilities() and execve leave all threads of the process with exactly the named capabilities', () => {
  const text = execFileSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', PROGRAM],
    { encoding: 'utf8' },
  );
  const wanted = ((1n << 12n) | (1n << 13n)).toString(16).padStart(16, '0');
  const values = (field: string): Set<string> =>
    new Set([...text.matchAll(new RegExp(`^${field}:\\s*(\\w+)$`, 'gm'))].map((match) => match[1] ?? ''));
  assert.ok([...text.matchAll(/^Name:/gm)].length > 1, text);
  for (const field of ['CapBnd', 'CapEff', 'CapPrm'])
    assert.deepEqual(values(field), new Set([wanted]), field);
  assert.deepEqual(values('CapInh'), new Set(['0'.repeat(16)]));
  assert.deepEqual(values('NoNewPrivs'), new Set(['1']));
});
