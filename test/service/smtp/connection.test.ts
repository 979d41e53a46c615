import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { SMTPServer } from 'smtp-server';
import { Connection } from '../../../src/service/smtp/connection.ts';
import { DEFAULT_SMTP_LIMITS } from '../../../src/service/smtp/limits.ts';
import { FakeClock } from '../../fake/fake-clock.ts';

// Connection leans on parts of smtp-server that its documentation does not promise. A new version is taken on purpose, with
// this file read again, or not at all.
const root = join(import.meta.dirname, '..', '..', '..');

function versionIn(file: string): unknown {
  return (JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown }).version;
}

test('smtp-server is pinned to the version whose inner parts are known', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  assert.equal(dependencies['smtp-server'], '3.21.6');
  assert.equal(versionIn(createRequire(import.meta.url).resolve('smtp-server/package.json')), '3.21.6');
});

test('smtp-server still has the parts that Connection leans on', () => {
  const server = new SMTPServer({ logger: false });
  const connection = new Connection(server, new Socket(), {
    clock: new FakeClock(),
    limits: DEFAULT_SMTP_LIMITS,
    isLan: () => false,
    takeCommand: () => true,
    countError: () => false,
  });
  for (const [name, value] of [
    ['_dataStream', false],
    ['_handlerPending', false],
    ['_closing', false],
    ['secure', false],
    ['_closed', false],
    ['_upgrading', false],
    ['remoteAddress', ''],
  ] as const) {
    assert.equal(Reflect.get(connection, name), value, name);
  }
  for (const name of [
    'send',
    'close',
    'init',
    'connectionReady',
    'handler_DATA',
    '_createParser',
    '_getHandler',
    '_onClose',
    '_onCommand',
    '_parseAddressCommand',
    '_setListeners',
  ])
    assert.equal(typeof Reflect.get(connection, name), 'function', name);
  const parser: unknown = Reflect.get(connection, '_parser');
  assert.ok(typeof parser === 'object' && parser !== null);
  assert.deepEqual([Reflect.get(parser, '_dataMode'), Reflect.get(parser, 'dataBytes')], [false, 0]);
  assert.equal(Reflect.get(parser, '_dataStream'), null);
  for (const name of ['startDataMode', 'oncommand', '_feedDataStream', '_countDataBytes', '_endDataMode'])
    assert.equal(typeof Reflect.get(parser, name), 'function', name);
  assert.ok(Reflect.get(server, '_pendingSockets') instanceof Map);
  for (const name of ['connect', 'updateSecureContext', '_acceptSocket'])
    assert.equal(typeof Reflect.get(server, name), 'function', name);
  assert.ok(server.connections instanceof Set);
});
