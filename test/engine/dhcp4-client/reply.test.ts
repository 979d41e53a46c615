import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hours, Seconds } from '../../../src/base/duration.ts';
import { formatIpv4, type Ipv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { formatPrefix4, parsePrefix4 } from '../../../src/base/prefix.ts';
import type { Binding } from '../../../src/engine/dhcp4-client/binding.ts';
import {
  MAX_ROUTES,
  MAX_SEARCH_DOMAINS,
  MAX_SERVERS,
  readReply,
} from '../../../src/engine/dhcp4-client/reply.ts';
import type { Dhcp4Options } from '../../../src/wire/dhcp4/options.ts';
import { ADDRESS, MAC, reply, SERVER, TYPE } from './driver.ts';

function bindingOf(options: Dhcp4Options, yiaddr: Ipv4 = ADDRESS): Binding {
  const found = readReply(reply(1, TYPE.ACK, { yiaddr, options }), SERVER, MAC);
  assert.ok(found?.kind === 'ack');
  return found.binding;
}

const route = (destination: string, router: string) => ({
  destination: parsePrefix4(destination),
  router: parseIpv4(router),
});

test('readReply() takes the first usable router as the gateway', () => {
  const routers = ['0.0.0.0', '203.0.113.1', '203.0.113.2'].map(parseIpv4);
  assert.equal(bindingOf({ routers }).gateway, SERVER);
  assert.equal(bindingOf({ routers: undefined }).gateway, undefined);
});

test('readReply() lets classless routes win over the router option (RFC 3442)', () => {
  const binding = bindingOf({
    routers: [parseIpv4('203.0.113.9')],
    classlessRoutes: [
      route('10.0.0.0/8', '203.0.113.3'),
      route('0.0.0.0/0', '203.0.113.2'),
      route('198.51.100.0/24', '0.0.0.0'),
      route('192.0.2.0/24', '255.255.255.255'),
    ],
  });
  assert.equal(binding.gateway, parseIpv4('203.0.113.2'));
  assert.deepEqual(
    binding.routes.map((one) => `${formatPrefix4(one.destination)} ${formatIpv4(one.router)}`),
    ['10.0.0.0/8 203.0.113.3', '198.51.100.0/24 0.0.0.0'],
  );
});

test('readReply() has no gateway if the classless routes hold no default route (RFC 3442: MUST ignore the router option)', () => {
  const binding = bindingOf({ classlessRoutes: [route('10.0.0.0/8', '203.0.113.3')] });
  assert.equal(binding.gateway, undefined);
});

test('readReply() replaces a missing or broken mask by that of the address class', () => {
  const lengths = ['10.1.2.3', '172.20.0.9', '203.0.113.50'].map(
    (address) => bindingOf({ subnetMask: undefined }, parseIpv4(address)).address.length,
  );
  assert.deepEqual(lengths, [8, 16, 24]);
  assert.equal(bindingOf({ subnetMask: parseIpv4('255.0.255.0') }).address.length, 24);
  assert.equal(bindingOf({ subnetMask: parseIpv4('0.0.0.0') }).address.length, 24);
  assert.equal(bindingOf({ subnetMask: parseIpv4('255.255.255.255') }).address.length, 32);
});

test('readReply() takes the sender for the server if the message does not say, and an hour for the lease time', () => {
  const binding = bindingOf({ serverId: undefined, leaseTime: undefined });
  assert.equal(binding.server, SERVER);
  assert.equal(binding.leaseTime, Hours(1));
});

test('readReply() takes the sender for the server also where no renewal could be sent to the one it names', () => {
  for (const serverId of ['0.0.0.0', '255.255.255.255', '127.0.0.1', '224.0.0.9'].map(parseIpv4))
    assert.equal(bindingOf({ serverId }).server, SERVER);
});

test('readReply() drops names and addresses nobody could use', () => {
  const binding = bindingOf({
    dnsServers: ['0.0.0.0', '192.0.2.53', '239.1.1.1', '127.0.0.1'].map(parseIpv4),
    domainName: 'evil\n.example',
    domainSearch: ['office.example', '<script>', ''],
  });
  assert.deepEqual(binding.dnsServers, [parseIpv4('192.0.2.53')]);
  assert.equal(binding.domain, undefined);
  assert.deepEqual(binding.searchDomains, ['office.example']);
});

test('readReply() takes only so many values of each list', () => {
  const many = Array.from({ length: 1000 }, () => SERVER);
  const binding = bindingOf({
    dnsServers: many,
    timeServers: many,
    domainSearch: many.map((_, index) => `d${index}.example`),
    classlessRoutes: many.map(() => route('10.0.0.0/8', '203.0.113.3')),
  });
  const { dnsServers, timeServers, searchDomains, routes } = binding;
  assert.deepEqual(
    [dnsServers, timeServers, searchDomains, routes].map((list) => list.length),
    [MAX_SERVERS, MAX_SERVERS, MAX_SEARCH_DOMAINS, MAX_ROUTES],
  );
});

test('readReply() reads a refusal with its reason', () => {
  const message = reply(7, TYPE.NAK, {
    yiaddr: parseIpv4('0.0.0.0'),
    options: { message: 'no', leaseTime: Seconds(0) },
  });
  assert.deepEqual(readReply(message, SERVER, MAC), { kind: 'nak', xid: 7, server: SERVER, reason: 'no' });
});
