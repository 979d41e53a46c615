import assert from 'node:assert/strict';
import { scryptSync } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { Timestamp } from '../../src/base/instant.ts';
import type { MailListener, PostOptions } from '../../src/role/ipc.ts';
import { PostOffice } from '../../src/role/post-office.ts';
import { makeIdentity } from '../fake/make-identity.ts';
import { FakeClock } from '../fake/fake-clock.ts';
import { LineClient } from '../fake/line-client.ts';
import { MemoryLog } from '../fake/memory-log.ts';
import { MemoryMailStore } from '../fake/memory-mail-store.ts';

// The mail servers as the configuration moves them, on loopback.

const SERVICES = ['smtp', 'submission', 'submissions', 'pop3', 'pop3s'] as const;
const TLS = makeIdentity('mail.office.example', Timestamp(0));

/** Of the documented form at the least cost: only who may log in is under test. */
function passwordHash(password: string): string {
  const salt = Buffer.alloc(16, 7);
  const hash = scryptSync(password, salt, 32, { N: 16, r: 8, p: 1 });
  return `scrypt$16$8$1$${salt.toString('base64')}$${hash.toString('base64')}`;
}

function person(name: string, password: string): PostOptions['users'][number] {
  return { name, password: passwordHash(password), quota: null, keepDays: null };
}

async function listening(): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Listeners on ports that were free a moment ago. */
async function freeListeners(): Promise<MailListener[]> {
  const servers = await Promise.all(SERVICES.map(listening));
  const listeners = SERVICES.map((service, index) => {
    const server = servers[index];
    return { service, address: '127.0.0.1', port: server === undefined ? 0 : portOf(server) };
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return listeners;
}

function optionsWith(listeners: readonly MailListener[], changes: Partial<PostOptions> = {}): PostOptions {
  return {
    hostName: 'mail.office.example',
    domains: ['office.example'],
    users: [person('alice', 'secret')],
    aliases: {},
    maxMessage: 1_000_000,
    keepDays: null,
    relaysLan: true,
    routes: [],
    lan: '127.0.0.0/8',
    listeners,
    tls: TLS,
    ...changes,
  };
}

function openOffice(t: TestContext): { office: PostOffice; store: MemoryMailStore } {
  const [store, log] = [new MemoryMailStore(), new MemoryLog()];
  const office = new PostOffice({ store, clock: new FakeClock(), logFor: () => log });
  t.after(() => office.close());
  return { office, store };
}

const everybody = (): boolean => true;

function portFor(listeners: readonly MailListener[], service: string): number {
  return listeners.find((one) => one.service === service)?.port ?? 0;
}

async function greeted(port: number): Promise<LineClient> {
  const client = await LineClient.connect(port);
  await client.expect(/^220 mail\.office\.example .*\r\n/);
  await client.ask('EHLO pc.office.example', /^250 .*\r\n/m);
  await client.ask('MAIL FROM:<x@world.example>', /^250 .*\r\n/);
  return client;
}

async function logIn(port: number, user: string): Promise<string> {
  const client = await LineClient.connect(port, { tls: true });
  await client.expect(/^\+OK.*\r\n/);
  await client.ask(`USER ${user}`, /^\+OK.*\r\n/);
  const answer = await client.ask('PASS secret', /^(\+OK|-ERR).*\r\n/);
  await client.close();
  return answer.split(' ')[0]?.trim() ?? '';
}

test('PostOffice opens every listener and says where each answers', async (t) => {
  const { office } = openOffice(t);
  const listeners = await freeListeners();
  const { services, taken } = await office.configure(optionsWith(listeners), everybody);
  assert.equal(taken, undefined);
  assert.deepEqual(
    services,
    listeners.map(({ service, port }) => ({ name: service, ok: true, detail: `127.0.0.1 port ${port}` })),
  );
  for (const { service, port } of listeners) {
    const client = await LineClient.connect(port, { tls: service === 'submissions' || service === 'pop3s' });
    await client.expect(service.startsWith('pop3') ? /^\+OK/ : /^220 /);
    await client.close();
  }
});

test('PostOffice takes mail for its users and lets them fetch it', async (t) => {
  const { office, store } = openOffice(t);
  const listeners = await freeListeners();
  await office.configure(optionsWith(listeners), everybody);
  const sender = await greeted(portFor(listeners, 'smtp'));
  await sender.ask('RCPT TO:<alice@office.example>', /^250 .*\r\n/);
  await sender.ask('DATA', /^354 .*\r\n/);
  await sender.ask('Subject: x\r\n\r\nhello\r\n.', /^250 .*\r\n/);
  await sender.close();
  assert.deepEqual(store.deliveries[0]?.envelope, { sender: 'x@world.example', users: ['alice'] });
  assert.equal(await logIn(portFor(listeners, 'pop3s'), 'alice'), '+OK');
});

test('PostOffice takes mail for the name of its host as for its domains (RFC 5321 §2.3.5)', async (t) => {
  const { office, store } = openOffice(t);
  const listeners = await freeListeners();
  await office.configure(optionsWith(listeners, { hostName: 'Mail.office.example' }), everybody);
  const sender = await LineClient.connect(portFor(listeners, 'smtp'));
  await sender.ask('EHLO pc.office.example', /^250 .*\r\n/m);
  await sender.ask('MAIL FROM:<root@mail.office.example>', /^250 .*\r\n/);
  await sender.ask('RCPT TO:<alice@mail.office.example>', /^250 .*\r\n/);
  await sender.ask('RCPT TO:<nobody@mail.office.example>', /^550 5\.1\.1 .*\r\n/);
  await sender.ask('DATA', /^354 .*\r\n/);
  await sender.ask('Subject: x\r\n\r\nhello\r\n.', /^250 .*\r\n/);
  await sender.close();
  assert.deepEqual(store.deliveries[0]?.envelope.users, ['alice']);
});

test('PostOffice follows new people, aliases and certificates without breaking a session', async (t) => {
  const { office } = openOffice(t);
  const listeners = await freeListeners();
  await office.configure(optionsWith(listeners), everybody);
  const session = await greeted(portFor(listeners, 'smtp'));
  await session.ask('RCPT TO:<bob@office.example>', /^550 .*\r\n/);
  const users = ['alice', 'bob'].map((name) => person(name, 'secret'));
  const tls = makeIdentity('mx.office.example', Timestamp(0));
  const changed = optionsWith(listeners, { users, aliases: { info: ['bob'] }, tls });
  const { services } = await office.configure(changed, everybody);
  assert.ok(services.every(({ ok }) => ok));
  await session.ask('RCPT TO:<bob@office.example>', /^250 .*\r\n/);
  await session.ask('RCPT TO:<info@office.example>', /^250 .*\r\n/);
  await session.close();
  assert.equal(await logIn(portFor(listeners, 'pop3s'), 'bob'), '+OK');
  for (const service of ['submissions', 'pop3s']) {
    const client = await LineClient.connect(portFor(listeners, service), { tls: true });
    assert.equal((client.socket as TLSSocket).getPeerCertificate().subject.CN, 'mx.office.example');
    await client.close();
  }
});

test('PostOffice leaves sessions of POP3 alone when only the servers of SMTP have to be new', async (t) => {
  const { office } = openOffice(t);
  const listeners = await freeListeners();
  await office.configure(optionsWith(listeners), everybody);
  const reader = await LineClient.connect(portFor(listeners, 'pop3s'), { tls: true });
  await reader.expect(/^\+OK.*\r\n/);
  await reader.ask('USER alice', /^\+OK.*\r\n/);
  await reader.ask('PASS secret', /^\+OK.*\r\n/);
  await office.configure(optionsWith(listeners, { maxMessage: 70_000 }), everybody);
  await reader.ask('NOOP', /^\+OK.*\r\n/);
  await reader.close();
  const sender = await LineClient.connect(portFor(listeners, 'smtp'));
  await sender.expect(/^220 .*\r\n/);
  assert.match(await sender.ask('EHLO pc.office.example', /^250 .*\r\n/m), /SIZE 70000/);
  await sender.close();
});

test('PostOffice lets nobody in who is no longer there', async (t) => {
  const { office } = openOffice(t);
  const listeners = await freeListeners();
  await office.configure(optionsWith(listeners), everybody);
  await office.configure(optionsWith(listeners, { users: [] }), everybody);
  const client = await greeted(portFor(listeners, 'smtp'));
  await client.ask('RCPT TO:<alice@office.example>', /^550 .*\r\n/);
  await client.close();
});

test('PostOffice moves to other listeners and lets go of the ports it had', async (t) => {
  const { office } = openOffice(t);
  const [before, then] = [await freeListeners(), await freeListeners()];
  await office.configure(optionsWith(before), everybody);
  await office.configure(optionsWith(then), everybody);
  const client = await greeted(portFor(then, 'smtp'));
  await client.close();
  for (const { port } of before)
    await assert.rejects(LineClient.connect(port), (error) => String(error).includes('ECONNREFUSED'));
  assert.deepEqual(await office.configure(optionsWith([]), everybody), { services: [], taken: undefined });
  await assert.rejects(LineClient.connect(portFor(then, 'pop3')));
});

test('PostOffice keeps a certificate when the next one is broken, and says so', async (t) => {
  const { office } = openOffice(t);
  const listeners = await freeListeners();
  await office.configure(optionsWith(listeners), everybody);
  const tls = { key: TLS.key, cert: '-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n' };
  const { services } = await office.configure(optionsWith(listeners, { tls }), everybody);
  for (const { ok, detail } of services) {
    assert.equal(ok, false);
    assert.match(detail, /^Cannot use the new certificate, the one before is still in use: /);
  }
  const client = await LineClient.connect(portFor(listeners, 'submissions'), { tls: true });
  assert.ok((client.socket as TLSSocket).getPeerCertificate().subject.CN === 'mail.office.example');
  await client.close();
  const again = await office.configure(optionsWith(listeners), everybody);
  assert.ok(again.services.every(({ ok }) => ok));
});

test('PostOffice lets only those connect whom the rules of a listener let in', async (t) => {
  const { office } = openOffice(t);
  const rules = { smtp: { deny: ['127.0.0.0/8'] }, submission: { allow: ['192.0.2.0/24'] } };
  const listeners = (await freeListeners()).map((one) => ({
    ...one,
    ...rules[one.service as keyof typeof rules],
  }));
  await office.configure(optionsWith(listeners), everybody);
  for (const service of ['smtp', 'submission']) {
    const client = await LineClient.connect(portFor(listeners, service));
    assert.equal(await client.rest(), '554 5.7.1 This service is not for your address\r\n');
  }
  const client = await LineClient.connect(portFor(listeners, 'submissions'), { tls: true });
  await client.expect(/^220 /);
  await client.close();
});

test('PostOffice lets only those fetch mail whom the rules of a listener let in', async (t) => {
  const { office } = openOffice(t);
  const listeners = (await freeListeners()).map((one) =>
    one.service === 'pop3' ? { ...one, deny: ['127.0.0.0/8'] } : one,
  );
  await office.configure(optionsWith(listeners), everybody);
  const client = await LineClient.connect(portFor(listeners, 'pop3'));
  assert.match(await client.rest(), /^-ERR /);
});

test('PostOffice names a port that another program has, serves the others, and tries again', async (t) => {
  const { office } = openOffice(t);
  const other = await listening();
  t.after(() => other.close());
  const listeners = (await freeListeners()).map((one) =>
    one.service === 'smtp' ? { ...one, port: portOf(other) } : one,
  );
  // The patience with a port that is taken is over at once.
  const hasty = ((action: () => void) => setImmediate(action)) as unknown as typeof setTimeout;
  const timers = t.mock.method(globalThis, 'setTimeout', hasty);
  const { services, taken } = await office.configure(optionsWith(listeners), everybody);
  timers.mock.restore();
  const problem = `Cannot listen for mail on 127.0.0.1 port ${portOf(other)}`;
  assert.ok(taken?.startsWith(problem));
  const states = services.map(({ name, ok, detail }) => [name, ok, detail.startsWith(problem)]);
  assert.deepEqual(states, [
    ['smtp', false, true],
    ['submission', false, true],
    ['submissions', false, true],
    ['pop3', true, false],
    ['pop3s', true, false],
  ]);
  await new Promise((resolve) => other.close(resolve));
  const again = await office.configure(optionsWith(listeners), everybody);
  assert.ok(again.services.every(({ ok }) => ok));
});
