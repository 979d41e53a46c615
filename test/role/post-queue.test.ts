import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Milliseconds, Seconds } from '../../src/base/duration.ts';
import { parseIpv4 } from '../../src/base/ipv4.ts';
import type { PostOptions } from '../../src/role/ipc.ts';
import { mailDirectoryOf } from '../../src/role/mail-directory-of.ts';
import { PostQueue } from '../../src/role/post-queue.ts';
import { MailRouting } from '../../src/engine/mail-routing/mail-routing.ts';
import { openMailStore } from '../../src/service/mail-store/mail-store.ts';
import { latin1 } from '../../src/base/text.ts';
import { FakeClock } from '../fake/fake-clock.ts';
import { FakeNetwork } from '../fake/fake-network.ts';
import { FakeRandom } from '../fake/fake-random.ts';
import { FakeSmtpClient } from '../fake/fake-smtp-client.ts';
import { MemoryFiles } from '../fake/memory-files.ts';
import { MemoryLog } from '../fake/memory-log.ts';

const OPTIONS: PostOptions = {
  hostName: 'mail.office.example',
  domains: ['office.example'],
  users: [{ name: 'alice', password: '', quota: null, keepDays: null }],
  aliases: { away: ['far@elsewhere.example'] },
  maxMessage: 1_000_000,
  keepDays: null,
  relaysLan: true,
  routes: [
    {
      from: [],
      to: [],
      via: [{ host: '192.0.2.1', port: 25, security: 'none', verify: false, login: undefined }],
    },
  ],
  lan: '192.168.77.1/24',
  listeners: [],
  tls: { key: '', cert: '' },
};

async function start(t: TestContext, files = new MemoryFiles(), options = OPTIONS) {
  const [clock, log, client] = [new FakeClock(), new MemoryLog(), new FakeSmtpClient()];
  client.peers.set('192.0.2.1', {});
  const random = new FakeRandom(1);
  const store = await openMailStore({ files, clock, random, log, limits: { deliveryFloor: 0 } });
  const { udp, tcp } = new FakeNetwork(clock).host(parseIpv4('192.168.77.1'));
  const https = { get: () => Promise.reject(new Error('no page is wanted')) };
  const ports = {
    store,
    queue: store.queue,
    files,
    udp,
    tcp,
    https,
    clock,
    random,
    log,
    client,
    onChange: () => {},
  };
  const queue = await PostQueue.start(ports, options, true);
  t.after(async () => {
    const closing = queue.close();
    await clock.advance(Seconds(10));
    await closing;
  });
  const send = async (sender: string): Promise<void> => {
    const message = latin1('Subject: x\r\n\r\nhello\r\n');
    await store.deliver({ sender, users: [], remote: [{ address: 'far@elsewhere.example' }] }, message);
    queue.wake();
    for (let turn = 0; turn < 10; turn++) await clock.advance(Milliseconds(100));
  };
  return { queue, client, files, send };
}

test('PostQueue lets people relay after login, and the LAN if the owner wants it', async (t) => {
  const { queue } = await start(t);
  const lan = { address: '192.168.77.9', isLan: true, user: undefined };
  const stranger = { address: '198.51.100.2', isLan: false, user: undefined };
  assert.deepEqual(
    [lan, stranger, { ...stranger, user: 'alice' }].map((one) => queue.outgoing.mayRelay(one)),
    [true, false, true],
  );
  queue.configure({ ...OPTIONS, relaysLan: false });
  assert.deepEqual(
    [lan, { ...lan, user: 'alice' }].map((one) => queue.outgoing.mayRelay(one)),
    [false, true],
  );
});

test('PostQueue sends mail of the office as it is and that of others under an address whose bounces find back, also after a restart', async (t) => {
  const { queue, client, files, send } = await start(t);
  for (const sender of ['alice@office.example', '', 'ann@elsewhere.example']) await send(sender);
  const [own, none, foreign = ''] = client.received.map(({ sender }) => sender);
  assert.deepEqual([own, none], ['alice@office.example', '']);
  assert.match(foreign, /^SRS0=.*@office\.example$/);
  const later = await start(t, files);
  for (const one of [queue, later.queue]) {
    const routing = new MailRouting(mailDirectoryOf(OPTIONS, (local) => one.senderBehind(local)));
    assert.deepEqual(routing.resolve(foreign), {
      kind: 'here',
      users: [],
      outside: ['ann@elsewhere.example'],
    });
    assert.deepEqual(routing.resolve(foreign.replace('=ann@', '=bob@')), { kind: 'unknown' });
  }
});

test('PostQueue tells how much waits, what of it is held, and since when', async (t) => {
  const { queue, client, send } = await start(t);
  assert.deepEqual(queue.waiting(), { messages: 0, held: 0, oldest: null });
  client.peers.clear();
  await send('alice@office.example');
  await send('bob@office.example');
  const view = await queue.answer({ what: 'view' });
  const [first] = view.what === 'view' ? view.view.entries : [];
  assert.deepEqual(await queue.answer({ what: 'hold', id: first?.id ?? 0 }), { what: 'done' });
  assert.deepEqual(queue.waiting(), { messages: 2, held: 1, oldest: first?.accepted });
});

test('PostQueue answers the owner, and says in one sentence why not', async (t) => {
  const { queue } = await start(t);
  const view = await queue.answer({ what: 'view' });
  assert.ok(view.what === 'view' && view.view.total === 0 && view.view.isOnline);
  assert.deepEqual(await queue.answer({ what: 'hold', id: 7 }), {
    what: 'refused',
    sentence: 'Cannot find message 7 in the queue: "gatepost mail queue" lists what is there',
  });
  assert.deepEqual(await queue.answer({ what: 'history', id: 7 }), { what: 'history', events: [] });
});
