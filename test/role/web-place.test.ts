import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { type TLSSocket, connect } from 'node:tls';
import { KernelError } from '../../src/base/errors.ts';
import { Timestamp } from '../../src/base/instant.ts';
import { WebPlace } from '../../src/role/web-place.ts';
import { makeIdentity } from '../fake/make-identity.ts';

const host = '127.0.0.1';
const hello = (): Response => new Response('hello');

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function read(port: number): Promise<string> {
  return await (await fetch(`http://${host}:${port}/`, { headers: { connection: 'close' } })).text();
}

test('WebPlace serves at one port after the other, and nowhere when none is wanted', async () => {
  const [first, second] = [await freePort(), await freePort()];
  const place = new WebPlace(hello);
  await place.take({ host, port: first });
  assert.equal(await read(first), 'hello');
  await place.take({ host, port: second });
  assert.equal(await read(second), 'hello');
  await assert.rejects(read(first));
  await place.take(undefined);
  await assert.rejects(read(second));
});

test('WebPlace that cannot listen says so, and can be brought to another port', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, host, resolve));
  const { port } = taken.address() as AddressInfo;
  const place = new WebPlace(hello);
  await assert.rejects(place.take({ host, port }), (error) => error instanceof KernelError);
  const free = await freePort();
  await place.take({ host, port: free });
  assert.equal(await read(free), 'hello');
  await place.take(undefined);
  taken.close();
});

test('two WebPlaces change ports with each other when both leave before they take', async () => {
  const [first, second] = [await freePort(), await freePort()];
  const places = [new WebPlace(() => new Response('a')), new WebPlace(() => new Response('b'))] as const;
  for (const [a, b] of [
    [first, second],
    [second, first],
  ] as const) {
    places[0].leave({ host, port: a });
    places[1].leave({ host, port: b });
    await Promise.all([places[0].take({ host, port: a }), places[1].take({ host, port: b })]);
    assert.deepEqual([await read(a), await read(b)], ['a', 'b']);
  }
  for (const place of places) place.leave(undefined);
});

test('WebPlace takes over another certificate under an open connection', async () => {
  const port = await freePort();
  const place = new WebPlace(hello);
  const identities = ['mail', 'mx'].map((label) =>
    makeIdentity(`${label}.office.example`, Timestamp(Date.now())),
  );
  const open: TLSSocket[] = [];
  for (const tls of identities) {
    await place.take({ host, port, tls });
    const socket = connect({ host, port, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    open.push(socket);
  }
  assert.deepEqual(
    open.map((socket) => socket.getPeerX509Certificate()?.subject),
    ['CN=mail.office.example', 'CN=mx.office.example'],
  );
  for (const socket of open) {
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match(String((await once(socket, 'data'))[0]), /200 OK/);
    socket.destroy();
  }
  await place.take(undefined);
});
