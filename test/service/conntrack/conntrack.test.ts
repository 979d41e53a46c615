import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../../src/base/address.ts';
import { KernelError } from '../../../src/base/errors.ts';
import { Ipv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import type { NetlinkSession } from '../../../src/port/netlink-session.ts';
import { NETLINK } from '../../../src/port/netlink.ts';
import {
  JUDGEMENTS_IN_A_ROW,
  MAX_LISTED_FLOWS,
  openConntrack,
} from '../../../src/service/conntrack/conntrack.ts';
import { openNetlinkSession } from '../../../src/service/netlink-session.ts';
import {
  type ConntrackMessage,
  decodeConntrack,
  encodeConntrack,
} from '../../../src/wire/conntrack/message.ts';
import type { Entry } from '../../../src/wire/conntrack/entry.ts';
import { type FakeAnswer, FakeNetlink } from '../../fake/fake-netlink.ts';

const ENOENT = 2;
const EPERM = 1;

/** A UDP connection from 192.168.77.x to 198.51.100.1, translated unless told otherwise. */
function entry(id: number, device: string, isMasked = true): Entry {
  const [source4, destination4] = [parseIpv4(device), parseIpv4('198.51.100.1')];
  const protocol = { number: 17, sourcePort: 1024 + id, destinationPort: 53 };
  return {
    id,
    status: isMasked ? 0x198 : 0x8,
    original: { addresses: { source4, destination4 }, protocol },
    reply: {
      addresses: { source4: destination4, destination4: isMasked ? parseIpv4('203.0.113.50') : source4 },
      protocol: { number: 17, sourcePort: 53, destinationPort: protocol.sourcePort },
    },
  };
}

/** A kernel with these connections, which does not know filters, as before Linux 5.8. */
function kernelWith(entries: Entry[], refuse: (id: number) => number = () => 0): FakeNetlink {
  const answer = (message: ConntrackMessage | undefined): FakeAnswer => {
    if (message?.kind === 'get') {
      return {
        replies: entries.map((body) => encodeConntrack({ kind: 'new', family: 2, body })),
      };
    }
    if (message?.kind === 'statistics')
      return {
        replies: [
          encodeConntrack({ kind: 'statistics', family: 0, body: { entries: entries.length, limit: 100 } }),
        ],
      };
    assert.equal(message?.kind, 'delete');
    const id = message.body.id ?? 0;
    const errno = refuse(id);
    if (errno !== 0) return { errno };
    const at = entries.findIndex((one) => one.id === id);
    if (at < 0) return { errno: ENOENT };
    entries.splice(at, 1);
    return { replies: [] };
  };
  return new FakeNetlink((message) => answer(decodeConntrack(message)));
}

function conntrackOf(kernel: FakeNetlink, maxSuspects?: number) {
  return openConntrack(openNetlinkSession(kernel, NETLINK.NETFILTER), maxSuspects);
}

test('Conntrack.list() gives what is selected once, though it looks in four places', async () => {
  const conntrack = conntrackOf(kernelWith([entry(1, '192.168.77.20'), entry(2, '192.168.77.21')]));
  const { flows, total } = await conntrack.list({ addresses: [parseAddress('192.168.77.20')] });
  assert.deepEqual(
    flows.map(({ id }) => id),
    [1],
  );
  assert.equal(total, 1);
});

test('Conntrack.list() stops listing at its cap and says how many there are', async () => {
  const entries = Array.from({ length: MAX_LISTED_FLOWS + 5 }, (_, i) => entry(i, '192.168.77.20'));
  const { flows, total } = await conntrackOf(kernelWith(entries)).list({});
  assert.equal(flows.length, MAX_LISTED_FLOWS);
  assert.equal(total, MAX_LISTED_FLOWS + 5);
});

/** A session whose first dump is broken off after one reply and asked again. */
function breakingSession(entries: readonly Entry[]): NetlinkSession {
  const nobody = openNetlinkSession(new FakeNetlink(), NETLINK.NETFILTER);
  return {
    request(_message, options) {
      const replies = entries.map((body) => ({
        ...encodeConntrack({ kind: 'new', family: 2, body }),
        flags: 0,
      }));
      for (const reply of replies.slice(0, 1)) options?.stream?.onReply(reply);
      options?.stream?.onRestart();
      for (const reply of replies) options?.stream?.onReply(reply);
      return Promise.resolve([]);
    },
    transaction: (messages) => nobody.transaction(messages),
    join: (group) => nobody.join(group),
    listen: (listener) => nobody.listen(listener),
    close: () => nobody.close(),
  };
}

test('Conntrack.list() gives each connection once when the kernel had to be asked again', async () => {
  const entries = [entry(1, '192.168.77.20'), entry(2, '192.168.77.21')];
  const { flows, total } = await openConntrack(breakingSession(entries)).list({});
  assert.deepEqual(
    flows.map(({ id }) => id),
    [1, 2],
  );
  assert.equal(total, 2);
});

test('Conntrack.end() ends what is selected and counts it; what ended by itself meanwhile is not counted', async () => {
  const entries = [1, 2, 3].map((id) => entry(id, '192.168.77.20'));
  entries.push(entry(4, '192.168.77.21'));
  const kernel = kernelWith(entries, (id) => (id === 2 ? ENOENT : 0));
  assert.equal(await conntrackOf(kernel).end({ addresses: [parseAddress('192.168.77.20')] }), 2);
  assert.deepEqual(
    entries.map(({ id }) => id),
    [2, 4],
  );
});

test('Conntrack.end() says what the kernel refused', async () => {
  const kernel = kernelWith([entry(1, '192.168.77.20')], () => EPERM);
  await assert.rejects(conntrackOf(kernel).end({}), (error) => {
    assert.ok(error instanceof KernelError);
    assert.match(
      error.message,
      /^Cannot end the connection of 192\.168\.77\.20:1025 with 198\.51\.100\.1:53: EPERM/,
    );
    return true;
  });
});

test('Conntrack.endCondemned() asks the judge about suspects alone, a few in a row, and ends those it condemns', async () => {
  const entries = Array.from({ length: 100 }, (_, id) => entry(id, id < 50 ? '192.168.77.20' : '10.9.9.9'));
  const suspect = parseAddress('192.168.77.20');
  let inARow = 0;
  let [longest, pauses] = [0, 0];
  const ended = await conntrackOf(kernelWith(entries)).endCondemned({
    isSuspect: ({ source }) => source.address === suspect,
    isCondemned: ({ id, source }) => {
      assert.equal(source.address, suspect);
      longest = Math.max(longest, ++inARow);
      return id % 10 === 0;
    },
    pause: async () => {
      pauses++;
      inARow = 0;
    },
  });
  assert.equal(ended, 5);
  assert.equal(entries.length, 95);
  assert.deepEqual([longest, pauses], [JUDGEMENTS_IN_A_ROW, Math.ceil(50 / JUDGEMENTS_IN_A_ROW) - 1]);
});

test('Conntrack.endCondemned() goes through more suspects than it keeps in parts, and judges each once', async () => {
  const entries = Array.from({ length: 250 }, (_, id) => entry(id, '192.168.77.20'));
  const judged = new Set<number>();
  const ended = await conntrackOf(kernelWith(entries), 100).endCondemned({
    isSuspect: () => true,
    isCondemned: ({ id }) => {
      assert.ok(!judged.has(id));
      judged.add(id);
      return id % 50 === 7;
    },
    pause: async () => {},
  });
  assert.equal(ended, 5);
  assert.equal(judged.size, 250);
});

test('Conntrack.endStaleNat() ends what the old address carried and what left the LAN untranslated', async () => {
  const entries = [entry(1, '192.168.77.20'), entry(2, '192.168.77.20', false), entry(3, '10.9.9.9', false)];
  const conntrack = conntrackOf(kernelWith(entries));
  const oldAddresses = [parseAddress('203.0.113.50')];
  assert.equal(await conntrack.endStaleNat({ oldAddresses: [parseAddress('203.0.113.51')], lan: [] }), 0);
  const lan = [parsePrefix4('192.168.77.1/24')];
  assert.equal(await conntrack.endStaleNat({ oldAddresses, lan }), 2);
  assert.deepEqual(
    entries.map(({ id }) => id),
    [3],
  );
  assert.equal(await conntrack.endStaleNat({ oldAddresses: [], lan: [] }), 0);
});

test('Conntrack.count() says how many there are and may be', async () => {
  const conntrack = conntrackOf(kernelWith([entry(1, '192.168.77.20')]));
  assert.deepEqual(await conntrack.count(), { entries: 1, limit: 100 });
  await assert.rejects(conntrackOf(new FakeNetlink()).count(), /gave no number/);
});

test('Conntrack.list() refuses a list it cannot read, and reads on with the next', async () => {
  let garbled = true;
  const kernel = new FakeNetlink(() => {
    const { type, payload } = encodeConntrack({ kind: 'new', family: 2, body: entry(1, '192.168.77.20') });
    return { replies: [{ type, payload: garbled ? payload.subarray(0, 30) : payload }] };
  });
  const conntrack = conntrackOf(kernel);
  await assert.rejects(conntrack.list({}), /Cannot read the list of connections: .*EBADMSG/);
  garbled = false;
  const [found] = (await conntrack.list({})).flows;
  assert.equal(found?.source.address, Ipv4(0xc0a8_4d14));
});
