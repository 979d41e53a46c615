import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { Timestamp } from '../../../src/base/instant.ts';
import { makeIdentity } from '../../fake/make-identity.ts';
import { LineClient } from '../../fake/line-client.ts';

const FOLDER = join(import.meta.dirname, '../../../src/io/pop3-server-bare');

/** The program in the README, with ports that are free. */
function example(): string {
  const [, code = ''] = /^```ts\n([^]*?)^```$/m.exec(readFileSync(join(FOLDER, 'README.md'), 'utf8')) ?? [];
  assert.match(code, /port: 110 .*\n.*port: 995,/);
  return code.replaceAll(/port: (?:110|995)\b/g, 'port: 0');
}

test('the program in the README of pop3-server-bare runs beside a copy of the folder, with nothing else there', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'pop3-readme-'));
  t.after(() => rmSync(directory, { recursive: true }));
  cpSync(FOLDER, join(directory, 'pop3-server-bare'), { recursive: true });
  const { key, cert } = makeIdentity('localhost', Timestamp(0));
  const files = { 'example.ts': example(), 'key.pem': key, 'cert.pem': cert };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  const child = spawn(process.execPath, ['example.ts'], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const [, open, secure] = /^POP3 on (\d+), with TLS on (\d+)$/.exec(line) ?? [];
  const plain = await LineClient.connect(Number(open));
  await plain.expect(/^\+OK .*\r\n/);
  assert.match(await plain.ask('USER alice', /^.*\r\n/), /^-ERR /);
  await plain.ask('STLS', /^\+OK .*\r\n/);
  await plain.startTls();
  await plain.ask('USER alice', /^\+OK.*\r\n/);
  assert.match(await plain.ask('PASS wrong', /^.*\r\n/), /^-ERR \[AUTH\] /);
  plain.reset();
  const client = await LineClient.connect(Number(secure), { tls: true });
  await client.expect(/^\+OK .*\r\n/);
  await client.ask('USER alice', /^\+OK.*\r\n/);
  await client.ask('PASS secret', /^\+OK.*\r\n/);
  assert.match(
    await client.ask('RETR 1', /\r\n\.\r\n/),
    /^\+OK 30 octets.*\r\nSubject: Hello\r\n\r\nFirst line\r\n\.\r\n$/,
  );
  await client.ask('DELE 1', /^\+OK.*\r\n/);
  await client.ask('QUIT', /^\+OK.*\r\n/);
  await client.close();
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});
