import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seconds } from '../../../src/base/duration.ts';
import { Ipv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { parseMac } from '../../../src/base/mac.ts';
import type { Binding } from '../../../src/engine/dhcp4-client/binding.ts';
import { ADDRESS, bound, Driver, MAC, SERVER, TYPE } from './driver.ts';

const OTHER = parseIpv4('203.0.113.77');
const NOBODY = parseIpv4('0.0.0.0');
const STRANGER = parseMac('02:00:00:00:00:99');

function started(saved?: Binding, adopt = false): Driver {
  const driver = new Driver();
  driver.fire({ kind: 'start', linkUp: true, saved, adopt });
  return driver;
}

/** Granted at the time of the call, not checked yet. */
function acknowledged(driver: Driver = started(), address: Ipv4 = ADDRESS): Driver {
  driver.answer(TYPE.OFFER, address);
  driver.answer(TYPE.ACK, address);
  return driver;
}

function savedBinding(): Binding {
  const { remembered } = bound().state;
  assert.ok(remembered);
  return remembered;
}

test('stepClient() asks three times who has the address, and announces it twice when nobody has (RFC 5227 §2.1.1, §2.3)', () => {
  const driver = acknowledged();
  driver.pass(Seconds(0.7));
  assert.equal(driver.configured, undefined);
  driver.pass(Seconds(60));
  assert.deepEqual(driver.arp, [
    'probe 203.0.113.50 0',
    'probe 203.0.113.50 0.25',
    'probe 203.0.113.50 0.5',
    'announce 203.0.113.50 0.75',
    'announce 203.0.113.50 2.75',
  ]);
  assert.equal(driver.configured, '203.0.113.50/24');
});

test('stepClient() declines an address another station has, and waits ten seconds (RFC 2131 §3.1)', () => {
  const driver = acknowledged();
  driver.pass(Seconds(0.3));
  driver.hearArp(STRANGER, ADDRESS);
  assert.deepEqual([driver.configured, driver.done], [undefined, ['0.3 report']]);
  const { type, to, source, message } = driver.lastSent;
  assert.deepEqual([type, to, source, message.ciaddr], ['DECLINE', 'all', '0.0.0.0', NOBODY]);
  const { requestedAddress, serverId, parameterRequestList } = message.options;
  assert.deepEqual([requestedAddress, serverId, parameterRequestList], [ADDRESS, SERVER, undefined]);
  driver.passTo(10.2);
  assert.equal(driver.lastSent.type, 'DECLINE');
  driver.passTo(10.4);
  assert.equal(driver.lastSent.type, 'DISCOVER');
  assert.equal(driver.lastSent.message.options.requestedAddress, undefined);
  assert.deepEqual(driver.state.conflict?.mac, STRANGER);
});

test('stepClient() takes a probe of another station for its address for a conflict (RFC 5227 §2.1.1)', () => {
  const driver = acknowledged();
  driver.hearArp(STRANGER, NOBODY, ADDRESS);
  assert.equal(driver.lastSent.type, 'DECLINE');
});

test('stepClient() is not disturbed by ARP about other addresses, by its own, or by questions for its address', () => {
  const driver = acknowledged();
  driver.hearArp(STRANGER, OTHER);
  driver.hearArp(MAC, ADDRESS);
  driver.hearArp(MAC, NOBODY, ADDRESS);
  driver.hearArp(STRANGER, OTHER, ADDRESS);
  driver.hearArp(STRANGER, NOBODY, OTHER);
  driver.pass(Seconds(1));
  assert.equal(driver.configured, '203.0.113.50/24');
});

test('stepClient() after one conflict takes the next address, and counts the setback only until then', () => {
  const driver = acknowledged();
  driver.hearArp(STRANGER, ADDRESS);
  driver.passTo(11);
  acknowledged(driver, OTHER);
  driver.pass(Seconds(1));
  assert.deepEqual([driver.configured, driver.state.setbacks], ['203.0.113.77/24', 0]);
});

test('stepClient() asks less and less often while every address is in use by somebody else', () => {
  const driver = started();
  const stations = (i: number) => parseMac(`02:00:00:00:01:0${i}`);
  for (let i = 0; i < 8; i++) {
    const before = driver.now;
    acknowledged(driver, Ipv4(ADDRESS + i));
    driver.hearArp(stations(i), Ipv4(ADDRESS + i));
    driver.pass(Seconds(200));
    assert.ok(driver.now > before);
  }
  const declines = driver.sent.filter(({ type }) => type === 'DECLINE');
  assert.equal(declines.length, 8);
  for (const one of declines) {
    const next = driver.sent.find(({ type, at }) => type === 'DISCOVER' && at > one.at);
    assert.ok(next !== undefined && next.at - one.at >= 10_000);
  }
});

test('stepClient() stops believing a station that has claimed three different addresses: proxy ARP must not keep the box offline', () => {
  const driver = started();
  for (let i = 0; i < 3; i++) {
    acknowledged(driver, Ipv4(ADDRESS + i));
    driver.hearArp(STRANGER, Ipv4(ADDRESS + i));
    assert.equal(driver.lastSent.type, 'DECLINE');
    driver.pass(Seconds(100));
  }
  const [address, next] = [Ipv4(ADDRESS + 3), Ipv4(ADDRESS + 4)];
  acknowledged(driver, address);
  driver.hearArp(STRANGER, address);
  driver.pass(Seconds(1));
  assert.equal(driver.configured, '203.0.113.53/24');
  const announced = driver.arp.length;
  driver.hearArp(STRANGER, address);
  assert.equal(driver.arp.length, announced, 'nor is the address defended against it');
  driver.hearArp(parseMac('02:00:00:00:00:98'), address, next);
  assert.equal(driver.arp.length, announced + 1, 'another station is believed');
});

test('stepClient() goes on declining the one address a server insists on though one station has it', () => {
  const driver = started();
  for (let i = 0; i < 6; i++) {
    acknowledged(driver);
    driver.hearArp(STRANGER, ADDRESS);
    driver.pass(Seconds(100));
  }
  assert.equal(driver.sent.filter(({ type }) => type === 'DECLINE').length, 6);
  assert.equal(driver.configured, undefined);
});

test('stepClient() checks the address it asks for again after a reboot before it is used (RFC 2131 §3.2)', () => {
  const driver = started(savedBinding());
  driver.answer(TYPE.ACK, ADDRESS);
  driver.hearArp(STRANGER, ADDRESS);
  assert.deepEqual(driver.done, ['0 report', '0 forgetLease']);
  assert.equal(driver.lastSent.type, 'DECLINE');
});

test('stepClient() keeps an address in use while it is checked after the link was away, and gives it up on a conflict', () => {
  const driver = bound();
  driver.fire({ kind: 'link', up: false });
  driver.fire({ kind: 'link', up: true });
  driver.answer(TYPE.ACK, ADDRESS);
  assert.deepEqual(driver.done, ['3 rebooted 203.0.113.50/24']);
  assert.equal(driver.state.phase.kind, 'checking');
  driver.hearArp(STRANGER, ADDRESS);
  assert.deepEqual(driver.done.slice(1), ['3 report', '3 unconfigure conflict', '3 forgetLease']);
  assert.equal(driver.configured, undefined);
});

test('stepClient() adopts without waiting, and checks nothing on a renewal', () => {
  const adopted = started(savedBinding(), true);
  adopted.answer(TYPE.ACK, ADDRESS);
  assert.deepEqual(adopted.done, ['0 adopted 203.0.113.50/24', '0 rebooted 203.0.113.50/24']);
  adopted.pass(Seconds(1));
  assert.deepEqual([adopted.done.length, adopted.state.phase.kind], [2, 'bound']);

  const renewed = bound();
  renewed.passTo(500);
  renewed.answer(TYPE.ACK, ADDRESS);
  renewed.pass(Seconds(5));
  assert.deepEqual([renewed.arp, renewed.state.phase.kind], [[], 'bound']);
});

test('stepClient() keeps the address it has while another one it was given turns out to be in use', () => {
  const driver = bound();
  driver.passTo(500);
  driver.answer(TYPE.ACK, OTHER);
  driver.hearArp(STRANGER, OTHER);
  driver.passTo(511);
  assert.equal(driver.configured, '203.0.113.50/24');
  assert.equal(driver.lastSent.type, 'DISCOVER');
});

test('stepClient() defends an address in use once in ten seconds (RFC 5227 §2.4)', () => {
  const driver = bound();
  for (let i = 0; i < 25; i++) {
    driver.hearArp(STRANGER, ADDRESS);
    driver.pass(Seconds(1));
  }
  assert.deepEqual(driver.arp, [
    'announce 203.0.113.50 3',
    'announce 203.0.113.50 13',
    'announce 203.0.113.50 23',
  ]);
  assert.equal(driver.configured, '203.0.113.50/24', 'an office keeps the address its provider has granted');
  assert.deepEqual(driver.state.conflict, { address: ADDRESS, mac: STRANGER, at: 27_000 });
});

test('stepClient() sends no ARP while the link is down', () => {
  const driver = acknowledged();
  driver.pass(Seconds(1));
  driver.arp.length = 0;
  driver.fire({ kind: 'link', up: false });
  driver.hearArp(STRANGER, ADDRESS);
  driver.pass(Seconds(60));
  assert.deepEqual(driver.arp, []);
});

test('stepClient() begins anew when the link goes down during the check', () => {
  const driver = acknowledged();
  driver.fire({ kind: 'link', up: false });
  driver.pass(Seconds(10));
  driver.fire({ kind: 'link', up: true });
  assert.deepEqual([driver.lastSent.type, driver.configured], ['DISCOVER', undefined]);
});

test('stepClient() believes nobody any more when eight stations have claimed what it was given: one of them with ever new MAC addresses must not keep the box offline', () => {
  const driver = started();
  for (let index = 0; index < 8; index++) {
    acknowledged(driver);
    driver.pass(Seconds(0.3));
    driver.hearArp(parseMac(`02:00:00:00:01:0${index}`), ADDRESS);
    assert.equal(driver.lastSent.type, 'DECLINE');
    driver.pass(Seconds(400));
  }
  acknowledged(driver);
  driver.pass(Seconds(0.3));
  driver.hearArp(parseMac('02:00:00:00:01:99'), ADDRESS);
  driver.pass(Seconds(1));
  assert.equal(driver.configured, '203.0.113.50/24');
});
