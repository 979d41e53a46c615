import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { ADDRESSES } from './addresses.ts';
import { Box } from './box.ts';
import { boxConfig } from './box-config.ts';
import { Office } from './office.ts';
import { waitFor } from './wait-for.ts';

/** A router that the kernel refuses, and a route named twice. */
const ROUTES = `10.1.0.0/16,${ADDRESSES.isp},10.1.0.0/16,${ADDRESSES.isp}`;
const OPTIONS = [`dhcp-option=121,${ROUTES},0.0.0.0/0,${ADDRESSES.boxLan}`];

/** A router advertisement to all nodes, with a prefix for addresses of their own (RFC 4861 §4.2, §4.6.2). */
const ADVERTISE = `
import socket, struct
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
prefix = bytes([3, 4, 64, 0xC0]) + struct.pack('!III', 86400, 86400, 0) + socket.inet_pton(socket.AF_INET6, '2001:db8:bad::')
s.sendto(bytes([134, 0, 0, 0, 64, 0]) + struct.pack('!HII', 1800, 0, 0) + prefix, ('ff02::1', 0, 0, socket.if_nametoindex('wan')))
`;

let office: Office;
let box: Box;

before(async () => {
  office = await Office.create({ extra: OPTIONS });
  box = await Box.start(office.box);
  await box.online();
});

after(() => office.remove());

test('a provider that names a router the kernel refuses does not keep the owner from changing the configuration', async () => {
  await waitFor('the routes of the provider', async () =>
    (await office.box.output(['ip', 'route'])).includes(`10.1.0.0/16 via ${ADDRESSES.isp} dev wan0`),
  );
  const file = box.namespace.file('new.json');
  writeFileSync(file, JSON.stringify(boxConfig({ firewall: { blockedDevices: [ADDRESSES.pc2Mac] } })));
  const { status, stderr } = await box.cli(['config', 'apply', file]);
  assert.equal(status, 0, stderr);
  const health = JSON.stringify(await box.health());
  assert.match(health, /The provider named 192\.168\.77\.1 as its router/);
  // What is not used is not asked either: a box that answers itself would pass for the provider's gateway.
  assert.match(health, /"name":"gateway","state":"failed","reason":"No gateway is known/);
});

test('a router advertisement on the WAN gives the box neither an IPv6 address nor a route', async () => {
  const { isp } = office.hosts;
  const listener = office.box.start('advertised', [
    'tcpdump',
    '-lni',
    'wan0',
    '-c1',
    'icmp6 and ip6[40] == 134',
  ]);
  await listener.line(/listening on/);
  // Duplicate address detection (RFC 4862 section 5.4) takes its second before the provider has an address to send from.
  await waitFor('a link-local address of the provider', async () =>
    / scope link $/m.test(await isp.ip('-6', 'address', 'show', 'dev', 'wan', 'scope', 'link', '-tentative')),
  );
  await isp.output(['python3', '-c', ADVERTISE]);
  await listener.ended;
  assert.doesNotMatch(await office.box.output(['ip', '-6', 'address']), /scope global/);
  assert.doesNotMatch(await office.box.output(['ip', '-6', 'route']), /default/);
});
