import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hours } from '../../../src/base/duration.ts';
import { Instant, Timestamp } from '../../../src/base/instant.ts';
import { UNSPECIFIED } from '../../../src/base/ipv4.ts';
import { macBytes, parseMac } from '../../../src/base/mac.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import { MAX_MISSES } from '../../../src/engine/dhcp4-server/limits.ts';
import { defaultPool } from '../../../src/config/default-pool.ts';
import { type Event, initialState } from '../../../src/engine/dhcp4-server/state.ts';
import { stepServer } from '../../../src/engine/dhcp4-server/step.ts';
import { HTYPE_ETHERNET, MESSAGE_TYPE, OP } from '../../../src/wire/dhcp4/constants.ts';

test('stepServer() gives a DISCOVER up when a device answers the probes of every address', () => {
  const server = parsePrefix4('192.168.77.1/24');
  const lists = { exclude: [], reservations: [], routers: [], dnsServers: [], timeServers: [] };
  const rest = { leaseTime: Hours(12), domain: undefined, custom: new Map<number, Uint8Array>() };
  let state = initialState({ server, pool: defaultPool(server), ...lists, ...rest });
  const mac = parseMac('02:00:00:00:00:09');
  const none = UNSPECIFIED;
  const addresses = { ciaddr: none, yiaddr: none, siaddr: none, giaddr: none };
  const fixed = { op: OP.BOOTREQUEST, htype: HTYPE_ETHERNET, hops: 0, xid: 1, secs: 0, broadcast: true };
  const fields = { chaddr: macBytes(mac), sname: new Uint8Array(0), file: new Uint8Array(0) };
  const options = { messageType: MESSAGE_TYPE.DISCOVER };
  let event: Event | undefined = {
    kind: 'message',
    message: { ...fixed, ...addresses, ...fields, options },
    via: mac,
  };
  let probes = 0;
  while (event !== undefined && probes < 1000) {
    const step = stepServer(state, event, { now: Instant(1000 + probes), wall: Timestamp(0) });
    state = step.state;
    const probe = step.effects.find((effect) => effect.kind === 'probe');
    event = probe && { kind: 'probed', address: probe.address, inUse: true };
    if (probe !== undefined) probes++;
  }
  assert.equal(probes, MAX_MISSES);
});
