import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../src/base/errors.ts';
import { fromHex, toHex } from '../../../src/base/hex.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import { MAX_SHIFTED_PORTS } from '../../../src/base/shifted-ports.ts';
import { type ForwardMaps, forwardMaps } from '../../../src/engine/firewall/forward-maps.ts';
import type { FirewallOptions, PortForward } from '../../../src/engine/firewall/options.ts';
import { decodeNft } from '../../../src/wire/nftables/message.ts';
import { readVectors } from '../../wire/nftables/vectors.ts';
import { elementBodies } from '../../../src/engine/firewall/set-messages.ts';
import { forwardSet, forwardedPortSet } from '../../../src/engine/firewall/sets.ts';
import { OFFICE, forwardWith } from './options.ts';

function mapsOf(forwards: readonly PortForward[], changes: Partial<FirewallOptions> = {}): ForwardMaps {
  return forwardMaps({ ...OFFICE, hairpin: false, forwards, ...changes });
}

/** Keys as `source-last protocol port-last`. */
function keysOf(elements: ForwardMaps['samePort']): string[] {
  const part = (key: Uint8Array): string =>
    `${key.subarray(0, 4).join('.')} ${key[4]} ${(key[8] ?? 0) * 256 + (key[9] ?? 0)}`;
  return elements.map(({ key, last }) => `${part(key)} to ${part(last ?? key)}`);
}

function valueOf({ value }: ForwardMaps['ports'][number]): string {
  return value !== undefined && 'bytes' in value ? toHex(value.bytes) : '';
}

test('forwardMaps() keys a forward of one port for everybody by protocol and port, so that the kernel can hash it', () => {
  const { ports, samePort, shifted } = mapsOf([forwardWith({ protocol: 'both' })]);
  const keys = ports.map(({ key, last }) => [toHex(key), last]);
  assert.deepEqual(keys, [
    ['0600000020fb0000', undefined],
    ['1100000020fb0000', undefined],
  ]);
  assert.deepEqual(ports.map(valueOf), ['c0a84d1420fb0000', 'c0a84d1420fb0000']);
  assert.deepEqual([samePort, shifted], [[], []]);
});

test('forwardMaps() keys ranges and forwards for certain senders by sender, protocol and port', () => {
  const range = forwardWith({ port: { first: 10, last: 20 } });
  const { ports, samePort, shifted } = mapsOf([
    range,
    forwardWith({ from: [parsePrefix4('192.0.2.7/32')] }),
    forwardWith({ from: [parsePrefix4('198.51.100.0/24')], toPort: 443 }),
  ]);
  assert.deepEqual(keysOf(samePort), [
    '0.0.0.0 6 10 to 255.255.255.255 6 20',
    '192.0.2.7 6 8443 to 192.0.2.7 6 8443',
  ]);
  assert.deepEqual(keysOf(shifted), ['198.51.100.0 6 8443 to 198.51.100.255 6 8443']);
  assert.deepEqual(ports, []);
});

test('forwardMaps() makes an element for each protocol of "both" and each prefix of "from"', () => {
  const from = [parsePrefix4('192.0.2.0/24'), parsePrefix4('198.51.100.7/32')];
  const { samePort } = mapsOf([forwardWith({ protocol: 'both', port: { first: 10, last: 20 }, from })]);
  assert.deepEqual(keysOf(samePort), [
    '192.0.2.0 6 10 to 192.0.2.255 6 20',
    '198.51.100.7 6 10 to 198.51.100.7 6 20',
    '192.0.2.0 17 10 to 192.0.2.255 17 20',
    '198.51.100.7 17 10 to 198.51.100.7 17 20',
  ]);
});

test('forwardMaps() leaves out prefixes that another of the same forward covers, which the kernel refuses', () => {
  const from = ['192.0.2.0/25', '192.0.2.0/24', '192.0.2.9/24'].map(parsePrefix4);
  assert.deepEqual(keysOf(mapsOf([forwardWith({ from })]).samePort), [
    '192.0.2.0 6 8443 to 192.0.2.255 6 8443',
  ]);
});

test('forwardMaps() shifts a range port by port, because the kernel has no other way', () => {
  const range = { port: { first: 5000, last: 5002 }, toPort: 65_533 };
  const { ports } = mapsOf([forwardWith(range)]);
  const { shifted } = mapsOf([forwardWith({ ...range, from: [parsePrefix4('192.0.2.0/24')] })]);
  for (const elements of [ports, shifted])
    assert.deepEqual(elements.map(valueOf), ['c0a84d14fffd0000', 'c0a84d14fffe0000', 'c0a84d14ffff0000']);
});

test('forwardMaps() keeps a range whole when its ports stay', () => {
  const forward = forwardWith({ port: { first: 10_000, last: 20_000 }, toPort: 10_000 });
  const { ports, samePort, shifted } = mapsOf([forward]);
  assert.deepEqual([ports.length, samePort.length, shifted.length], [0, 1, 0]);
});

test('forwardMaps() refuses a shifted range that is too long or ends above 65535', () => {
  const long = forwardWith({ port: { first: 1, last: 1 + MAX_SHIFTED_PORTS }, toPort: 3000 });
  assert.throws(() => mapsOf([long]), UserError);
  const high = forwardWith({ port: { first: 1, last: 3 }, toPort: 65_534 });
  assert.throws(() => mapsOf([high]), /ends above 65535/);
});

test('forwardMaps() refuses more elements than one transaction takes', () => {
  const forwards = Array.from({ length: 9 }, (_, i) =>
    forwardWith({ port: { first: 1 + i * 1000, last: 1000 + i * 1000 }, toPort: 30_000 }),
  );
  assert.throws(() => mapsOf(forwards), /9000 entries, 8192 are the most/);
  assert.equal(mapsOf(forwards.slice(1)).ports.length, 8000);
});

test('forwardMaps() refuses two forwards of the same packets, naming both', () => {
  const other = forwardWith({ name: 'other', protocol: 'both', port: { first: 8000, last: 9000 } });
  assert.throws(() => mapsOf([forwardWith(), other]), /"other".*"camera"/);
  assert.doesNotThrow(() => mapsOf([forwardWith(), { ...other, enabled: false }]));
  assert.doesNotThrow(() => mapsOf([forwardWith(), { ...other, protocol: 'udp' }]));
});

test('forwardMaps() allows one port to lead to two devices for senders apart', () => {
  const [here, there] = ['192.0.2.0/24', '198.51.100.0/24'].map((text) => [parsePrefix4(text)]);
  const forwards = [forwardWith({ from: here ?? [] }), forwardWith({ name: 'other', from: there ?? [] })];
  assert.equal(mapsOf(forwards).samePort.length, 2);
  // With hairpin only one of them can be the LAN's: the first.
  const { samePort } = mapsOf(forwards, { hairpin: true });
  assert.deepEqual(
    samePort.map(({ comment }) => comment),
    ['firewall.forwards[0] camera', 'firewall.forwards[1] other', 'firewall.forwards[0] camera'],
  );
  assert.equal(keysOf(samePort).at(-1), '192.168.77.0 6 8443 to 192.168.77.255 6 8443');
});

test('forwardMaps() adds the LAN to a forward for certain senders only with hairpin and only if it is not covered', () => {
  const forwards = [
    forwardWith({ from: [parsePrefix4('192.0.2.0/24')] }),
    forwardWith({ port: { first: 1, last: 1 } }),
  ];
  const counts = (hairpin: boolean): readonly number[] => {
    const { ports, samePort } = mapsOf(forwards, { hairpin });
    return [ports.length, samePort.length];
  };
  assert.deepEqual(counts(false), [1, 1]);
  assert.deepEqual(counts(true), [1, 2]);
});

test('forwardMaps() gives every network of the LAN its hairpins', () => {
  const lanNetworks = ['192.168.77.1/24', '192.168.78.1/24'].map(parsePrefix4);
  const forwards = [forwardWith({ from: [parsePrefix4('192.0.2.0/24')] })];
  const { samePort } = mapsOf(forwards, { hairpin: true, lanNetworks });
  assert.deepEqual(keysOf(samePort).slice(1), [
    '192.168.77.0 6 8443 to 192.168.77.255 6 8443',
    '192.168.78.0 6 8443 to 192.168.78.255 6 8443',
  ]);
});

test('the elements of port forwards are those of the reference tool, byte for byte', () => {
  const from = [parsePrefix4('203.0.113.0/24')];
  const { ports } = mapsOf([forwardWith({ toPort: 443 })]);
  const { shifted } = mapsOf([forwardWith({ toPort: 443, from })]);
  const pairs = [
    ['map inet t forwarded-ports', forwardedPortSet(ports, false)],
    ['203.0.113.0/24 . tcp', forwardSet('forwards', ['ipv4_addr', 'inet_service'], shifted, false)],
  ] as const;
  for (const [origin, set] of pairs) {
    const vector = readVectors('set').find((one) => one.origin.includes(origin));
    const message = vector?.messages.map(decodeNft).find((one) => one?.kind === 'elements');
    assert.ok(message?.kind === 'elements');
    const [ours] = elementBodies(set);
    const [theirs] = message.body.elements ?? [];
    assert.deepEqual({ ...ours, userData: undefined }, { ...theirs, userData: undefined });
    assert.deepEqual(theirs?.userData, fromHex('000763616d65726100'));
  }
});
