import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../../src/base/errors.ts';
import { readConfig } from '../../../src/config/load.ts';

/** The problems as the owner reads them. */
function sentences(dhcp: object): readonly string[] {
  try {
    readConfig({ version: 1, dhcp });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.map(({ path, found, wanted }) => `${path}: found ${found}, wanted ${wanted}`);
  }
}

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

test('a range to exclude has its lower end first', () => {
  assert.match(
    sentences({ exclude: ['192.168.77.9-192.168.77.5'] })[0] ?? '',
    /^dhcp\.exclude\[0\]: .* a range such as/,
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

test('an option is of the type its number has, one number stands once, and what the server says itself is refused', () => {
  assert.deepEqual(
    sentences({
      options: [
        { code: 42, value: ['192.168.77.9'] },
        { code: 150, type: 'ipv4', value: '192.168.77.9' },
        { code: 224, value: '0a0b' },
      ],
    }),
    [],
  );
  assert.deepEqual(sentences({ options: [{ code: 3, value: 'router' }] }), [
    'dhcp.options[0].value: found "router", wanted a list of IPv4 addresses such as ["192.168.77.2", "192.168.77.3"]',
  ]);
  assert.match(
    sentences({ options: [{ code: 3, type: 'u8', value: 1 }] })[0] ?? '',
    /^dhcp\.options\[0\]\.type: found "u8"/,
  );
  assert.match(
    sentences({ options: [{ code: 51, value: '00000e10' }] })[0] ?? '',
    /^dhcp\.options\[0\]\.code: found 51/,
  );
  const boot = { code: 67, value: 'pxelinux.0' };
  assert.deepEqual(sentences({ options: [boot, boot] }), [
    'dhcp.options[1].code: found 67, wanted a number other than that of dhcp.options[0]',
  ]);
});
