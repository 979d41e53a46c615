import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../../src/base/address.ts';
import { UserError } from '../../../src/base/errors.ts';
import { parseMac } from '../../../src/base/mac.ts';
import { DeviceDirectory, type Sighting } from '../../../src/role/net/device-directory.ts';

const CAMERA = parseMac('02:00:00:00:00:20');
const PC = parseMac('02:00:00:00:00:11');

function seen(mac: Sighting['mac'], address: string, name?: string): Sighting {
  return { mac, address: parseAddress(address), name };
}

const directory = new DeviceDirectory(
  [
    seen(CAMERA, '192.168.77.20', 'camera'),
    seen(PC, '192.168.77.11', 'Camera'),
    seen(PC, 'fe80::11'),
    seen(PC, '192.168.77.11', 'pc1'),
  ],
  'office.example',
);

test('find() knows a device by name, by name under the domain, by MAC address and by each of its addresses', () => {
  for (const text of ['camera', 'CAMERA', 'camera.office.example', '02-00-00-00-00-20', '192.168.77.20'])
    assert.equal(directory.find(text).mac, CAMERA, text);
  for (const text of ['pc1', 'fe80::11', '192.168.77.11']) assert.equal(directory.find(text).mac, PC, text);
  assert.deepEqual(directory.find('pc1').addresses.length, 2);
});

test('DeviceDirectory knows a device under any number of addresses', () => {
  const addresses = Array.from({ length: 150_000 }, (_, n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
  const large = new DeviceDirectory(
    [...addresses, ...addresses.slice(0, 10)].map((address) => seen(PC, address)),
    'office.example',
  );
  assert.equal(large.ofMac(PC)?.addresses.length, addresses.length);
  assert.equal(large.ofAddress(parseAddress('10.2.0.9'))?.mac, PC);
});

test('find() takes a MAC address nobody was seen with at its word', () => {
  assert.deepEqual(directory.find('02:00:00:00:00:99').addresses, []);
});

test('find() offers names that begin alike in place of one it does not know', () => {
  assert.throws(
    () => directory.find('camra'),
    new UserError('Cannot find the device "camra": known are camera, pc1; a MAC address would do as well'),
  );
  assert.throws(() => new DeviceDirectory([], 'x').find('a'), /no device has a name now/);
});

test('label() is the name of whoever has the address, else the address', () => {
  assert.equal(directory.label(parseAddress('192.168.77.20')), 'camera');
  assert.equal(directory.label(parseAddress('192.168.77.99')), '192.168.77.99');
});
