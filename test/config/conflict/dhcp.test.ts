import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentences } from './dhcp-sentences.ts';

test('a pool of which nothing is left to give is refused', () => {
  const pool = { first: '192.168.77.1', last: '192.168.77.9' };
  const wanted = 'at least one address from "192.168.77.1" to "192.168.77.9" left to give';
  assert.deepEqual(sentences({ pool, exclude: ['192.168.77.4-192.168.77.9', '192.168.77.2-192.168.77.5'] }), [
    `dhcp.exclude: found every address of the pool, wanted ${wanted}`,
  ]);
  assert.deepEqual(sentences({ pool, exclude: ['192.168.77.2-192.168.77.8'] }), []);
  assert.equal(sentences({ exclude: ['192.168.77.0-192.168.77.200'] }).length, 1);
  assert.deepEqual(sentences({ enabled: false, exclude: ['192.168.77.0-192.168.77.200'] }), []);
});

test('a pool of addresses that no device can have is refused: the box, the ends of the LAN', () => {
  for (const address of ['192.168.77.0', '192.168.77.1', '192.168.77.255'])
    assert.deepEqual(sentences({ pool: { first: address, last: address } }), [
      `dhcp.pool: found "${address}" to "${address}", of which no device can have one, ` +
        'wanted a pool with addresses to give, such as "192.168.77.1" to "192.168.77.100"',
    ]);
  assert.deepEqual(sentences({ pool: { first: '192.168.77.0', last: '192.168.77.2' } }), []);
});

test('a pool from above to below is refused with its ends the other way round', () => {
  assert.deepEqual(sentences({ pool: { first: '192.168.77.30', last: '192.168.77.20' } }), [
    'dhcp.pool: found "192.168.77.30" to "192.168.77.20", ' +
      'wanted a first address not above the last, such as "192.168.77.20" to "192.168.77.30"',
  ]);
});

test('a pool beyond the LAN is refused with the nearest addresses', () => {
  assert.deepEqual(sentences({ pool: { first: '192.168.76.9', last: '192.168.78.9' } }), [
    'dhcp.pool.first: found "192.168.76.9", wanted an address within 192.168.77.1/24 such as "192.168.77.1"',
    'dhcp.pool.last: found "192.168.78.9", wanted an address within 192.168.77.1/24 such as "192.168.77.254"',
  ]);
});

test('a lease time that is too short or too long is refused with the nearest', () => {
  const wanted = 'wanted a duration from "2m" to "365d", such as';
  assert.deepEqual(sentences({ leaseTime: '1s' }), [`dhcp.leaseTime: found "1s", ${wanted} "2m"`]);
  assert.deepEqual(sentences({ leaseTime: '400d' }), [`dhcp.leaseTime: found "400d", ${wanted} "365d"`]);
});

test('a range to exclude has its lower end first', () => {
  assert.match(
    sentences({ exclude: ['192.168.77.9-192.168.77.5'] })[0] ?? '',
    /^dhcp\.exclude\[0\]: .* a range, the lower end first, such as/,
  );
});

test('a reservation names a device by MAC address, client identifier or host name, and none of them twice', () => {
  const address = '192.168.77.20';
  assert.deepEqual(sentences({ reservations: [{ address }] }), [
    'dhcp.reservations[0]: found neither "mac" nor "clientId" nor "hostName", wanted one of them, to know the device by',
  ]);
  const twice = sentences({
    reservations: [
      { clientId: 'FF:00:00:00:01:AA', hostName: 'till', address },
      { clientId: 'ff00000001aa', hostName: 'TILL', address: '192.168.77.21' },
    ],
  });
  assert.deepEqual(
    twice.map((sentence) => sentence.split(':')[0]),
    ['dhcp.reservations[1].clientId', 'dhcp.reservations[1].hostName'],
  );
});

test('a reservation for a MAC address that no device has is refused: the server answers none that says to have it', () => {
  for (const mac of ['01:00:5e:00:00:01', 'ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00'])
    assert.deepEqual(sentences({ reservations: [{ mac, address: '192.168.77.20' }] }), [
      `dhcp.reservations[0].mac: found "${mac}", wanted null, or the MAC address of one device such as "02:00:00:00:00:20"`,
    ]);
});

test('an address, a device or a name reserved twice is refused with the value, and an address with the nearest free one', () => {
  const mac = '02:00:00:00:00:20';
  const reservations = [
    { mac, address: '192.168.77.20', name: 'till' },
    { mac, address: '192.168.77.21' },
    { mac: '02:00:00:00:00:22', address: '192.168.77.20', name: 'TILL' },
  ];
  assert.deepEqual(sentences({ reservations }), [
    `dhcp.reservations[1].mac: found "${mac}", wanted a MAC address other than that of dhcp.reservations[0]`,
    'dhcp.reservations[2].address: found "192.168.77.20", ' +
      'wanted an address other than that of dhcp.reservations[0], such as "192.168.77.19"',
    'dhcp.reservations[2].name: found "TILL", wanted a name other than that of dhcp.reservations[0]',
  ]);
});

test('an exclusion outside the LAN is refused, one that reaches into it is not', () => {
  assert.deepEqual(sentences({ exclude: ['192.168.7.5', '192.168.78.1-192.168.78.9'] }), [
    'dhcp.exclude[0]: found "192.168.7.5", wanted addresses within 192.168.77.1/24',
    'dhcp.exclude[1]: found "192.168.78.1-192.168.78.9", wanted addresses within 192.168.77.1/24',
  ]);
  assert.deepEqual(sentences({ exclude: ['192.168.76.0-192.168.77.9'] }), []);
});
