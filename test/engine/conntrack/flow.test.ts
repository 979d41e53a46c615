import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../../src/base/address.ts';
import { flowStatus } from '../../../src/engine/conntrack/flow-status.ts';
import { type Flow, flowOf } from '../../../src/engine/conntrack/flow.ts';
import { leavesUntranslated } from '../../../src/engine/conntrack/stale-nat.ts';
import { wayOf } from '../../../src/engine/conntrack/way.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import { decoded, exchangeOf } from '../../wire/conntrack/vectors.ts';
import { FORWARDED, MASKED, SIX, flow } from './flows.ts';

function captured(name: string): Flow[] {
  return decoded(exchangeOf('conntrack/entry.json', name).received).flatMap((message) => {
    const found = message.kind === 'new' ? flowOf(message.body) : undefined;
    return found === undefined ? [] : [found];
  });
}

const LAN = ['192.168.77.0/24'].map(parsePrefix4);

const deviceOf = (address: Flow['source']['address']): string | null =>
  address === parseAddress('192.168.77.20') ? 'printer' : null;

test('flowOf() reads every protocol of a captured list', () => {
  const flows = [...captured('list IPv4'), ...captured('list IPv6')];
  assert.deepEqual(
    flows.map(({ protocol }) => protocol).toSorted((a, b) => a - b),
    [1, 6, 6, 6, 17, 47, 50, 58],
  );
  assert.deepEqual(flows.find(({ protocol }) => protocol === 58)?.icmp?.type, 128);
});

test('flowOf() finds nothing in an entry without addresses or without a protocol', () => {
  assert.equal(flowOf({}), undefined);
  const addresses = { source4: 1, destination4: 2 } as never;
  assert.equal(flowOf({ original: { addresses }, reply: { addresses } }), undefined);
});

test('flowStatus() says of a captured connection what the reference tool printed', () => {
  const masked = captured('list IPv4').find(({ destination }) => destination.port === 80);
  assert.ok(masked);
  const status = flowStatus(masked, deviceOf);
  const line = exchangeOf('conntrack/entry.json', 'list IPv4').output.find((one) =>
    one.includes('dport=80 '),
  );
  const port = /sport=(\d+)/.exec(line ?? '')?.[1];
  assert.deepEqual(status, {
    id: Number(/ id=(\d+)/.exec(line ?? '')?.[1]),
    protocol: 'tcp',
    state: 'ESTABLISHED',
    source: `192.168.77.20:${port}`,
    destination: '203.0.113.1:80',
    replySource: '203.0.113.1:80',
    replyDestination: `203.0.113.50:${port}`,
    device: 'printer',
    sent: { packets: 4, bytes: 222 },
    received: { packets: 3, bytes: 167 },
    timeoutSeconds: 431_998,
  });
});

test('flowStatus() names the device behind a port forward, and none for connections of the box', () => {
  assert.equal(flowStatus(FORWARDED, deviceOf).device, 'printer');
  assert.equal(flowStatus(flow('203.0.113.50:123', '198.51.100.1:123'), deviceOf).device, null);
});

test('flowStatus() writes IPv6 ends in brackets, ends without ports alone, unknown protocols as numbers', () => {
  assert.equal(flowStatus(SIX, deviceOf).source, '[2001:db8:77::20]:5000');
  const bare = { ...flow('203.0.113.50', '203.0.113.1'), protocol: 99, state: undefined };
  const { source, protocol, state } = flowStatus(bare, deviceOf);
  assert.deepEqual({ source, protocol, state }, { source: '203.0.113.50', protocol: '99', state: null });
});

test('wayOf() tells who began a connection, who answers it, and what is translated', () => {
  const placeOf = (address: Flow['source']['address']) => {
    if (address === parseAddress('203.0.113.50')) return 'box';
    return address === parseAddress('192.168.77.20') ? 'lan' : 'wan';
  };
  assert.deepEqual(wayOf(MASKED, placeOf), { from: 'lan', to: 'wan', isRedirected: false, isMasked: true });
  assert.deepEqual(wayOf(FORWARDED, placeOf), {
    from: 'wan',
    to: 'lan',
    isRedirected: true,
    isMasked: false,
  });
  assert.deepEqual(wayOf(flow('198.51.100.1:1', '203.0.113.50:25'), placeOf), {
    from: 'wan',
    to: 'box',
    isRedirected: false,
    isMasked: false,
  });
});

test('leavesUntranslated() finds what left the LAN under its own address, nothing else', () => {
  assert.ok(leavesUntranslated(flow('192.168.77.20:5000', '198.51.100.1:443'), LAN));
  assert.ok(!leavesUntranslated(MASKED, LAN));
  assert.ok(!leavesUntranslated(FORWARDED, LAN));
  assert.ok(!leavesUntranslated(SIX, LAN));
  assert.ok(!leavesUntranslated(flow('192.168.77.20:5000', '192.168.77.1:53'), LAN));
  assert.ok(!leavesUntranslated(flow('192.168.77.20:5000', '198.51.100.1:443'), []));
});
