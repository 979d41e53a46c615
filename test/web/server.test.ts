import assert from 'node:assert/strict';
import { get as getPlain } from 'node:http';
import { get as getEncrypted } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { type TLSSocket, connect } from 'node:tls';
import { KernelError } from '../../src/base/errors.ts';
import { Timestamp } from '../../src/base/instant.ts';
import { makeIdentity } from '../fake/make-identity.ts';
import { serveSite } from '../../src/web/server.ts';

const hello = (): Response => new Response('hello');

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function read(get: typeof getPlain | typeof getEncrypted, url: string, ca?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, ca === undefined ? {} : { ca, servername: 'mail.office.example' }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });
}

test('serveSite() answers over HTTP', async () => {
  const port = await freePort();
  const server = await serveSite(hello, { host: '127.0.0.1', port });
  assert.equal(await read(getPlain, `http://127.0.0.1:${port}/`), 'hello');
  server.close();
});

test('serveSite() answers over HTTPS with the given certificate', async () => {
  const port = await freePort();
  const tls = makeIdentity('mail.office.example', Timestamp(Date.now()));
  const server = await serveSite(hello, { host: '127.0.0.1', port, tls });
  assert.equal(await read(getEncrypted, `https://127.0.0.1:${port}/`, tls.cert), 'hello');
  server.close();
});

test('setIdentity() is for new connections; one that is up goes on with the certificate it has', async () => {
  const port = await freePort();
  const [first, second] = ['mail', 'mx'].map((label) =>
    makeIdentity(`${label}.office.example`, Timestamp(Date.now())),
  );
  assert.ok(first !== undefined && second !== undefined);
  const server = await serveSite(hello, { host: '127.0.0.1', port, tls: first });
  const shown = (socket: TLSSocket): string => socket.getPeerX509Certificate()?.subject ?? '';
  const open = await connected(port);
  server.setIdentity(second);
  assert.throws(() => server.setIdentity({ ...second, key: first.key }));
  const fresh = await connected(port);
  assert.deepEqual([shown(open), shown(fresh)], ['CN=mail.office.example', 'CN=mx.office.example']);
  for (const socket of [open, fresh]) {
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    assert.match(await text(socket), /hello/);
  }
  server.close();
});

async function connected(port: number): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  return socket;
}

test('serveSite() names a port that another program uses', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  await assert.rejects(
    serveSite(hello, { host: '127.0.0.1', port }),
    (error: unknown) =>
      error instanceof KernelError && error.errno === 'EADDRINUSE' && error.message.includes(String(port)),
  );
  other.close();
});
