import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seconds } from '../../../src/base/duration.ts';
import { Instant, after } from '../../../src/base/instant.ts';
import { BROADCAST, type Ipv4, UNSPECIFIED, parseIpv4 } from '../../../src/base/ipv4.ts';
import { FloodGate, MAX_READ, MAX_SAVED, READ_WINDOW } from '../../../src/service/dhcp4-server/flood-gate.ts';
import { encodeMessage } from '../../../src/wire/dhcp4/message.ts';
import { encodeUdpPacket } from '../../../src/wire/ipv4/udp.ts';

const NOW = Instant(5000);

function packet(ciaddr: Ipv4): Uint8Array {
  const none = UNSPECIFIED;
  const empty = new Uint8Array(0);
  const fixed = { op: 1, htype: 1, hops: 0, xid: 1, secs: 0, broadcast: false, chaddr: new Uint8Array(6) };
  const fields = { ciaddr, yiaddr: none, siaddr: none, giaddr: none, sname: empty, file: empty };
  const payload = encodeMessage({ ...fixed, ...fields, options: { messageType: 3 } });
  return encodeUdpPacket({
    source: none,
    sourcePort: 68,
    destination: BROADCAST,
    destinationPort: 67,
    payload,
  });
}

const DISCOVER = packet(UNSPECIFIED);
const RENEWAL = packet(parseIpv4('192.168.77.20'));

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

test('FloodGate still reads what clients with an address send when the window is full, up to MAX_READ', () => {
  const gate = new FloodGate();
  readAt(gate, NOW);
  assert.equal(gate.admits(DISCOVER, NOW), false);
  for (let n = 0; n < MAX_READ; n++) assert.equal(gate.admits(RENEWAL, NOW), true);
  assert.equal(gate.admits(RENEWAL, NOW), false);
});

test('FloodGate drops what is too short to tell', () => {
  const gate = new FloodGate();
  readAt(gate, NOW);
  for (let length = 0; length < 40; length++)
    assert.equal(gate.admits(RENEWAL.subarray(0, length), NOW), false);
});
