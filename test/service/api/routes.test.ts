import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelError } from '../../../src/base/errors.ts';
import type { Log } from '../../../src/port/log.ts';
import { OPERATIONS } from '../../../src/service/api/operations.ts';
import { apiRoutes } from '../../../src/service/api/routes.ts';
import { FakeBox, MAIL_QUEUE, STATUS } from '../../fake/fake-box.ts';
import { MemoryLog } from '../../fake/memory-log.ts';

const ignore = (): void => undefined;
const log: Log = { debug: ignore, info: ignore, notice: ignore, warn: ignore, error: ignore, fatal: ignore };

function harness(mayWrite: boolean): {
  box: FakeBox;
  call: (method: string, path: string, body?: unknown) => Promise<{ status: number; value: unknown }>;
} {
  const box = new FakeBox();
  const routes = apiRoutes({ box, version: '0.1.0', log });
  return {
    box,
    call: async (method, path, body) => {
      const init: RequestInit = {
        method,
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      };
      const response = await routes.request(path, init, { mayWrite });
      return { status: response.status, value: await response.json() };
    },
  };
}

test('every operation of the OpenAPI document is served, and nothing else', async () => {
  const { call } = harness(true);
  for (const { method, path } of OPERATIONS) {
    // A stream of events has no end, and an update is answered line by line.
    if (path === '/api/events' || (path === '/api/update' && method === 'post')) continue;
    const { status } = await call(
      method.toUpperCase(),
      path.replace('{name}', 'bob'),
      method === 'get' ? undefined : {},
    );
    assert.notEqual(status, 404, `${method} ${path}`);
  }
  assert.equal((await call('GET', '/api/secrets')).status, 404);
});

test('a caller that is not root reads everything and changes nothing', async () => {
  const { box, call } = harness(false);
  assert.deepEqual((await call('GET', '/api/status')).value, STATUS);
  assert.equal((await call('PUT', '/api/config', { version: 1 })).status, 403);
  assert.equal((await call('POST', '/api/users', { name: 'bob', password: 'x' })).status, 403);
  assert.deepEqual([box.applied, box.added], [[], []]);
});

test('root adds a person; a refusal is one sentence with status 422', async () => {
  const { box, call } = harness(true);
  assert.equal((await call('POST', '/api/users', { name: 'bob', password: 'secret' })).status, 200);
  assert.deepEqual(box.added, [{ name: 'bob', fullName: '', password: 'secret' }]);
  const refused = await call('POST', '/api/users', { name: 'alice', password: 'secret' });
  assert.deepEqual(refused, {
    status: 422,
    value: { error: 'Cannot add the user "alice": there is one of that name' },
  });
});

test('a body that is not JSON, or has unknown keys, is refused', async () => {
  const { call } = harness(true);
  assert.equal((await call('POST', '/api/users', '{')).status, 422);
  assert.equal((await call('POST', '/api/users', { name: 'bob', password: 'x', admin: true })).status, 422);
});

test('POST /api/update takes a file beyond the limit of other bodies, and answers with a line for each step', async () => {
  const routes = apiRoutes({ box: new FakeBox(), version: '0.1.0', log });
  const send = async (body: Uint8Array<ArrayBuffer>, mayWrite: boolean): Promise<[number, string[]]> => {
    const response = await routes.request('/api/update', { method: 'POST', body }, { mayWrite });
    return [response.status, (await response.text()).trim().split('\n')];
  };
  assert.deepEqual(await send(new Uint8Array(5_000_000), true), [
    200,
    [
      '{"stage":"writing","done":5000000,"octets":5000000}',
      '{"stage":"verifying","done":2500000,"octets":5000000}',
      '{"version":"of 5000000 octets"}',
    ],
  ]);
  assert.deepEqual(await send(new Uint8Array(0), true), [
    200,
    ['{"error":"Cannot update: the file ends too early"}'],
  ]);
  assert.equal((await send(new Uint8Array(1), false))[0], 403);
});

test('GET /api/log refuses a level that does not exist', async () => {
  assert.equal((await harness(true).call('GET', '/api/log?level=loud')).status, 422);
});

test('GET /api/events sends the status at once and again after a change', async () => {
  const box = new FakeBox();
  const ended = new AbortController();
  const response = await apiRoutes({ box, version: '0.1.0', log }).request(
    '/api/events',
    { signal: ended.signal },
    { mayWrite: false },
  );
  const reader = response.body?.getReader();
  assert.ok(reader !== undefined);
  for (let events = 0; events < 2;) {
    const { value } = await reader.read();
    if (new TextDecoder().decode(value).includes('event: status')) events++;
    box.change();
  }
  await reader.cancel();
  ended.abort();
});

test('GET /api/events ends, is logged and listens no more when the status cannot be read', async () => {
  const box = new FakeBox();
  box.status = () => Promise.reject(new KernelError('read the counters', 'ENOBUFS'));
  const memory = new MemoryLog();
  const routes = apiRoutes({ box, version: '0.1.0', log: memory });
  const response = await routes.request('/api/events', {}, { mayWrite: false });
  assert.equal(await response.text(), '');
  assert.equal(box.listeners, 0);
  assert.match(memory.text, /Cannot read the counters: ENOBUFS/);
});

test('the calls about packets, devices, leases and certificates reach the box with what was asked', async () => {
  const box = new FakeBox();
  const routes = apiRoutes({ box, version: '0.1.0', log });
  const call = async (method: string, path: string, body?: unknown): Promise<Response> =>
    await routes.request(path, body === undefined ? { method } : { method, body: JSON.stringify(body) }, {
      mayWrite: true,
    });
  for (const [method, path, body] of [
    ['GET', '/api/flows?address=192.168.77.20&port=443&protocol=tcp'],
    ['POST', '/api/flows/end', { port: 25 }],
    ['GET', '/api/firewall'],
    ['GET', '/api/firewall/explain?from=lan&to=box&what=tcp/8080'],
    ['POST', '/api/firewall/block', { device: 'camera' }],
    ['POST', '/api/firewall/unblock', { device: 'camera' }],
    ['POST', '/api/aliases', { name: 'info', members: ['alice', 'x@elsewhere.example'] }],
    ['POST', '/api/aliases/remove', { name: 'info' }],
    ['GET', '/api/aliases'],
    ['POST', '/api/leases/end', { address: '192.168.77.20' }],
    ['POST', '/api/leases/pin', { address: '192.168.77.20', name: 'camera' }],
    ['GET', '/api/mail/client-setup'],
    ['GET', '/api/certificate'],
    ['POST', '/api/certificate', { certificate: 'good', key: 'k' }],
    ['POST', '/api/certificate/remove', {}],
    ['POST', '/api/certificate/renew', {}],
  ] as const)
    assert.equal((await call(method, path, body)).status, 200, path);
  assert.deepEqual(box.calls, [
    'flows {"address":"192.168.77.20","port":443,"protocol":"tcp"}',
    'endFlows {"port":25}',
    'explain {"from":"lan","to":"box","what":"tcp/8080"}',
    'blockDevice camera',
    'unblockDevice camera',
    'setAlias info alice,x@elsewhere.example',
    'removeAlias info',
    'endLease 192.168.77.20',
    'pinLease 192.168.77.20 camera',
    'setCertificate good k',
    'removeCertificate',
    'renewCertificate',
  ]);
  assert.equal((await call('POST', '/api/certificate', { certificate: 'bad', key: 'k' })).status, 422);
  assert.equal((await call('GET', '/api/flows?port=x')).status, 422);
  assert.equal((await call('POST', '/api/firewall/block', {})).status, 422);
});

test('GET /api/mail/queue shows all entries, or as many as are asked for, and always every destination', async () => {
  const { call } = harness(false);
  assert.deepEqual((await call('GET', '/api/mail/queue')).value, MAIL_QUEUE);
  const few = await call('GET', '/api/mail/queue?entries=0');
  assert.deepEqual(few.value, { ...MAIL_QUEUE, entries: [] });
  for (const entries of ['-1', '1001', 'all', '0.5'])
    assert.equal((await call('GET', `/api/mail/queue?entries=${entries}`)).status, 422, entries);
});

test('a method that a path does not take gets 405 and the methods it takes, a path that there is not 404', async () => {
  const routes = apiRoutes({ box: new FakeBox(), version: '0.1.0', log });
  const call = async (method: string, path: string): Promise<unknown> => {
    const response = await routes.request(path, { method }, { mayWrite: true });
    const { error } = (await response.json()) as { readonly error: string };
    return [response.status, response.headers.get('allow'), error];
  };
  assert.deepEqual(await call('DELETE', '/api/users/bob/quota'), [
    405,
    'PUT',
    'Cannot use DELETE on "/api/users/bob/quota": wanted is PUT',
  ]);
  assert.deepEqual(await call('POST', '/api/config'), [
    405,
    'GET, PUT',
    'Cannot use POST on "/api/config": wanted is GET, PUT',
  ]);
  const wanted = 'see /api/openapi.json for what there is';
  assert.deepEqual(await call('GET', '/api/users//quota'), [
    404,
    null,
    `Cannot find "/api/users//quota": ${wanted}`,
  ]);
});

test('a request of the wrong form is refused with each place, what was found and what is wanted', async () => {
  const { call } = harness(true);
  const refusal = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const { status, value } = await call(method, path, body);
    return [status, (value as { readonly error: string }).error.replace('Cannot use the request: ', '')];
  };
  assert.deepEqual(await refusal('POST', '/api/users', { name: 5, admin: true }), [
    422,
    'name: found 5, wanted a text; password: found nothing, wanted a text; admin: found an unknown key, wanted no such key',
  ]);
  assert.deepEqual(await refusal('POST', '/api/aliases', []), [
    422,
    'the whole of it: found [], wanted an object',
  ]);
  assert.deepEqual(await refusal('GET', '/api/log?level=loud&limit=many'), [
    422,
    'level: found "loud", wanted one of "debug", "info", "notice", "warn", "error", "fatal"; limit: found "many", wanted a number',
  ]);
  assert.deepEqual(await refusal('GET', '/api/mail/queue/x/history'), [
    422,
    'id: found "x", wanted a number',
  ]);
  assert.deepEqual(await refusal('POST', '/api/users', { name: 'bob', password: '' }), [
    422,
    'password: found (hidden), wanted at least 1 character',
  ]);
});
