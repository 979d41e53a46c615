import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  certificateRemoveCommand,
  certificateRenewCommand,
  certificateSetCommand,
  certificateShowCommand,
} from '../../src/cli/certificate.ts';
import type { ApiClient } from '../../src/cli/client.ts';
import type { Command } from '../../src/cli/command.ts';
import { CERTIFICATE } from '../fake/fake-box.ts';
import { SCREEN } from './call-command.ts';

const FILES: Readonly<Record<string, string>> = { 'my.crt': 'certificates', 'my.key': 'key' };

/** Runs a command against an API that gives this answer; what it printed and what it sent. */
async function call(command: Command, words: readonly string[], answer: unknown) {
  const sent: unknown[] = [];
  const printed: string[] = [];
  const remember = <T>(...request: readonly unknown[]): Promise<T> => {
    sent.push(request);
    return Promise.resolve(answer as T);
  };
  const api: ApiClient = { get: remember, send: remember, upload: () => assert.fail() };
  await command.run({
    words,
    flags: new Map(),
    api,
    screen: SCREEN,
    print: (text) => void printed.push(text),
    readSecret: () => Promise.reject(new Error('no secret is wanted')),
    readFile: (path) => FILES[path] ?? '',
  });
  return { printed: printed.join('\n'), sent };
}

test('certificate set reads both files and says what came of it, warnings among it', async () => {
  const said = ['the certificate of the owner is in force', 'warning: it ends soon'];
  const { printed, sent } = await call(certificateSetCommand, ['my.crt', 'my.key'], said);
  assert.deepEqual(sent, [['POST', '/api/certificate', { certificate: 'certificates', key: 'key' }]]);
  assert.equal(printed, said.join('\n'));
});

test('certificate show prints names, term and both fingerprints, and what is wrong', async () => {
  const { printed, sent } = await call(certificateShowCommand, [], CERTIFICATE);
  assert.deepEqual(sent, [['/api/certificate']]);
  for (const fact of [
    'mail.office.example, issued by the authority',
    '01:23:45',
    'AB:CD:EF',
    'autoconfig.shop.example',
  ])
    assert.ok(printed.includes(fact), fact);
  assert.match(printed, /^problem +The certificate is not for/m);
});

test('certificate remove and certificate renew say what is in force then', async () => {
  for (const [command, path] of [
    [certificateRemoveCommand, '/api/certificate/remove'],
    [certificateRenewCommand, '/api/certificate/renew'],
  ] as const) {
    const { printed, sent } = await call(command, [], ['done']);
    assert.deepEqual([printed, sent], ['done', [['POST', path, {}]]]);
  }
});
