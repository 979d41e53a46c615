import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { KernelError } from '../../../src/base/errors.ts';
import { peerUid } from '../../../src/io/linux/peer-credentials.ts';
import { type ApiServer, startApi } from '../../../src/service/api/server.ts';
import { FakeBox, STATUS } from '../../fake/fake-box.ts';
import { MemoryLog } from '../../fake/memory-log.ts';

// The control API on a real Unix socket, with the kernel to say who calls.

function socketPlace(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-api-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return join(directory, 'api.sock');
}

interface Options {
  readonly box?: FakeBox;
  readonly callerUid?: (request: IncomingMessage) => number;
}

async function serve(t: TestContext, socketPath: string, options: Options = {}): Promise<ApiServer> {
  const { box = new FakeBox(), callerUid = peerUid } = options;
  const server = await startApi({ box, version: '0.1.0', log: new MemoryLog(), socketPath, callerUid });
  t.after(() => server.close());
  return server;
}

async function call(
  socketPath: string,
  method: string,
  path: string,
  body?: object,
): Promise<{ readonly status: number | undefined; readonly text: string }> {
  const headers = { 'content-type': 'application/json' };
  const outgoing = request({ socketPath, method, path, headers, agent: false });
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: response.statusCode, text: await text(response) };
}

const NEW_USER = { name: 'bob', fullName: 'Bob', password: 'correct horse' };

test('startApi() answers on its socket, which everybody who reaches the directory may open', async (t) => {
  const path = socketPlace(t);
  await serve(t, path);
  const answer = await call(path, 'GET', '/api/status');
  assert.equal(answer.status, 200);
  assert.deepEqual(JSON.parse(answer.text), STATUS);
  assert.equal(statSync(path).mode & 0o777, 0o666);
});

test('peerUid() is the own user at the other end of a Unix connection, by the word of the kernel (SO_PEERCRED)', async (t) => {
  const path = socketPlace(t);
  const seen: number[] = [];
  const callerUid = (incoming: IncomingMessage): number => {
    seen.push(peerUid(incoming));
    return 0;
  };
  await serve(t, path, { callerUid });
  await call(path, 'GET', '/api/status');
  assert.deepEqual(seen, [process.getuid?.()]);
});

test('startApi() lets root change things and everybody else only look', async (t) => {
  for (const [uid, status, added] of [
    [0, 200, [NEW_USER]],
    [64_202, 403, []],
    [-1, 403, []],
  ] as const) {
    const path = socketPlace(t);
    const box = new FakeBox();
    await serve(t, path, { box, callerUid: () => uid });
    assert.equal((await call(path, 'GET', '/api/status')).status, 200);
    assert.equal((await call(path, 'POST', '/api/users', NEW_USER)).status, status);
    assert.deepEqual(box.added, added);
  }
});

test('startApi() replaces what a killed run has left behind', async (t) => {
  const path = socketPlace(t);
  writeFileSync(path, '');
  await serve(t, path);
  assert.equal((await call(path, 'GET', '/api/status')).status, 200);
});

test('startApi() says where it cannot listen', async (t) => {
  const path = join(socketPlace(t), 'missing', 'api.sock');
  await assert.rejects(
    serve(t, path),
    (error) => error instanceof KernelError && error.message.includes(path),
  );
});

test('ApiServer.close() ends open connections and takes no new ones', async (t) => {
  const path = socketPlace(t);
  const server = await serve(t, path);
  const outgoing = request({ socketPath: path, path: '/api/events', agent: false });
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const ended = assert.rejects(text(response), /aborted/);
  await server.close();
  await ended;
  await assert.rejects(call(path, 'GET', '/api/status'));
});
