import assert from 'node:assert/strict';
import { once } from 'node:events';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import type { Pop3Event, Pop3ServerOptions, Pop3User } from '../../../src/io/pop3-server-bare/options.ts';
import { Pop3Server } from '../../../src/io/pop3-server-bare/server.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import { makeIdentity } from '../../fake/make-identity.ts';
import { LineClient } from '../../fake/line-client.ts';
import { leastHeld } from './least-held.ts';
import { TWO_MESSAGES, TextMaildrop } from './scripted-session.ts';

const identity = makeIdentity('mail.office.example', Timestamp(0));
const LOGIN = 'USER alice\r\nPASS secret\r\n';

interface Running {
  readonly server: Pop3Server<Pop3User>;
  readonly port: number;
  readonly maildrop: TextMaildrop;
  readonly events: Pop3Event[];
}

type Settings = Partial<Pop3ServerOptions<Pop3User>> & { readonly secure?: boolean };

async function start(t: TestContext, { secure = false, ...options }: Settings = {}): Promise<Running> {
  const maildrop = new TextMaildrop(TWO_MESSAGES);
  const events: Pop3Event[] = [];
  const server = new Pop3Server({
    ...identity,
    onAuth: async ({ username, password }) => (password === 'secret' ? { name: username } : undefined),
    onOpen: async () => maildrop,
    onEvent: (event) => events.push(event),
    ...options,
    limits: { failedLoginDelay: 0, inUseWait: 0, closeTime: 200, ...options.limits },
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0, secure });
  t.after(() => server.close());
  return { server, port, maildrop, events };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

test('Pop3Server serves pipelined commands after STLS', async (t) => {
  const { port, maildrop } = await start(t);
  const client = await LineClient.connect(port);
  await client.expect(/^\+OK .*\r\n/);
  await client.ask('STLS', /\+OK Begin TLS negotiation\r\n/);
  await client.startTls();
  client.send(`${LOGIN}DELE 1\r\nRETR 2\r\nQUIT\r\n`);
  const answered = await client.rest();
  assert.match(answered, /\r\nlast\r\n\.\r\n\+OK Bye\r\n$/);
  assert.deepEqual([maildrop.removed, maildrop.closes], [['uid-1'], 1]);
});

test('Pop3Server serves TLS from the first octet', async (t) => {
  const { port, events } = await start(t, { secure: true });
  const client = await LineClient.connect(port, { tls: true });
  client.send(`${LOGIN}QUIT\r\n`);
  assert.match(await client.rest(), /Maildrop has 2 messages/);
  await until(() => events.at(-1)?.kind === 'close');
  assert.deepEqual(
    events.map((event) => event.kind),
    ['connect', 'secure', 'login', 'quit', 'close'],
  );
});

test('Pop3Server never obeys plaintext put behind STLS, in the same or in a later segment (RFC 2595 §4)', async (t) => {
  const { port, events } = await start(t);
  for (const wait of [false, true]) {
    const client = await LineClient.connect(port);
    await client.expect(/^\+OK .*\r\n/);
    client.send(wait ? 'STLS\r\n' : `STLS\r\n${LOGIN}`);
    await client.expect(/\+OK Begin TLS negotiation\r\n/);
    if (wait) {
      client.send(LOGIN);
      assert.doesNotMatch(await client.rest(), /\+OK|-ERR/);
    } else {
      await client.startTls();
      await client.ask('STAT', /-ERR Cannot obey STAT here: there is no such command before the login\r\n/);
      await client.close();
    }
  }
  assert.ok(events.every((event) => event.kind !== 'login'));
});

test('Pop3Server gives a maildrop to one session at a time, and to the next as soon as QUIT is answered', async (t) => {
  const { port } = await start(t, { secure: true });
  const first = await LineClient.connect(port, { tls: true });
  await first.ask(LOGIN.trimEnd(), /Maildrop has 2 messages.*\r\n/);
  const second = await LineClient.connect(port, { tls: true });
  await second.ask(LOGIN.trimEnd(), /-ERR \[IN-USE\] .*\r\n/);
  await first.ask('QUIT', /\+OK Bye/);
  await second.ask(LOGIN.trimEnd(), /Maildrop has 2 messages.*\r\n/);
  await second.close();
});

test('Pop3Server deletes nothing when a client is reset, and survives it', async (t) => {
  const { port, maildrop, server } = await start(t, { secure: true });
  const client = await LineClient.connect(port, { tls: true });
  await client.ask(`${LOGIN}DELE 1`, /will be deleted\r\n/);
  client.reset();
  await until(() => maildrop.closes === 1 && server.connections === 0);
  assert.equal(maildrop.updates, 0);
  const next = await LineClient.connect(port, { tls: true });
  await next.ask(LOGIN.trimEnd(), /Maildrop has 2 messages/);
  await next.close();
});

test('Pop3Server waits for a client that does not read instead of filling its memory, and then drops it', async (t) => {
  const big = new TextMaildrop(['Subject: big\r\n\r\n'.padEnd(32 * 1024 * 1024, 'y')]);
  let reads = 0;
  const read = big.read.bind(big);
  big.read = (message) => {
    reads++;
    return read(message);
  };
  const { port, server } = await start(t, {
    allowInsecureAuth: true,
    onOpen: async () => big,
    limits: { idleTime: 100 },
  });
  const client = await LineClient.connect(port);
  client.socket.pause();
  client.send(`${LOGIN}${'RETR 1\r\n'.repeat(4)}`);
  await until(() => server.connections === 0);
  assert.deepEqual([reads, big.closes], [1, 1]);
  client.socket.destroy();
});

test('Pop3Server holds a bounded part of large messages for readers that are slow, however many there are', async (t) => {
  const size = 8 * 1024 * 1024;
  let given = 0;
  const maildrop = new TextMaildrop([]);
  Object.assign(maildrop, { messages: [{ uid: 'a', size }] });
  maildrop.read = async () =>
    (async function* () {
      for (let at = 0; at < size; at += 65_536) {
        given += 65_536;
        yield Buffer.alloc(65_536, 'y');
      }
    })();
  const { port, server } = await start(t, {
    allowInsecureAuth: true,
    exclusive: false,
    onOpen: async () => maildrop,
  });
  const clients = await Promise.all(Array.from({ length: 8 }, () => LineClient.connect(port)));
  for (const client of clients) {
    client.socket.pause();
    client.send(`${LOGIN}${'RETR 1\r\n'.repeat(100)}`);
  }
  // What the kernel takes for a reader that does not read is its affair; it stops at some time, and so do we.
  let before = -1;
  while (given !== before) {
    before = given;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.ok(given <= clients.length * size, `${given} octets were asked for`);
  const held = await leastHeld(() => process.memoryUsage().arrayBuffers);
  assert.ok(held < 8 * 1024 * 1024, `${held} octets are in memory`);
  for (const client of clients) client.socket.destroy();
  await until(() => server.connections === 0);
});

test('Pop3Server reads no message whole beyond what all sessions may hold, and goes on when a reader is gone', async (t) => {
  const big = new TextMaildrop([''.padEnd(16 * 1024 * 1024, 'y'), 'small']);
  let reads = 0;
  const read = big.read.bind(big);
  big.read = (message) => {
    reads++;
    return read(message);
  };
  const { port } = await start(t, {
    allowInsecureAuth: true,
    exclusive: false,
    onOpen: async () => big,
    limits: { heldOctets: 1024 },
  });
  const slow = await LineClient.connect(port);
  slow.socket.pause();
  slow.send(`${LOGIN}RETR 1\r\n`);
  await until(() => reads === 1);
  const other = await LineClient.connect(port);
  await other.ask(`${LOGIN}STAT\r\nRETR 2`, /\+OK 2 16777221\r\n/);
  slow.socket.destroy();
  await other.expect(/small\r\n\.\r\n/);
  assert.equal(reads, 2);
  await other.close();
});

test('Pop3Server stops taking commands in while one is under way and more are waiting than it may hold', async (t) => {
  const gate = Promise.withResolvers<undefined>();
  const { port, server } = await start(t, {
    allowInsecureAuth: true,
    onAuth: () => gate.promise,
    limits: { badCommands: Infinity },
  });
  const client = await LineClient.connect(port);
  client.send(LOGIN);
  // More than both ends of a connection take in: a server that read on would take all of it.
  const flood = Buffer.from('NOOP\r\n'.repeat(2_000_000));
  let isTaken = false;
  client.socket.write(flood, () => (isTaken = true));
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(!isTaken);
  gate.resolve(undefined);
  client.socket.destroy();
  await until(() => server.connections === 0);
});

test('Pop3Server has one lock and one count of connections over all its ports', async (t) => {
  const { server, port } = await start(t, { limits: { connectionsPerAddress: 2 } });
  const secure = await server.listen({ host: '127.0.0.1', port: 0, secure: true });
  const one = await LineClient.connect(port);
  await one.ask('STLS', /\+OK Begin.*\r\n/);
  await one.startTls();
  await one.ask(LOGIN.trimEnd(), /Maildrop has 2 messages.*\r\n/);
  const two = await LineClient.connect(secure.port, { tls: true });
  await two.ask(LOGIN.trimEnd(), /-ERR \[IN-USE\] .*\r\n/);
  const three = await LineClient.connect(port);
  assert.match(await three.rest(), /^-ERR \[SYS\/TEMP\] Too many connections from your address/);
  await one.close();
  await two.close();
});

test('Pop3Server closes a connection from an address that a port is not open to', async (t) => {
  const { server, events } = await start(t);
  for (const secure of [false, true]) {
    const mayConnect = (address: string): boolean => address !== '127.0.0.1';
    const { port } = await server.listen({ host: '127.0.0.1', port: 0, secure, mayConnect });
    const client = await LineClient.connect(port);
    assert.equal(await client.rest(), secure ? '' : '-ERR [SYS/PERM] Not open to your address\r\n');
  }
  assert.deepEqual(
    events.map((event) => event.kind),
    ['refused', 'refused'],
  );
});

test('Pop3Server does not wait for the delay of a failed login when the client is gone', async (t) => {
  const { port, server } = await start(t, {
    allowInsecureAuth: true,
    limits: { failedLoginDelay: 3_600_000, longestLoginDelay: 3_600_000 },
    onEvent: (event) => {
      if (event.kind === 'login-failed') client.reset();
    },
  });
  const client = await LineClient.connect(port);
  client.send('USER alice\r\nPASS wrong\r\n');
  await client.rest();
  await until(() => server.connections === 0);
  await server.close();
});

test('Pop3Server sends a large message whole to a client that reads', async (t) => {
  const text = `Subject: big\r\n\r\n${'.dot line\r\n'.repeat(300_000)}`;
  const { port } = await start(t, { allowInsecureAuth: true, onOpen: async () => new TextMaildrop([text]) });
  const client = await LineClient.connect(port);
  client.send(`${LOGIN}RETR 1\r\nQUIT\r\n`);
  const answered = await client.rest();
  const body = answered.slice(answered.indexOf('Subject'), answered.lastIndexOf('.\r\n+OK Bye'));
  assert.equal(body.replaceAll('\r\n.', '\r\n'), text);
});

test('Pop3Server refuses connections beyond its caps with a sentence', async (t) => {
  const { port } = await start(t, { limits: { connectionsPerAddress: 2 } });
  const kept = [await LineClient.connect(port), await LineClient.connect(port)];
  const third = await LineClient.connect(port);
  assert.equal(
    await third.rest(),
    '-ERR [SYS/TEMP] Too many connections from your address, try again later\r\n',
  );
  await Promise.all(kept.map((client) => client.close()));
  const all = await start(t, { limits: { connections: 1 } });
  const one = await LineClient.connect(all.port);
  const two = await LineClient.connect(all.port);
  assert.equal(await two.rest(), '-ERR [SYS/TEMP] Too many connections, try again later\r\n');
  await one.close();
});

test('Pop3Server closes without a word on a client that does not log in', async (t) => {
  const { port } = await start(t, { limits: { loginTime: 50 } });
  const client = await LineClient.connect(port);
  assert.match(await client.rest(), /^\+OK [^\r]*\r\n$/);
});

test('Pop3Server closes without a word on a client that says nothing whole any more (RFC 1939 §3)', async (t) => {
  const { port, maildrop } = await start(t, { allowInsecureAuth: true, limits: { idleTime: 100 } });
  const client = await LineClient.connect(port);
  client.send(`${LOGIN}DELE 1\r\n`);
  // Single octets without a line end do not keep a session alive.
  const drip = setInterval(() => client.send('N'), 10);
  assert.match(await client.rest(), /will be deleted\r\n$/);
  clearInterval(drip);
  assert.equal(maildrop.updates, 0);
});

test('Pop3Server shows an IPv4 client in its own form on a socket of both families', async (t) => {
  const { events, server } = await start(t);
  const mapped = new Pop3Server({
    onAuth: async () => undefined,
    onOpen: async () => undefined,
    onEvent: (event) => events.push(event),
  });
  const { port } = await mapped.listen({ host: '::ffff:127.0.0.1', port: 0 });
  t.after(() => mapped.close());
  const client = await LineClient.connect(port);
  await client.expect(/^\+OK .*\r\n/);
  assert.deepEqual(
    events.map((event) => [event.session.remoteAddress, event.session.localAddress]),
    [['127.0.0.1', '127.0.0.1']],
  );
  await client.close();
  assert.equal(server.connections, 0);
});

test('Pop3Server closes a TLS connection that never shakes hands', async (t) => {
  const { port, server } = await start(t, { secure: true, limits: { loginTime: 50 } });
  const client = await LineClient.connect(port);
  assert.equal(await client.rest(), '');
  await until(() => server.connections === 0);
});

test('Pop3Server survives garbage in place of a TLS handshake', async (t) => {
  const { port, server, events } = await start(t, { secure: true });
  const client = await LineClient.connect(port);
  client.send('GET / HTTP/1.1\r\n\r\n');
  await client.rest();
  await until(() => server.connections === 0);
  assert.deepEqual(
    events.map((event) => event.kind),
    ['connect', 'broken', 'close'],
  );
});

test('Pop3Server close() lets a QUIT under way finish and ends idle sessions', async (t) => {
  const { port, server, maildrop } = await start(t, { secure: true, limits: { closeTime: 5000 } });
  const gate = Promise.withResolvers<void>();
  const removing = Promise.withResolvers<void>();
  const update = maildrop.update.bind(maildrop);
  maildrop.update = async (outcome) => {
    removing.resolve();
    await gate.promise;
    await update(outcome);
  };
  const idle = await LineClient.connect(port, { tls: true });
  await idle.expect(/^\+OK/);
  const client = await LineClient.connect(port, { tls: true });
  client.send(`${LOGIN}DELE 1\r\nQUIT\r\n`);
  await removing.promise;
  const closed = server.close();
  await idle.rest();
  gate.resolve();
  await closed;
  assert.match(await client.rest(), /\+OK Bye\r\n$/);
  assert.deepEqual(maildrop.removed, ['uid-1']);
});

test('Pop3Server listen() rejects for a port that is taken', async (t) => {
  const { port } = await start(t);
  const second = new Pop3Server({ onAuth: async () => undefined, onOpen: async () => undefined });
  await assert.rejects(second.listen({ host: '127.0.0.1', port }), { code: 'EADDRINUSE' });
});

test('Pop3Server shows a new certificate to new connections', async (t) => {
  const { port, server } = await start(t, { secure: true });
  const renewed = makeIdentity('new.office.example', Timestamp(0));
  server.updateCertificate(renewed.key, renewed.cert);
  const client = await LineClient.connect(port, { tls: true });
  assert.ok(client.socket instanceof TLSSocket);
  const certificate = client.socket.getPeerCertificate();
  assert.equal(certificate.subject.CN, 'new.office.example');
  client.socket.destroy();
  await once(client.socket, 'close');
});
