import assert from 'node:assert/strict';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { Timestamp } from '../../../src/base/instant.ts';
import type { Pop3Event } from '../../../src/io/pop3-server-bare/options.ts';
import { Pop3Server } from '../../../src/io/pop3-server-bare/server.ts';
import { makeIdentity } from '../../fake/make-identity.ts';
import { LineClient } from '../../fake/line-client.ts';
import { leastHeld } from './least-held.ts';
import { TWO_MESSAGES, TextMaildrop } from './scripted-session.ts';

// Clients that mean ill, over real sockets: the server goes on for all others, and what they sent is not kept.
const identity = makeIdentity('mail.office.example', Timestamp(0));
const LOGIN = 'USER alice\r\nPASS secret\r\n';

async function start(
  t: TestContext,
): Promise<{ port: number; tlsPort: number; errors: Pop3Event[]; server: Pop3Server<{ name: string }> }> {
  const errors: Pop3Event[] = [];
  const server = new Pop3Server({
    ...identity,
    allowInsecureAuth: true,
    exclusive: false,
    isTrusted: () => true,
    onAuth: async ({ username, password }) => (password === 'secret' ? { name: username } : undefined),
    onOpen: async () => new TextMaildrop(TWO_MESSAGES),
    onEvent: (event) => {
      if (event.kind === 'error') errors.push(event);
    },
    limits: { failedLoginDelay: 0, closeTime: 100 },
  });
  t.after(() => server.close());
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const secure = await server.listen({ host: '127.0.0.1', port: 0, secure: true });
  return { port, tlsPort: secure.port, errors, server };
}

const piece = fc.oneof(
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom(
      'USER alice',
      'PASS secret',
      'RETR 1',
      'TOP 1 1',
      'DELE 1',
      'LIST',
      'AUTH PLAIN',
      'AUTH PLAIN =',
      'STLS',
      'UTF8',
      'LANG *',
      'CAPA',
      'RSET',
      'QUIT',
      '*',
    )
    .chain((line) =>
      fc.constantFrom('\r\n', '\n', '\r', '\r\n\r\n', '\0\r\n', ' ').map((end) => Buffer.from(line + end)),
    ),
  fc.integer({ min: 1, max: 5000 }).map((length) => Buffer.from('z'.repeat(length))),
);

test('Pop3Server survives random octets and broken pipelines in every state, with TLS and without', async (t) => {
  const { port, tlsPort, errors, server } = await start(t);
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 30 }),
      fc.constantFrom(port, tlsPort),
      fc.boolean(),
      async (pieces, to, isLoggedIn) => {
        const client = await LineClient.connect(to);
        if (isLoggedIn) client.send(LOGIN);
        for (const bytes of pieces) client.send(bytes);
        client.reset();
        while (server.connections > 0) await new Promise(setImmediate);
      },
    ),
    { numRuns: 80 },
  );
  assert.deepEqual(errors, []);
  const client = await LineClient.connect(port);
  await client.ask(`${LOGIN}STAT`, /\+OK 2 77\r\n/);
  await client.close();
});

test('Pop3Server keeps nothing of floods: memory is the same after each of them', async (t) => {
  const { port, server } = await start(t);
  const floods: readonly string[] = [
    'x'.repeat(1_000_000),
    'NOOP\r\n'.repeat(20_000),
    `${LOGIN}${'LIST\r\nRETR 2\r\nTOP 1 1\r\n'.repeat(3000)}`,
    `${LOGIN}${'DELE 1\r\nRSET\r\n'.repeat(3000)}`,
    `AUTH PLAIN\r\n${'A'.repeat(500_000)}\r\n`,
    'USER bob\r\nPASS x\r\n'.repeat(1000),
    '\r\n'.repeat(40_000),
  ];
  const sizes: number[] = [];
  for (let round = 0; round < 4; round++) {
    for (const flood of floods) {
      const client = await LineClient.connect(port);
      client.socket.resume();
      client.send(`${flood}\r\nQUIT\r\n`);
      await client.rest();
    }
    while (server.connections > 0) await new Promise(setImmediate);
    sizes.push(
      await leastHeld(() => {
        const { heapUsed, arrayBuffers } = process.memoryUsage();
        return heapUsed + arrayBuffers;
      }),
    );
  }
  const [, second = 0] = sizes;
  assert.ok((sizes.at(-1) ?? Infinity) < second + 2 * 2 ** 20, `${sizes.join(', ')} octets after each round`);
});
