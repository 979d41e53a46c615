import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIpv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { formatPrefix4, parsePrefix4 } from '../../../src/base/prefix.ts';
import { readConfig } from '../../../src/config/load.ts';
import { wantedLinks } from '../../../src/role/net/narrow.ts';
import {
  canBeRouter,
  coversLan,
  routerConflict,
  routerInUse,
  wanConflict,
} from '../../../src/role/net/wan-conflict.ts';
import type { WanAddress } from '../../../src/service/wan/wan-state.ts';

const CONFIG = readConfig({ version: 1 });

function given(prefix: string, routes: readonly string[] = []): WanAddress {
  return {
    prefix: parsePrefix4(prefix),
    gateway: parseIpv4('203.0.113.1'),
    routes: routes.map((text) => ({ destination: parsePrefix4(text), router: parseIpv4('203.0.113.1') })),
    dnsServers: [],
    domain: undefined,
    searchDomains: [],
  };
}

test('wanConflict() finds an address of the provider that the LAN overlaps, either way round', () => {
  assert.equal(wanConflict(CONFIG, given('203.0.113.50/24')), undefined);
  for (const prefix of ['192.168.77.50/24', '192.168.77.50/30', '192.168.0.9/16']) {
    assert.match(wanConflict(CONFIG, given(prefix)) ?? '', /^The provider gave .* overlaps/);
  }
});

test('coversLan() is true for the LAN and parts of it, which the kernel would prefer, and for nothing wider', () => {
  const covers = (text: string): boolean => coversLan(CONFIG, parsePrefix4(text));
  assert.deepEqual(['192.168.77.0/24', '192.168.77.128/25', '192.168.77.20/32'].map(covers), [
    true,
    true,
    true,
  ]);
  assert.deepEqual(['0.0.0.0/0', '192.168.0.0/16', '192.168.78.0/24'].map(covers), [false, false, false]);
});

test('wantedLinks() leaves out routes of the provider that would take the LAN to the WAN', () => {
  const { wan } = wantedLinks(CONFIG, given('203.0.113.50/24', ['192.168.77.0/25', '198.51.100.0/24']));
  assert.deepEqual(
    wan?.ipv4?.routes.map(({ destination }) => formatPrefix4(destination)),
    ['0.0.0.0/0', '198.51.100.0/24'],
  );
});

test('wantedLinks() configures no address of the provider that the LAN overlaps', () => {
  assert.deepEqual(wantedLinks(CONFIG, given('192.168.77.50/24')).wan?.ipv4, { addresses: [], routes: [] });
});

test('canBeRouter() is false for the own addresses and broadcast addresses of the box, which the kernel refuses', () => {
  const config = readConfig({
    version: 1,
    firewall: { oneToOne: [{ name: 'door', address: '203.0.113.60', to: '192.168.77.20' }] },
  });
  const can = (router: string, prefix = '203.0.113.50/24'): boolean =>
    canBeRouter(config, given(prefix), parseIpv4(router));
  const own = ['192.168.77.1', '192.168.77.255', '203.0.113.50', '203.0.113.255', '203.0.113.60'];
  assert.deepEqual(
    own.filter((router) => can(router)),
    [],
  );
  assert.deepEqual([can('203.0.113.1'), can('10.0.0.1'), can('0.0.0.0')], [true, true, true]);
  assert.ok(can('203.0.113.51', '203.0.113.50/31'));
  assert.equal(can('203.0.113.50', '203.0.113.50/32'), false);
});

test('wantedLinks() leaves out routers of the provider that the kernel would refuse, and the owner is told of the default one', () => {
  const address = { ...given('203.0.113.50/24', ['198.51.100.0/24']), gateway: parseIpv4('192.168.77.1') };
  const { wan } = wantedLinks(CONFIG, address);
  assert.deepEqual(
    wan?.ipv4?.routes.map(({ destination }) => formatPrefix4(destination)),
    ['198.51.100.0/24'],
  );
  assert.match(routerConflict(CONFIG, address) ?? '', /^The provider named 192\.168\.77\.1 as its router/);
  assert.equal(routerConflict(CONFIG, given('203.0.113.50/24')), undefined);
});

test('routerInUse() is the default router, else that of a part of the Internet, and none that the kernel would refuse', () => {
  const used = (changes: Partial<WanAddress>): string | undefined => {
    const router = routerInUse(CONFIG, { ...given('203.0.113.50/24'), ...changes });
    return router === undefined ? undefined : formatIpv4(router);
  };
  const by = (destination: string, router: string): WanAddress['routes'][number] => ({
    destination: parsePrefix4(destination),
    router: parseIpv4(router),
  });
  const halves = [
    by('10.0.0.0/8', '203.0.113.3'),
    by('0.0.0.0/1', '203.0.113.2'),
    by('128.0.0.0/1', '203.0.113.2'),
    by('0.0.0.0/1', '0.0.0.0'),
  ];
  assert.equal(used({ routes: halves }), '203.0.113.1');
  assert.equal(used({ routes: halves, gateway: undefined }), '203.0.113.2');
  assert.equal(used({ routes: halves, gateway: parseIpv4('192.168.77.1') }), '203.0.113.2');
  assert.equal(used({ gateway: undefined }), undefined);
  assert.equal(
    used({ gateway: undefined, routes: [by('10.0.0.0/8', '203.0.113.3'), by('0.0.0.0/1', '0.0.0.0')] }),
    undefined,
  );
  assert.equal(used({ prefix: parsePrefix4('192.168.77.50/24') }), undefined);
});
