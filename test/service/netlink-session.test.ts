import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KernelError } from '../../src/base/errors.ts';
import { NetlinkError } from '../../src/engine/netlink-dialog/netlink-error.ts';
import type { KernelMessage } from '../../src/port/netlink-session.ts';
import { NETLINK } from '../../src/port/netlink.ts';
import { openNetlinkSession } from '../../src/service/netlink-session.ts';
import { FakeNetlink } from '../fake/fake-netlink.ts';

const GET = 18;
const NEW = 24;
const payload = Uint8Array.of(1, 2, 3, 4);

test('NetlinkSession.request() gives the replies of a dump', async () => {
  const kernel = new FakeNetlink(() => ({
    replies: [
      { type: 16, payload },
      { type: 16, payload },
    ],
  }));
  const session = openNetlinkSession(kernel, NETLINK.ROUTE);
  const replies = await session.request({ type: GET, flags: 0, payload }, { dump: true });
  assert.deepEqual(
    replies.map(({ type }) => type),
    [16, 16],
  );
});

test('NetlinkSession.request() hands a streamed dump out reply by reply, and says when it has to be asked again', async () => {
  const reply = { type: 16, payload };
  const kernel = new FakeNetlink(() => ({ replies: [reply, reply] }));
  const session = openNetlinkSession(kernel, NETLINK.ROUTE);
  const heard: (number | string)[] = [];
  const stream = {
    onReply: ({ type }: KernelMessage) => void heard.push(type),
    onRestart: () => void heard.push('again'),
  };
  kernel.fallSilent();
  const dump = session.request({ type: GET, flags: 0, payload }, { dump: true, stream });
  kernel.overrun();
  assert.deepEqual(await dump, []);
  assert.deepEqual(heard, ['again', 16, 16]);
});

test('NetlinkSession.transaction() sends all messages in one datagram', async () => {
  const kernel = new FakeNetlink();
  const session = openNetlinkSession(kernel, NETLINK.ROUTE);
  await session.transaction([
    { type: NEW, flags: 0, payload },
    { type: NEW, flags: 0, payload },
  ]);
  assert.equal(kernel.datagrams.length, 1);
  assert.equal(kernel.sent.length, 2);
});

test('NetlinkSession.transaction() rejects with purpose, index and the sentence of the kernel', async () => {
  const kernel = new FakeNetlink(({ flags }) =>
    (flags & 0x400) === 0 ? { replies: [] } : { errno: 101, text: 'Nexthop has invalid gateway' },
  );
  const session = openNetlinkSession(kernel, NETLINK.ROUTE);
  const refused = session.transaction([
    { type: NEW, flags: 0, payload },
    { type: NEW, flags: 0x400, payload, purpose: 'add the default route' },
  ]);
  await assert.rejects(refused, (error) => {
    assert.ok(error instanceof NetlinkError);
    assert.equal(error.index, 1);
    assert.equal(
      error.message,
      'Cannot add the default route (message 2 of 2): Nexthop has invalid gateway (ENETUNREACH)',
    );
    return true;
  });
});

test('NetlinkSession tells every listener of events until it is cancelled', async () => {
  const kernel = new FakeNetlink();
  const session = openNetlinkSession(kernel, NETLINK.ROUTE);
  session.join(1);
  const heard: KernelMessage[] = [];
  const listening = session.listen({ onMessage: (message) => heard.push(message), onResync: () => {} });
  kernel.multicast(1, { type: 16, payload });
  kernel.multicast(5, { type: 20, payload });
  await session.request({ type: GET, flags: 0, payload });
  listening.cancel();
  kernel.multicast(1, { type: 16, payload });
  await session.request({ type: GET, flags: 0, payload });
  assert.deepEqual(
    heard.map(({ type }) => type),
    [16],
  );
});

test('NetlinkSession starts over on a new socket after an overrun: what was asked fails, groups are joined, listeners resync', async () => {
  const kernel = new FakeNetlink();
  const session = openNetlinkSession(kernel, NETLINK.ROUTE);
  session.join(1);
  const heard: string[] = [];
  session.listen({ onMessage: () => heard.push('event'), onResync: () => heard.push('resync') });
  kernel.fallSilent();
  const change = session.transaction([{ type: NEW, flags: 0, payload }]);
  const dump = session.request({ type: GET, flags: 0, payload }, { dump: true });
  kernel.overrun();
  await assert.rejects(change, (error) => error instanceof KernelError && error.errno === 'ENOBUFS');
  assert.deepEqual(await dump, [], 'a dump is asked for again');
  kernel.multicast(1, { type: 16, payload });
  await session.request({ type: GET, flags: 0, payload });
  assert.deepEqual(heard, ['resync', 'event']);
  assert.equal(kernel.openSockets, 1);
});

test('NetlinkSession.join() leaves a session as it was when the kernel refuses, also for the socket after an overrun', async () => {
  const kernel = new FakeNetlink(() => ({ replies: [] }));
  const session = openNetlinkSession(kernel, NETLINK.ROUTE);
  kernel.refuseToJoin(3);
  assert.throws(() => session.join(3), KernelError);
  kernel.overrun();
  assert.deepEqual(await session.request({ type: GET, flags: 0, payload }), []);
});

test('NetlinkSession keeps no socket that could not join the groups of the one before', async () => {
  const kernel = new FakeNetlink(() => ({ replies: [] }));
  const session = openNetlinkSession(kernel, NETLINK.ROUTE);
  session.join(1);
  kernel.refuseToJoin(1);
  kernel.overrun();
  for (let attempt = 0; attempt < 3; attempt++)
    await assert.rejects(session.request({ type: GET, flags: 0, payload }), KernelError);
  assert.equal(kernel.openSockets, 0);
});

test('NetlinkSession treats bytes it does not understand like an overrun', async () => {
  const kernel = new FakeNetlink();
  const session = openNetlinkSession(kernel, NETLINK.ROUTE);
  let resyncs = 0;
  session.listen({ onMessage: () => {}, onResync: () => resyncs++ });
  kernel.garble();
  assert.equal(resyncs, 1);
  await session.request({ type: GET, flags: 0, payload });
});

test('NetlinkSession fails while no socket can be had, and works and resyncs when there is one again', async () => {
  const kernel = new FakeNetlink();
  const session = openNetlinkSession(kernel, NETLINK.ROUTE);
  let resyncs = 0;
  session.listen({ onMessage: () => {}, onResync: () => resyncs++ });
  kernel.refuseToOpen(true);
  kernel.overrun();
  await assert.rejects(session.request({ type: GET, flags: 0, payload }), /EMFILE/);
  assert.equal(resyncs, 0);
  kernel.refuseToOpen(false);
  await session.request({ type: GET, flags: 0, payload });
  assert.equal(resyncs, 1);
});

test('NetlinkSession.close() rejects what is under way and what comes later', async () => {
  const kernel = new FakeNetlink();
  kernel.fallSilent();
  const session = openNetlinkSession(kernel, NETLINK.ROUTE);
  const pending = session.request({ type: GET, flags: 0, payload });
  session.close();
  await assert.rejects(pending, /session was closed/);
  await assert.rejects(session.transaction([{ type: NEW, flags: 0, payload }]), /session was closed/);
  assert.equal(kernel.openSockets, 0);
});
