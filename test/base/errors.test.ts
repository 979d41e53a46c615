import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ConfigError,
  DecodeError,
  InvariantError,
  KernelError,
  UserError,
  messageOf,
  unreachable,
} from '../../src/base/errors.ts';

test('ConfigError is one line a problem, with the path, what was found and what is wanted', () => {
  const problems = [
    { path: 'dhcp.pool.first', found: '"x"', wanted: 'an IPv4 address' },
    { path: '', found: 'text that is not JSON', wanted: 'one JSON object' },
  ];
  const error = new ConfigError(problems);
  assert.equal(
    error.message,
    'dhcp.pool.first: found "x", wanted an IPv4 address\n(whole file): found text that is not JSON, wanted one JSON object',
  );
  assert.deepEqual(error.problems, problems);
});

test('DecodeError leads with the path, if there is one, and keeps path and offset', () => {
  const error = new DecodeError('4 bytes wanted, 2 left', { offset: 7, path: 'options/3' });
  assert.equal(error.message, 'options/3: 4 bytes wanted, 2 left');
  assert.deepEqual([error.offset, error.path], [7, 'options/3']);
  assert.equal(new DecodeError('too short', { offset: 0, path: '' }).message, 'too short');
});

test('KernelError says the operation, the errno, and the text of the kernel if there is one', () => {
  const plain = new KernelError('add a route', 'EPERM');
  assert.equal(plain.message, 'Cannot add a route: EPERM');
  assert.deepEqual([plain.operation, plain.errno], ['add a route', 'EPERM']);
  assert.equal(new KernelError('add a route', 'EINVAL', '').message, 'Cannot add a route: EINVAL');
  assert.equal(
    new KernelError('add a route', 'EINVAL', 'Nexthop has invalid gateway').message,
    'Cannot add a route: Nexthop has invalid gateway (EINVAL)',
  );
});

test('each error has the name of its class and is no other', () => {
  const errors = [
    new DecodeError('x', { offset: 0, path: '' }),
    new UserError('x'),
    new ConfigError([]),
    new KernelError('x', 'EIO'),
    new InvariantError('x'),
  ];
  for (const error of errors) {
    assert.equal(error.name, error.constructor.name);
    const classes = [DecodeError, UserError, ConfigError, KernelError, InvariantError];
    assert.equal(classes.filter((one) => error instanceof one).length, 1);
  }
});

test('messageOf() makes a text of whatever was thrown', () => {
  assert.equal(messageOf(new UserError('no')), 'no');
  assert.equal(messageOf('no'), 'no');
  assert.equal(messageOf(undefined), 'undefined');
});

test('unreachable() names the variant nobody thought of', () => {
  assert.throws(
    () => unreachable({ kind: 'new' } as never),
    (error) => error instanceof InvariantError && error.message.includes('{"kind":"new"}'),
  );
});
