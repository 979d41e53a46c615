import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Milliseconds, Seconds } from '../../../src/base/duration.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { NodeHttps } from '../../../src/io/node/https.ts';
import type { HttpsRequest } from '../../../src/port/https.ts';
import { makeIdentity } from '../../fake/make-identity.ts';

const identity = makeIdentity('pages.example', Timestamp(Date.now()));

async function start(t: TestContext, listener: RequestListener): Promise<NodeHttps> {
  const server = createServer(identity, listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return new NodeHttps({ port: (server.address() as AddressInfo).port, authorities: [identity.cert] });
}

const request = (more: Partial<HttpsRequest> = {}): HttpsRequest => ({
  host: 'pages.example',
  address: parseIpv4('127.0.0.1'),
  path: '/page',
  timeout: Seconds(5),
  maxOctets: 100,
  ...more,
});

test('NodeHttps fetches a page from an address under the name of its host', async (t) => {
  const https = await start(t, ({ headers, url }, response) => {
    response.setHeader('content-type', 'Text/Plain; charset=utf-8').end(`${headers.host} ${url}`);
  });
  const { status, contentType, body } = await https.get(request());
  assert.deepEqual(
    [status, contentType, Buffer.from(body).toString()],
    [200, 'text/plain', 'pages.example /page'],
  );
});

test('NodeHttps follows no redirection', async (t) => {
  const https = await start(t, (_, response) => response.writeHead(302, { location: '/other' }).end());
  assert.equal((await https.get(request())).status, 302);
});

test('NodeHttps refuses a certificate of another name, a page that is too large, and one that takes too long', async (t) => {
  const https = await start(t, ({ url }, response) => {
    if (url === '/large') response.end('x'.repeat(1000));
    else if (url !== '/slow') response.end();
  });
  await assert.rejects(
    https.get(request({ host: 'other.example' })),
    /altnames|ERR_TLS_CERT_ALTNAME_INVALID|match/,
  );
  await assert.rejects(https.get(request({ path: '/large' })), /larger than 100 octets/);
  await assert.rejects(https.get(request({ path: '/slow', timeout: Milliseconds(50) })));
});
