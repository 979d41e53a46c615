import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seconds } from '../../../src/base/duration.ts';
import { Instant, after } from '../../../src/base/instant.ts';
import { BROADCAST, type Ipv4, UNSPECIFIED, parseIpv4 } from '../../../src/base/ipv4.ts';
import {
  FloodGate,
  KEPT,
  MAX_HALVINGS,
  MAX_READ,
  MAX_SAVED,
  MAX_THINNED,
  READ_WINDOW,
} from '../../../src/service/dhcp4-server/flood-gate.ts';
import { encodeMessage } from '../../../src/wire/dhcp4/message.ts';
import { encodeUdpPacket } from '../../../src/wire/ipv4/udp.ts';

const NOW = Instant(5000);

function packet(ciaddr: Ipv4, messageType: number): Uint8Array {
  const none = UNSPECIFIED;
  const empty = new Uint8Array(0);
  const fixed = { op: 1, htype: 1, hops: 0, xid: 1, secs: 0, broadcast: false, chaddr: new Uint8Array(6) };
  const fields = { ciaddr, yiaddr: none, siaddr: none, giaddr: none, sname: empty, file: empty };
  const payload = encodeMessage({ ...fixed, ...fields, options: { messageType } });
  return encodeUdpPacket({
    source: none,
    sourcePort: 68,
    destination: BROADCAST,
    destinationPort: 67,
    payload,
  });
}

const DISCOVER = packet(UNSPECIFIED, 1);
const RENEWAL = packet(parseIpv4('192.168.77.20'), 3);
const REQUEST = packet(UNSPECIFIED, 3);

function readAt(gate: FloodGate, now: Instant): number {
  let count = 0;
  for (let n = 0; n < 2 * MAX_SAVED; n++) if (gate.admits(DISCOVER, now)) count++;
  return count;
}

test('FloodGate reads MAX_SAVED packets at once after quiet, then MAX_READ in each window', () => {
  const gate = new FloodGate();
  assert.equal(readAt(gate, NOW), MAX_SAVED);
  const next = after(NOW, READ_WINDOW);
  assert.equal(readAt(gate, next), MAX_READ);
  assert.equal(readAt(gate, after(next, READ_WINDOW)), MAX_READ);
  assert.equal(readAt(gate, after(next, Seconds(60))), MAX_SAVED);
});

test('FloodGate still reads what clients with an address, or one they were offered, send when the window is full, up to MAX_READ', () => {
  const gate = new FloodGate();
  readAt(gate, NOW);
  assert.equal(gate.admits(DISCOVER, NOW), false);
  for (let n = 0; n < MAX_READ; n++) assert.equal(gate.admits(n % 2 === 0 ? RENEWAL : REQUEST, NOW), true);
  assert.equal(gate.admits(RENEWAL, NOW), false);
});

test('FloodGate drops what is too short to tell', () => {
  const gate = new FloodGate();
  readAt(gate, NOW);
  for (let length = 0; length < 40; length++)
    assert.equal(gate.admits(RENEWAL.subarray(0, length), NOW), false);
});

/** Windows of a flood; each brings so many packets before the socket is thinned. Gives the halvings behind each. */
function flood(gate: FloodGate, from: Instant, packets: number, windows: number): number[] {
  let now = from;
  return Array.from({ length: windows }, () => {
    for (let n = 0; n < packets; n++) if (n % 2 ** gate.halvings(now) === 0) gate.admits(DISCOVER, now);
    now = after(now, READ_WINDOW);
    return gate.halvings(now);
  });
}

test('FloodGate has a flood thinned until MAX_THINNED are left in a window, and no more', () => {
  const gate = new FloodGate();
  assert.deepEqual(flood(gate, NOW, 16 * MAX_THINNED, 6), [4, 4, 4, 4, 4, 4]);
  const calm = flood(gate, after(NOW, Seconds(1)), 0, 5);
  assert.deepEqual(calm, [3, 2, 1, 0, 0]);
});

test('FloodGate has no more thinned than MAX_HALVINGS, and nothing at all of an office that is switched on', () => {
  const gate = new FloodGate();
  assert.equal(flood(gate, NOW, 1_000_000, 10).at(-1), MAX_HALVINGS);
  assert.deepEqual(flood(new FloodGate(), NOW, MAX_SAVED, 1), [0]);
  assert.deepEqual(
    flood(new FloodGate(), NOW, MAX_READ, 10),
    Array.from({ length: 10 }, () => 0),
  );
});

test('FloodGate keeps by the same words that it tells the socket', () => {
  const word = (message: Uint8Array, offset: number): number =>
    new DataView(message.buffer, message.byteOffset).getUint32(28 + offset);
  const isKept = (message: Uint8Array): boolean =>
    KEPT.some(({ offset, mask, value }) => {
      const found = (word(message, offset) & mask) >>> 0;
      return value === undefined ? found !== 0 : found === value;
    });
  assert.deepEqual([DISCOVER, RENEWAL, REQUEST].map(isKept), [false, true, true]);
});
