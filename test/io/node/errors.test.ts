import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelError } from '../../../src/base/errors.ts';
import { kernelErrorFrom } from '../../../src/io/node/errors.ts';

test('kernelErrorFrom() turns an errno of Node into a KernelError with one sentence', () => {
  const error = kernelErrorFrom(
    'listen on UDP 192.0.2.1:53',
    Object.assign(new Error('bind EADDRINUSE'), { code: 'EADDRINUSE' }),
  );
  assert.ok(error instanceof KernelError);
  assert.equal(error.errno, 'EADDRINUSE');
  assert.equal(
    error.message,
    'Cannot listen on UDP 192.0.2.1:53: another program uses that address and port already (EADDRINUSE)',
  );
});

test('kernelErrorFrom() names an errno it has no words for', () => {
  const error = kernelErrorFrom('read', Object.assign(new Error('x'), { code: 'EIO' }));
  assert.equal(error.message, 'Cannot read: EIO');
});

test('kernelErrorFrom() leaves alone what is no error of the kernel', () => {
  const bug = new TypeError('undefined is not a function');
  assert.equal(kernelErrorFrom('read', bug), bug);
  const coded = Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' });
  assert.equal(kernelErrorFrom('read', coded), coded);
  assert.equal(kernelErrorFrom('read', 'text').message, 'text');
});
