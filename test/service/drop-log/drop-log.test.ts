import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Minutes, Seconds } from '../../../src/base/duration.ts';
import { fromHex } from '../../../src/base/hex.ts';
import { NETLINK } from '../../../src/port/netlink.ts';
import { MAX_LINES, MAX_PACKETS, startDropLog } from '../../../src/service/drop-log/drop-log.ts';
import { dropSentence } from '../../../src/service/drop-log/sentence.ts';
import { openNetlinkSession } from '../../../src/service/netlink-session.ts';
import { decodePacketHeaders } from '../../../src/wire/ip/headers.ts';
import { decodeNflog, encodeNflog } from '../../../src/wire/nflog/message.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { type FakeAnswer, FakeNetlink } from '../../fake/fake-netlink.ts';
import { MemoryLog } from '../../fake/memory-log.ts';

const GROUP = 77;
/** The fake kernel delivers by multicast what the real one sends to the listener of a group. */
const CHANNEL = 1;
const SYN = fromHex(
  '45000028000040004006 0000 cb007109 cb007132 115c 0017 00000000 00000000 5002 ffff 0000 0000',
);

function setUp(answer: () => FakeAnswer = () => ({ replies: [] })) {
  const kernel = new FakeNetlink(answer);
  const session = openNetlinkSession(kernel, NETLINK.NETFILTER);
  session.join(CHANNEL);
  const [clock, log] = [new FakeClock(), new MemoryLog()];
  const dropLog = startDropLog(session, {
    group: GROUP,
    clock,
    log,
    deviceName: (index) => (index === 3 ? 'wan0' : undefined),
  });
  const drop = (prefix: string, count = 1, payload: Uint8Array | undefined = SYN): void => {
    const body = { prefix, inDevice: 3, payload };
    const frame = encodeNflog({ kind: 'packet', family: 2, group: GROUP, body });
    for (let i = 0; i < count; i++) kernel.multicast(CHANNEL, frame);
  };
  const commands = (): (number | undefined)[] =>
    kernel.sent.map((message) => {
      const decoded = decodeNflog(message);
      return decoded?.kind === 'config' ? decoded.body.command : undefined;
    });
  return { kernel, clock, log, dropLog, drop, commands };
}

const [BIND, UNBIND] = [1, 2];

test('startDropLog() asks for the headers of dropped packets in bundles', async () => {
  const { kernel, clock } = setUp();
  await clock.settle();
  const request = kernel.sent[0];
  assert.ok(request);
  const message = decodeNflog(request);
  assert.ok(message?.kind === 'config');
  assert.equal(message.group, GROUP);
  assert.deepEqual(message.body, {
    command: BIND,
    mode: { range: 128, mode: 2, pad: undefined },
    timeout: 20,
    threshold: 32,
  });
});

test('a dropped packet is one sentence at level info', async () => {
  const { clock, log, drop } = setUp();
  drop('wan-input');
  await clock.settle();
  assert.deepEqual(log.entries, [
    { level: 'info', text: 'Dropped (wan-input): TCP 203.0.113.9:4444 -> 203.0.113.50:23 SYN from wan0' },
  ]);
});

test('of more packets in a minute than lines are allowed, the rest becomes one line with the reasons', async () => {
  const { clock, log, drop } = setUp();
  drop('wan-input', MAX_LINES + 5);
  drop('spoofed', 2);
  await clock.advance(Minutes(1));
  assert.equal(log.entries.length, MAX_LINES + 1);
  assert.equal(
    log.entries.at(-1)?.text,
    '7 more packets were dropped in this minute: 5 wan-input, 2 spoofed',
  );
  drop('wan-input');
  await clock.settle();
  assert.equal(log.entries.length, MAX_LINES + 2);
  assert.equal(clock.pending, 1);
});

test('a flood is not listened to until the minute is over', async () => {
  const { clock, log, drop, commands } = setUp();
  drop('wan-input', MAX_PACKETS);
  await clock.settle();
  assert.deepEqual(commands(), [BIND, UNBIND]);
  await clock.advance(Minutes(1));
  assert.deepEqual(commands(), [BIND, UNBIND, BIND]);
  assert.equal(
    log.entries.at(-1)?.text,
    `At least ${MAX_PACKETS - MAX_LINES} more packets were dropped in this minute: ${MAX_PACKETS - MAX_LINES} wan-input`,
  );
});

test('an overrun of the socket is a flood: the next socket listens when the minute is over', async () => {
  const { kernel, clock, commands } = setUp();
  await clock.settle();
  kernel.overrun();
  await clock.advance(Seconds(59));
  assert.deepEqual(commands(), [BIND]);
  await clock.advance(Seconds(2));
  assert.deepEqual(commands(), [BIND, BIND]);
});

test('a kernel that refuses is told of once and asked again every minute', async () => {
  let refuse = true;
  const { clock, log, commands } = setUp(() => (refuse ? { errno: 16 } : { replies: [] }));
  await clock.advance(Minutes(3));
  assert.deepEqual(
    log.entries.map(({ text }) => text),
    ['Dropped packets are not listed for now: Cannot hear of dropped packets: EBUSY'],
  );
  refuse = false;
  const asked = commands().length;
  await clock.advance(Minutes(1));
  assert.equal(commands().length, asked + 1);
  await clock.advance(Minutes(5));
  assert.equal(commands().length, asked + 1);
  assert.equal(clock.pending, 0);
});

test('reasons of another program cannot fill the memory', async () => {
  const { clock, log, drop } = setUp();
  drop('wan-input', MAX_LINES);
  for (let i = 0; i < 100; i++) drop(`foreign ${i}`);
  await clock.advance(Minutes(1));
  assert.match(log.entries.at(-1)?.text ?? '', /^100 more packets .*, 68 other$/);
});

test('packets that make no sense are counted and named, not a fault', async () => {
  const { kernel, clock, log, drop } = setUp();
  drop('odd', 1, fromHex('ff'));
  kernel.multicast(CHANNEL, { type: 0x400, payload: fromHex('020000') });
  await clock.settle();
  assert.deepEqual(
    log.entries.map(({ text }) => text),
    ['Dropped (odd): a packet without readable addresses from wan0'],
  );
});

test('DropLog.stop() leaves the group and no timer behind', async () => {
  const { clock, log, dropLog, drop, commands } = setUp();
  drop('wan-input');
  await clock.settle();
  dropLog.stop();
  drop('wan-input', 3);
  await clock.settle();
  assert.deepEqual(commands(), [BIND, UNBIND]);
  assert.equal(clock.pending, 0);
  assert.equal(log.entries.length, 1);
});

test('dropSentence() names ICMP by kind, flags by name, other protocols by number, and both devices', () => {
  const sentence = (hex: string): string =>
    dropSentence(decodePacketHeaders(fromHex(hex)), { reason: 'r', from: 'wan0', to: 'lan0' });
  const v4 = (protocol: string, rest: string): string =>
    `450000280000400040${protocol} 0000 cb007109 cb007132 ${rest}`;
  const way = '203.0.113.9 -> 203.0.113.50';
  assert.equal(sentence(v4('01', '0800')), `Dropped (r): ICMP ${way} echo request from wan0 to lan0`);
  assert.equal(sentence(v4('01', '2a07')), `Dropped (r): ICMP ${way} type 42 code 7 from wan0 to lan0`);
  assert.equal(sentence(v4('63', '')), `Dropped (r): protocol 99 ${way} from wan0 to lan0`);
  assert.equal(sentence(v4('2f', '')), `Dropped (r): GRE ${way} from wan0 to lan0`);
  const tcp = '0001 0002 00000000 00000000';
  assert.match(sentence(v4('06', `${tcp} 5029`)), /:1 -> 203\.0\.113\.50:2 FIN,PSH,URG from/);
  assert.match(sentence(v4('06', `${tcp} 5000`)), /:2 no flags from/);
  const v6 = '60000000 0028 11 40 20010db8000300000000000000000009 20010db8000300000000000000000050 00350035';
  assert.match(sentence(v6), /UDP \[2001:db8:3::9\]:53 -> \[2001:db8:3::50\]:53 from/);
});
