import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seconds } from '../../../src/base/duration.ts';
import { formatIpv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { toHex } from '../../../src/base/hex.ts';
import { macBytes, parseMac } from '../../../src/base/mac.ts';
import type { Binding } from '../../../src/engine/dhcp4-client/binding.ts';
import { ADDRESS, bound, Driver, MAC, reply, SERVER, TYPE } from './driver.ts';

const OTHER = parseIpv4('203.0.113.77');
const NOBODY = parseIpv4('0.0.0.0');
const NONE = new Uint8Array(0);

function started(saved?: Binding, adopt = false): Driver {
  const driver = new Driver();
  driver.fire({ kind: 'start', linkUp: true, saved, adopt });
  return driver;
}

function savedBinding(): Binding {
  const { remembered } = bound().state;
  assert.ok(remembered);
  return remembered;
}

test('stepClient() begins with DISCOVER as in RFC 2131 table 5', () => {
  const { lastSent } = started();
  assert.deepEqual([lastSent.type, lastSent.to, lastSent.source], ['DISCOVER', 'all', '0.0.0.0']);
  const { message } = lastSent;
  assert.deepEqual([message.op, message.htype, message.secs, message.broadcast], [1, 1, 0, false]);
  assert.deepEqual([message.ciaddr, message.giaddr], [NOBODY, NOBODY]);
  assert.deepEqual(message.chaddr, macBytes(MAC));
  assert.equal(toHex(message.options.clientId ?? NONE), 'ff0000000100030001020000000051');
  assert.equal(message.options.hostName, 'gatepost');
  assert.equal(message.options.serverId, undefined);
  assert.equal(message.options.requestedAddress, undefined);
  const wanted = [1, 3, 6, 12, 15, 28, 42, 51, 54, 58, 59, 119, 121];
  const list = message.options.parameterRequestList ?? [];
  assert.deepEqual(
    list.toSorted((a, b) => a - b),
    wanted,
  );
  assert.ok(list.indexOf(121) < list.indexOf(3), 'RFC 3442: classless routes before the router option');
});

test('stepClient() repeats DISCOVER after 4, 8, 16, 32, then every 64 seconds (RFC 2131 §4.1)', () => {
  const driver = started();
  driver.pass(Seconds(200));
  assert.deepEqual(
    driver.sent.map(({ at }) => at / 1000),
    [0, 4, 12, 28, 60, 124, 188],
  );
  assert.deepEqual(
    driver.sent.map(({ message }) => message.secs),
    [0, 4, 12, 28, 60, 124, 188],
  );
});

test('stepClient() requests what was offered: same transaction and secs, address and server named (RFC 2131 §4.3.2)', () => {
  const driver = started();
  driver.pass(Seconds(5));
  const { xid } = driver.lastSent.message;
  driver.pass(Seconds(2));
  driver.answer(TYPE.OFFER, ADDRESS);
  const { type, to, source, message } = driver.lastSent;
  assert.deepEqual([type, to, source], ['REQUEST', 'all', '0.0.0.0']);
  assert.deepEqual([message.xid, message.secs, message.ciaddr], [xid, 4, NOBODY]);
  assert.deepEqual([message.options.requestedAddress, message.options.serverId], [ADDRESS, SERVER]);
});

test('stepClient() stores and configures an acknowledged lease when its address has been checked', () => {
  const driver = started();
  driver.answer(TYPE.OFFER, ADDRESS);
  assert.deepEqual(driver.done, []);
  driver.answer(TYPE.ACK, ADDRESS);
  assert.deepEqual([driver.done, driver.state.phase.kind], [[], 'checking']);
  driver.pass(Seconds(1));
  assert.deepEqual(driver.done, ['0.75 saveLease', '0.75 discovered 203.0.113.50/24']);
  assert.equal(driver.state.phase.kind, 'bound');
});

test('stepClient() gives an offer up after four unanswered requests and discovers anew (RFC 2131 §3.1)', () => {
  const driver = started();
  driver.answer(TYPE.OFFER, ADDRESS);
  driver.pass(Seconds(61));
  assert.deepEqual(driver.schedule, [
    'DISCOVER 0',
    'REQUEST 0',
    'REQUEST 4',
    'REQUEST 12',
    'REQUEST 28',
    'DISCOVER 60',
  ]);
});

test('stepClient() renews at T1 from the server that granted, and stores nothing (RFC 2131 §4.4.5)', () => {
  const driver = bound();
  driver.passTo(500);
  const { at, type, to, source, message } = driver.lastSent;
  assert.deepEqual([at, type, to, source], [500_000, 'REQUEST', '203.0.113.1', '203.0.113.50']);
  assert.deepEqual(
    [message.ciaddr, message.options.requestedAddress, message.options.serverId],
    [ADDRESS, undefined, undefined],
  );
  driver.answer(TYPE.ACK, ADDRESS);
  assert.deepEqual(driver.done, ['500 renewed 203.0.113.50/24']);
  driver.pass(Seconds(500));
  assert.deepEqual(driver.schedule, ['REQUEST 500', 'REQUEST 1000']);
});

test('stepClient() without answers renews at half the remaining time, rebinds from T2, ends at expiry (RFC 2131 §4.4.5)', () => {
  const driver = bound();
  driver.passTo(1001);
  assert.deepEqual(
    driver.sent.map(({ type, at, to }) => `${type} ${at / 1000} ${to}`),
    [
      'REQUEST 500 203.0.113.1',
      'REQUEST 687.5 203.0.113.1',
      'REQUEST 781.25 203.0.113.1',
      'REQUEST 841.25 203.0.113.1',
      'REQUEST 875 all',
      'REQUEST 937.5 all',
      'REQUEST 997.5 all',
      'DISCOVER 1000 all',
    ],
  );
  assert.deepEqual(driver.done, ['1000 report', '1000 unconfigure expired']);
  assert.equal(driver.sent[4]?.source, '203.0.113.50');
  assert.equal(driver.lastSent.message.options.requestedAddress, ADDRESS, 'suggests the address it had');
});

test('stepClient() counts a renewed lease from the request that was answered', () => {
  const driver = bound();
  driver.passTo(500);
  const first = driver.lastSent.message.xid;
  driver.pass(Seconds(200));
  driver.receive(reply(first, TYPE.ACK, { yiaddr: ADDRESS }));
  assert.deepEqual(driver.done, [], 'the answer to the earlier request comes too late');
  driver.answer(TYPE.ACK, ADDRESS);
  assert.equal(driver.state.phase.lease?.expiresAt, 687_500 + 1_000_000);
});

test('stepClient() takes T1 and T2 from the server, but not if they make no sense', () => {
  const sensible = bound({ renewalTime: Seconds(100), rebindingTime: Seconds(200) });
  const { lease } = sensible.state.phase;
  assert.deepEqual([lease?.renewAt, lease?.rebindAt, lease?.expiresAt], [100_000, 200_000, 1_000_000]);
  for (const [t1, t2] of [
    [0, 800],
    [600, 500],
    [100, 2000],
  ] as const) {
    const phase = bound({ renewalTime: Seconds(t1), rebindingTime: Seconds(t2) }).state.phase;
    assert.deepEqual([phase.lease?.renewAt, phase.lease?.rebindAt], [500_000, 875_000]);
  }
});

test('stepClient() gives a refused address up at once, forgets it and discovers anew (RFC 2131 §4.4.5)', () => {
  const driver = bound();
  driver.passTo(500);
  driver.answer(TYPE.NAK, NOBODY, { message: 'wrong network' });
  assert.deepEqual(driver.done, ['500 report', '500 unconfigure refused', '500 forgetLease']);
  assert.equal(driver.lastSent.type, 'DISCOVER');
  assert.equal(driver.lastSent.message.options.requestedAddress, undefined);
});

test('stepClient() waits longer and longer for a server that refuses what it offers', () => {
  const driver = started();
  for (let i = 0; i < 400; i++) {
    if (driver.lastSent.type === 'DISCOVER') driver.answer(TYPE.OFFER, ADDRESS);
    driver.answer(TYPE.NAK, NOBODY);
    driver.pass(Seconds(1));
  }
  const rounds = driver.sent.filter(({ type }) => type === 'DISCOVER').map(({ at }) => at / 1000);
  assert.deepEqual(rounds, [0, 0, 4, 12, 28, 60, 124, 188, 252, 316, 380]);
});

test('stepClient() takes another address on renewal: configured in place of the first, and stored', () => {
  const driver = bound();
  driver.passTo(500);
  driver.answer(TYPE.ACK, OTHER);
  assert.equal(driver.configured, '203.0.113.50/24', 'in use until the other one has been checked');
  driver.pass(Seconds(1));
  assert.deepEqual(driver.done, ['500.75 report', '500.75 saveLease', '500.75 renewed 203.0.113.77/24']);
});

test('stepClient() requests the saved address after a reboot without discovering (RFC 2131 §3.2)', () => {
  const driver = started(savedBinding());
  const { type, to, message } = driver.lastSent;
  assert.deepEqual([type, to], ['REQUEST', 'all']);
  assert.deepEqual(
    [message.ciaddr, message.options.requestedAddress, message.options.serverId],
    [NOBODY, ADDRESS, undefined],
  );
  assert.equal(driver.configured, undefined, 'nothing is configured before a server has agreed');
  driver.answer(TYPE.ACK, ADDRESS);
  driver.pass(Seconds(1));
  assert.deepEqual(driver.done, ['0.75 rebooted 203.0.113.50/24']);
});

test('stepClient() stores a binding of which anything but the times has changed', () => {
  const driver = started(savedBinding());
  driver.answer(TYPE.ACK, ADDRESS, { leaseTime: Seconds(50), dnsServers: [SERVER] });
  driver.pass(Seconds(1));
  assert.deepEqual(driver.done, ['0.75 saveLease', '0.75 rebooted 203.0.113.50/24']);
});

test('stepClient() discovers when the saved address is refused, or when nobody answers for it', () => {
  const refused = started(savedBinding());
  refused.answer(TYPE.NAK, NOBODY);
  assert.deepEqual(refused.done, ['0 report', '0 forgetLease']);
  assert.deepEqual(refused.schedule, ['REQUEST 0', 'DISCOVER 0']);

  const silent = started(savedBinding());
  silent.pass(Seconds(13));
  assert.deepEqual(silent.schedule, ['REQUEST 0', 'REQUEST 4', 'DISCOVER 12']);
  assert.equal(silent.lastSent.message.options.requestedAddress, ADDRESS);
});

test('stepClient() keeps the address while the link is down, and verifies it when the link is up again (RFC 2131 §3.7)', () => {
  const driver = bound();
  driver.fire({ kind: 'link', up: false });
  driver.passTo(900);
  assert.deepEqual([driver.configured, driver.sent.length], ['203.0.113.50/24', 0]);
  driver.fire({ kind: 'link', up: true });
  assert.equal(driver.lastSent.message.options.requestedAddress, ADDRESS);
  assert.equal(driver.configured, '203.0.113.50/24');
  driver.answer(TYPE.ACK, ADDRESS);
  assert.deepEqual(driver.done, ['900 rebooted 203.0.113.50/24']);
});

test('stepClient() gives the address up while the link is down once the lease has run out', () => {
  const driver = bound();
  driver.fire({ kind: 'link', up: false });
  driver.passTo(1000);
  assert.deepEqual(driver.done, ['1000 report', '1000 unconfigure expired']);
  driver.pass(Seconds(1000));
  assert.deepEqual(driver.sent, []);
});

test('stepClient() behind another modem whose server is silent finds a new lease before it drops the old', () => {
  const driver = bound();
  driver.fire({ kind: 'link', up: false });
  driver.fire({ kind: 'link', up: true });
  driver.pass(Seconds(12));
  assert.deepEqual(driver.schedule, ['REQUEST 3', 'REQUEST 7', 'DISCOVER 15']);
  assert.equal(driver.configured, '203.0.113.50/24');
  driver.answer(TYPE.OFFER, OTHER);
  driver.answer(TYPE.ACK, OTHER);
  driver.pass(Seconds(1));
  assert.equal(driver.configured, '203.0.113.77/24');
});

test('stepClient() sends nothing while the link is down, also when it starts so', () => {
  const driver = new Driver();
  driver.fire({ kind: 'start', linkUp: false, saved: savedBinding(), adopt: false });
  driver.pass(Seconds(1000));
  assert.deepEqual([driver.sent, driver.done], [[], []]);
  driver.fire({ kind: 'link', up: true });
  assert.deepEqual(driver.schedule, ['REQUEST 1000']);
});

test('stepClient() is not made to flood by a flapping link', () => {
  const driver = bound();
  for (let i = 0; i < 100; i++) {
    driver.fire({ kind: 'link', up: false });
    driver.fire({ kind: 'link', up: true });
    driver.pass(Seconds(0.1));
  }
  assert.ok(driver.sent.length <= 6, `sent ${driver.schedule.join(', ')}`);
});

test('stepClient() adopts an address it finds configured, for an eighth of the lease unless a server agrees', () => {
  const silent = started(savedBinding(), true);
  assert.deepEqual(silent.done, ['0 adopted 203.0.113.50/24']);
  assert.deepEqual(silent.schedule, ['REQUEST 0']);
  silent.pass(Seconds(125));
  assert.deepEqual(silent.done.slice(1), ['125 report', '125 unconfigure expired']);

  const confirmed = started(savedBinding(), true);
  confirmed.answer(TYPE.ACK, ADDRESS);
  confirmed.pass(Seconds(499));
  assert.deepEqual(confirmed.done, ['0 adopted 203.0.113.50/24', '0 rebooted 203.0.113.50/24']);
});

test('stepClient() adopts an address for what is left of its lease, never for more than a whole one', () => {
  for (const [left, expected] of [
    [600, 600],
    [60, 125],
    [5000, 1000],
  ] as const) {
    const driver = new Driver();
    const saved = savedBinding();
    driver.fire({ kind: 'start', linkUp: true, saved, adopt: true, remaining: Seconds(left) });
    driver.pass(Seconds(expected - 1));
    assert.equal(driver.configured, '203.0.113.50/24');
    driver.pass(Seconds(1));
    assert.equal(driver.configured, undefined);
  }
});

test('stepClient() releases only when told to (RFC 2131 §4.4.6)', () => {
  const kept = bound();
  kept.fire({ kind: 'stop', release: false });
  kept.pass(Seconds(5000));
  assert.deepEqual([kept.sent, kept.done], [[], []]);

  const released = bound();
  released.fire({ kind: 'stop', release: true });
  const { type, to, message } = released.lastSent;
  assert.deepEqual([type, to, message.ciaddr], ['RELEASE', '203.0.113.1', ADDRESS]);
  assert.deepEqual([message.options.serverId, message.options.requestedAddress], [SERVER, undefined]);
  assert.deepEqual(released.done, ['3 unconfigure released', '3 forgetLease']);
});

test('stepClient() keeps a lease without end for ever', () => {
  const driver = bound({ leaseTime: Seconds(0xffff_ffff) });
  driver.pass(Seconds(1e9));
  assert.deepEqual([driver.sent, driver.configured], [[], '203.0.113.50/24']);
});

test('stepClient() ignores what is not for it or not usable', () => {
  const driver = started();
  const { xid } = driver.lastSent.message;
  const good = reply(xid, TYPE.OFFER, { yiaddr: ADDRESS });
  const offer = (options: object): typeof good => ({ ...good, options: { ...good.options, ...options } });
  for (const bad of [
    { ...good, xid: xid + 1 },
    { ...good, op: 1 },
    { ...good, chaddr: macBytes(parseMac('02:00:00:00:00:99')) },
    { ...good, yiaddr: NOBODY },
    { ...good, yiaddr: parseIpv4('224.0.0.1') },
    { ...good, yiaddr: parseIpv4('127.0.0.1') },
    offer({ leaseTime: Seconds(5) }),
    offer({ messageType: TYPE.ACK }),
    offer({ messageType: TYPE.NAK }),
    offer({ messageType: TYPE.DISCOVER }),
    offer({ messageType: undefined }),
  ]) {
    driver.receive(bad);
  }
  assert.deepEqual([driver.state.phase.kind, driver.sent.length], ['selecting', 1]);

  driver.receive(good);
  const stranger = { yiaddr: parseIpv4('203.0.113.51'), options: { serverId: OTHER } };
  driver.receive(reply(xid, TYPE.ACK, stranger));
  driver.receive(reply(xid, TYPE.NAK, stranger));
  driver.receive(good);
  assert.deepEqual([driver.state.phase.kind, driver.sent.length], ['requesting', 2]);
});

test('stepClient() takes the address it was offered also from a server that calls itself otherwise by then', () => {
  const driver = started();
  driver.answer(TYPE.OFFER, ADDRESS);
  driver.answer(TYPE.ACK, ADDRESS, { serverId: OTHER });
  driver.pass(Seconds(2));
  assert.equal(driver.configured, '203.0.113.50/24');
  driver.passTo(501);
  assert.equal(driver.lastSent.to, formatIpv4(OTHER), 'renewals go to whom it was granted by');
});
