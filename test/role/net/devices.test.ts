import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../../src/base/errors.ts';
import { readConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';
import { Devices } from '../../../src/role/net/devices.ts';
import { observedLink } from '../../fake/observed-link.ts';

function devicesOf(...names: readonly string[]): Devices {
  const devices = new Devices();
  for (const [index, name] of names.entries()) devices.set(name, observedLink(index + 1, name));
  return devices;
}

function configOf(owner: object): Config {
  return readConfig({ version: 1, ...owner });
}

const BEFORE = configOf({});

test('names() are the present names of both sides and of every port; a MAC address of nobody is no device', () => {
  const devices = devicesOf('wan0', 'lan0', 'lan1');
  assert.deepEqual(devices.names(configOf({ lan: { devices: ['lan0', 'mac:02:00:00:00:00:03'] } })), {
    wan: 'wan0',
    lan: 'br-lan',
    ports: ['wan0', 'lan0', 'lan1'],
  });
  assert.equal(devices.names(configOf({ wan: { device: 'mac:02:00:00:00:00:09' } })).wan, 'absent');
});

test('names() leaves a port that is not there out, since no flow table of Linux before 6.16 could have it', () => {
  const devices = devicesOf('lan0', 'wan0');
  devices.set('wan0', undefined);
  const { wan, ports } = devices.names(configOf({ lan: { devices: ['lan0', 'lan1'] } }));
  assert.deepEqual({ wan, ports }, { wan: 'wan0', ports: ['lan0'] });
});

test('requireNewOnes() refuses a device that is not there, with those that are', () => {
  const devices = devicesOf('lo', 'wan0', 'lan0');
  assert.throws(
    () => devices.requireNewOnes(configOf({ wan: { device: 'wan7' } }), BEFORE),
    new ConfigError([
      {
        path: 'wan.device',
        found: '"wan7"',
        wanted: 'one of wan0 (mac:02:00:00:00:00:02), lan0 (mac:02:00:00:00:00:03)',
      },
    ]),
  );
});

test('requireNewOnes() waits for a device that was named before, and asks for none of the WAN in lan-only', () => {
  const devices = devicesOf('lan0');
  devices.requireNewOnes(configOf({ system: { name: 'box' } }), BEFORE);
  devices.requireNewOnes(configOf({ mode: 'lan-only', wan: { device: 'wan7' } }), BEFORE);
});
