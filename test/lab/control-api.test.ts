import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { answerSchemas } from '../../src/service/api/answers.ts';
import { OPERATIONS } from '../../src/service/api/operations.ts';
import { ADDRESSES, NAMES } from './addresses.ts';
import type { Box } from './box.ts';
import type { Office } from './office.ts';
import { startOffice } from './running-office.ts';

let office: Office;
let box: Box;

before(async () => {
  ({ office, box } = await startOffice());
});

after(() => office.remove());

/** What curl gets from the socket of the box: status and body. */
async function call(method: string, path: string, ...more: readonly string[]): Promise<[number, string]> {
  const socket = ['--unix-socket', `${box.runPath}/api.sock`, '-X', method];
  const argv = ['curl', '-sS', '-m', '10', '-w', '\n%{http_code}', ...socket, ...more, `http://box${path}`];
  const output = await box.namespace.output(argv);
  const end = output.lastIndexOf('\n');
  return [Number(output.slice(end)), output.slice(0, end)];
}

test('a box at work answers every reading operation as its document says', async () => {
  const { pc1 } = office;
  await pc1.namespace.output(['dig', '+short', `@${ADDRESSES.boxLan}`, NAMES.elsewhereWeb]);
  const to = ['--from', `alice@${NAMES.office}`, '--to', `nobody@unreachable.${NAMES.elsewhere}`];
  await pc1.namespace.output(['swaks', '--server', ADDRESSES.boxLan, ...to]);
  const schemas: Readonly<Record<string, { parse(value: unknown): unknown }>> = answerSchemas();
  let looked = 0;
  for (const { method, path, answer } of OPERATIONS) {
    const schema = schemas[answer];
    if (method !== 'get' || schema === undefined) continue;
    const query = path.endsWith('explain') ? '?from=lan&to=internet&what=tcp/443' : '';
    const [status, body] = await call('GET', path.replace('{id}', '1').replace('{name}', 'alice') + query);
    assert.equal(status, 200, path);
    schema.parse(JSON.parse(body));
    looked++;
  }
  assert.ok(looked >= 20);
});

test('a wrong call of the API gets one sentence, and the box goes on', async () => {
  const spaces = box.namespace.file('spaces');
  writeFileSync(spaces, ' '.repeat(5_000_000));
  const calls: readonly (readonly [number, string, string, ...string[]])[] = [
    [404, 'GET', '/api/nothing'],
    [405, 'DELETE', '/api/config'],
    [413, 'PUT', '/api/config', '--data-binary', `@${spaces}`],
    [422, 'PUT', '/api/config', '-d', '{'],
    [422, 'PUT', '/api/config', '-d', '{"version":1,"lan":{"adress":"10.0.0.1/24"}}'],
    [422, 'POST', '/api/users', '-d', '{"name":"eva"}'],
    [422, 'POST', '/api/restart'],
  ];
  for (const [wanted, method, path, ...more] of calls) {
    const [status, body] = await call(method, path, ...more);
    assert.equal(status, wanted, `${method} ${path}: ${body}`);
    assert.match((JSON.parse(body) as { readonly error: string }).error, /^(Cannot |lan\.adress: )[^\n]+$/);
  }
  assert.equal((await call('GET', '/api/status'))[0], 200);
});

test('gatepost mail verify needs no word about where the running box keeps its data', async () => {
  const { stdout } = await box.cli(['mail', 'verify']);
  assert.match(stdout, /all of it is as it was stored\n$/);
});
