import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hours, Seconds } from '../../src/base/duration.ts';
import { parseIpv4 } from '../../src/base/ipv4.ts';
import { parseMac } from '../../src/base/mac.ts';
import { type LanPlace, LanAnnouncer } from '../../src/service/lan-announcer.ts';
import { FakeClock } from '../fake/fake-clock.ts';
import { FakeLan } from '../fake/fake-lan.ts';
import { MemoryLog } from '../fake/memory-log.ts';

const MAC = parseMac('02:67:70:00:00:02');
const PLACE: LanPlace = { device: 'eth0', mac: MAC, address: parseIpv4('192.168.77.1') };
// Ethernet, IPv4, request; 192.168.77.1 of that address asks for 192.168.77.1.
const ANNOUNCEMENT = '0001080006040001026770000002c0a84d01000000000000c0a84d01';

function onWire() {
  const lan = new FakeLan();
  const clock = new FakeClock();
  const log = new MemoryLog();
  const announcer = new LanAnnouncer({ packets: lan.host(MAC), clock, log });
  const said = (): string[] =>
    lan.frames.map(({ destination, payload }) => `${destination} ${Buffer.from(payload).toString('hex')}`);
  return { lan, clock, log, announcer, said };
}

test('LanAnnouncer.follow() announces the address to all, again after 2 seconds, and no more (RFC 5227 §2.3)', async () => {
  const { lan, clock, announcer, said } = onWire();
  await announcer.follow(PLACE);
  assert.deepEqual(said(), [`ff:ff:ff:ff:ff:ff ${ANNOUNCEMENT}`]);
  await clock.advance(Seconds(1));
  assert.equal(said().length, 1);
  await clock.advance(Hours(1));
  assert.deepEqual(said(), Array(2).fill(`ff:ff:ff:ff:ff:ff ${ANNOUNCEMENT}`));
  assert.deepEqual([lan.sockets, clock.pending], [0, 0]);
});

test('LanAnnouncer.follow() says the same place once, and again when the cable was out, or the address is another', async () => {
  const { clock, announcer, said } = onWire();
  await announcer.follow(PLACE);
  await announcer.follow({ ...PLACE });
  await clock.advance(Hours(1));
  assert.equal(said().length, 2);
  await announcer.follow(undefined);
  await announcer.follow(PLACE);
  assert.equal(said().length, 3);
  // The second announcement of the address before is no longer due.
  await announcer.follow({ ...PLACE, address: parseIpv4('192.168.78.1') });
  await clock.advance(Hours(1));
  assert.deepEqual(
    said().map((frame) => frame.slice(-8)),
    ['c0a84d01', 'c0a84d01', 'c0a84d01', 'c0a84e01', 'c0a84e01'],
  );
});

test('LanAnnouncer says nothing once the cable is out or it is stopped, also while it is about to', async () => {
  const { lan, clock, announcer, said } = onWire();
  const opening = announcer.follow(PLACE);
  await announcer.follow(undefined);
  await opening;
  assert.deepEqual([said(), lan.sockets], [[], 0]);
  await announcer.follow(PLACE);
  announcer.stop();
  await announcer.follow({ ...PLACE, device: 'eth0', mac: undefined });
  await clock.advance(Hours(1));
  assert.deepEqual([said().length, lan.sockets, clock.pending], [1, 0, 0]);
});

test('LanAnnouncer logs a device that is not there, and announces on the next one', async () => {
  const { log, announcer, said } = onWire();
  await announcer.follow({ ...PLACE, device: 'eth7' });
  assert.match(log.text, /^Cannot announce 192\.168\.77\.1 on eth7: /);
  await announcer.follow(PLACE);
  assert.equal(said().length, 1);
});
