import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../src/base/errors.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parseIpv6 } from '../../../src/base/ipv6.ts';
import { parseMac } from '../../../src/base/mac.ts';
import { explain } from '../../../src/engine/firewall/explain.ts';
import type { FirewallOptions } from '../../../src/engine/firewall/options.ts';
import { forwardWith } from './options.ts';
import { factsWith } from './site.ts';

const CAMERA = { forwards: [forwardWith({ toPort: 443 })] };

function answer(call: string, changes: Partial<FirewallOptions> = {}): ReturnType<typeof explain> {
  const [from = '', to = '', what = ''] = call.split(' ');
  return explain({ from, to, what }, factsWith(changes));
}

function summary(call: string, changes: Partial<FirewallOptions> = {}): string {
  const { verdict, way, decidedBy } = answer(call, changes);
  return `${verdict} ${way}: ${decidedBy}`;
}

test('explain() says that the LAN goes out under the address of the WAN, because of the mode', () => {
  const { text, source, destination } = answer('lan internet tcp/443');
  assert.equal(summary('lan internet tcp/443'), 'accepted through the box: mode "firewall"');
  assert.equal(source, '203.0.113.50');
  assert.equal(destination, null);
  assert.match(text, /^A TCP connection from 192\.168\.77\.254 to 198\.51\.100\.20 port 443 goes through/);
});

test('explain() names the forward that leads on, by its place and name', () => {
  const { destination, decidedBy } = answer('internet box tcp/8443', CAMERA);
  assert.equal(decidedBy, 'firewall.forwards[0] "camera"');
  assert.equal(destination, '192.168.77.20:443');
});

test('explain() leads a LAN device that asks for the WAN address to the forward too (hairpin)', () => {
  const { destination, source, decidedBy } = answer('printer 203.0.113.50 tcp/8443', CAMERA);
  assert.equal(decidedBy, 'firewall.forwards[0] "camera"');
  assert.equal(destination, '192.168.77.20:443');
  assert.equal(source, '192.168.77.1');
  const without = answer('printer 203.0.113.50 tcp/8443', { ...CAMERA, hairpin: false });
  assert.equal(without.way, 'to the box');
});

test('explain() tells public services, pings and silence on the WAN apart', () => {
  assert.equal(summary('internet box tcp/25'), 'accepted to the box: firewall.publicServices');
  assert.equal(summary('internet box icmp'), 'accepted to the box: firewall.pingFromWan');
  assert.match(summary('internet box icmp', { pingFromWan: false }), /^dropped to the box: /);
  assert.match(summary('internet box tcp/22'), /^dropped to the box: /);
  assert.match(answer('internet box tcp/22').text, /is dropped without an answer/);
});

test('explain() says what the LAN is told when it asks the box for a service that is not there', () => {
  assert.equal(summary('lan box tcp/99'), 'refused to the box: always');
  assert.match(answer('lan box tcp/99').text, /is refused with a TCP reset/);
  assert.match(answer('lan box udp/99').text, /port unreachable/);
});

test('explain() says that neighbours on the LAN do not come to the box', () => {
  assert.equal(summary('printer camera tcp/80'), 'accepted past the box: always');
  assert.equal(summary('8.8.8.8 9.9.9.9 tcp/80'), 'accepted past the box: always');
});

test('explain() takes a sender behind "@wan" to be there, whatever its address says', () => {
  assert.match(summary('192.168.77.9@wan box tcp/25'), /^dropped to the box: /);
  assert.match(summary('camera@wan box tcp/25'), /^dropped to the box: /);
});

test('explain() judges IPv6 where an end has only that, and keeps addresses as they are', () => {
  const { verdict, source } = answer('printer 2001:db8:9::1 tcp/443');
  assert.equal(verdict, 'accepted');
  assert.equal(source, null);
  assert.match(summary('2001:db8:9::1 printer tcp/443'), /^dropped through the box: /);
  assert.match(answer('2001:db8:9::1 box icmp').text, /^A ping from 2001:db8:9::1 to 2001:db8:3::50/);
});

test('explain() says that in mode router nobody on the WAN may claim an address of the LAN, and anybody else may call', () => {
  const mode = 'router';
  const spoofed = /senders that cannot be on the WAN/;
  for (const to of ['printer tcp/9100', 'printer icmp', 'box tcp/25', 'box icmp']) {
    assert.match(summary(`192.168.77.9@wan ${to}`, { mode }), /^dropped .*: mode "router"$/, to);
    assert.match(answer(`192.168.77.9@wan ${to}`, { mode }).text, spoofed, to);
  }
  assert.match(summary('192.168.78.9@wan printer tcp/9100', { mode }), /^accepted through the box/);
  assert.match(summary('192.168.77.9 internet tcp/80', { mode }), /^accepted through the box/);
});

test('explain() finds LAN devices by name and by MAC address', () => {
  assert.match(answer('PRINTER internet udp/53').text, /^A UDP packet from 192\.168\.77\.30 /);
  assert.match(answer('02-00-00-00-00-20 internet icmp').text, /^A ping from 192\.168\.77\.20 /);
});

test('explain() lets the box call with the address of that side', () => {
  assert.equal(summary('box internet udp/53'), 'accepted from the box: always');
  assert.match(answer('box internet udp/53').text, /from 203\.0\.113\.50 to/);
  assert.match(answer('box printer tcp/9100').text, /from 192\.168\.77\.1 to/);
});

test('explain() lists the rules that the packet met, in order', () => {
  const { steps } = answer('internet box tcp/8443', CAMERA);
  const translation = steps.findIndex((step) => /firewall\.forwards\[0\] camera.*new destination/.test(step));
  const accept = steps.findLastIndex((step) => step.endsWith(', accepted'));
  assert.ok(translation >= 0 && translation < accept, steps.join('\n'));
});

test('explain() knows neither the Internet nor translation in the other modes', () => {
  assert.equal(
    summary('internet printer tcp/80', { mode: 'router' }),
    'accepted through the box: mode "router"',
  );
  assert.throws(() => answer('internet box tcp/80', { mode: 'lan-only' }), /mode "lan-only"/);
});

const refusals: readonly (readonly [call: string, reason: RegExp])[] = [
  ['toaster internet tcp/80', /Cannot find "toaster": wanted is an address/],
  ['lan internet tcp', /Cannot read "tcp" as what is sent/],
  ['lan internet tcp/0', /Cannot read "tcp\/0" as what is sent/],
  ['lan internet tcp/65536', /Cannot read "tcp\/65536" as what is sent/],
  ['lan internet gre', /Cannot read "gre" as what is sent/],
  ['box box tcp/80', /both ends are the box itself/],
  ['192.168.77.1 203.0.113.50 tcp/80', /both ends are the box itself/],
  ['printer printer tcp/80', /both ends are 192\.168\.77\.30/],
  ['camera 2001:db8:9::1 tcp/80', /only an IPv4 and the other only an IPv6 address/],
  ['camera@moon box tcp/80', /behind "@" stands the side/],
  ['camera box@wan tcp/80', /only a sender can be on another side/],
];
for (const [call, reason] of refusals) {
  test(`explain() refuses "${call}" with what would do`, () => {
    assert.throws(
      () => answer(call),
      (error) => error instanceof UserError && reason.test(error.message),
    );
  });
}

test('explain() refuses to guess the address of a WAN that has none', () => {
  const facts = factsWith();
  const [lan] = facts.surroundings.devices;
  const surroundings = { devices: lan === undefined ? [] : [lan], routes: [] };
  const question = { from: 'internet', to: 'box', what: 'tcp/25' };
  assert.throws(() => explain(question, { ...facts, surroundings }), /it has no IPv4 address there just now/);
  const answer = explain({ from: 'lan', to: 'internet', what: 'icmp' }, { ...facts, surroundings });
  assert.match(answer.text, /is refused with an ICMP error \("no route"\)/);
});

test('explain() says of a blocked device that its block decides, for either family and both directions', () => {
  const blocked = { macs: [parseMac('02:00:00:00:00:30')], addresses: [parseIpv4('192.168.77.20')] };
  assert.equal(
    summary('printer internet tcp/80', { blocked }),
    'refused through the box: firewall.blockedDevices',
  );
  assert.equal(
    summary('printer 2001:db8:9::1 tcp/80', { blocked }),
    'refused through the box: firewall.blockedDevices',
  );
  assert.equal(
    summary('internet box tcp/8443', { ...CAMERA, blocked }),
    'dropped through the box: firewall.blockedDevices',
  );
  assert.equal(summary('printer box udp/53', { blocked }), 'accepted to the box: always');
});

test('explain() names one-to-one addresses both ways, and the exposed host', () => {
  const oneToOne = [{ name: 'pbx', address: parseIpv4('203.0.113.60'), to: parseIpv4('192.168.77.20') }];
  assert.equal(
    summary('internet 203.0.113.60 udp/5060', { oneToOne }),
    'accepted through the box: firewall.oneToOne[0] "pbx"',
  );
  assert.equal(answer('camera internet tcp/80', { oneToOne }).source, '203.0.113.60');
  const exposedHost = parseIpv4('192.168.77.30');
  assert.equal(
    summary('internet box tcp/4000', { exposedHost }),
    'accepted through the box: firewall.exposedHost',
  );
  assert.equal(
    summary('internet box tcp/25', { exposedHost }),
    'accepted to the box: firewall.publicServices',
  );
});

test('explain() gives the mode as the reason where nothing of the owner was asked for', () => {
  for (const mode of ['firewall', 'firewall-dmz'] as const) {
    assert.equal(summary('internet camera tcp/80', { mode }), `dropped through the box: mode "${mode}"`);
    assert.match(answer('internet camera tcp/80', { mode }).text, /the LAN has no address on the WAN$/);
  }
  assert.equal(
    summary('internet box icmp', { mode: 'firewall-dmz' }),
    'dropped to the box: mode "firewall-dmz"',
  );
  assert.equal(
    summary('internet printer icmp', { mode: 'router' }),
    'accepted through the box: mode "router"',
  );
});

test('explain() tells by what lines the WAN reaches a device that it cannot ask for by its address', () => {
  const { verdict, text } = answer('internet camera tcp/443', CAMERA);
  assert.equal(verdict, 'dropped');
  assert.match(text, /; an address of the WAN leads to it by firewall\.forwards\[0\] "camera"$/);
  assert.doesNotMatch(answer('internet printer tcp/443', CAMERA).text, /leads to it/);
});

test('explain() says what becomes of a packet for everybody on a network, which is for the box too', () => {
  assert.match(answer('printer 192.168.77.255 udp/137').text, /is dropped without an answer: always/);
  assert.match(summary('internet 203.0.113.255 udp/137'), /^dropped to the box: /);
});

test('explain() knows addresses that come from no wire, and lead to none', () => {
  for (const call of ['printer 127.0.0.1 tcp/80', 'printer 0.0.0.0 tcp/80', 'printer ::1 tcp/80']) {
    assert.match(answer(call).text, /is dropped without an answer: .*on no network/, call);
  }
  for (const from of ['internet', 'printer']) {
    const text = answer(`${from} 127.0.0.1 tcp/8443`, CAMERA).text;
    assert.match(text, /is dropped without an answer: .*on no network/, from);
  }
  for (const call of ['127.0.0.1@wan printer tcp/80', '::1@wan printer tcp/80'])
    assert.match(
      answer(call, { mode: 'router' }).text,
      /dropped without an answer: .*no host can send/,
      call,
    );
});

test('explain() says that a box which passes no IPv6 on passes none on, in any mode, and answers for itself', () => {
  const facts = factsWith({ mode: 'router' });
  const surroundings = { ...facts.surroundings, keepsIpv6: true };
  const ask = (from: string, to: string, what: string): string =>
    explain({ from, to, what }, { ...facts, surroundings }).text;
  assert.match(
    ask('printer', '2001:db8:9::1', 'tcp/443'),
    /dropped without an answer: .*IPv6 is not passed on/,
  );
  assert.match(
    ask('2001:db8:9::1', 'printer', 'tcp/443'),
    /dropped without an answer: .*IPv6 is not passed on/,
  );
  assert.match(ask('2001:db8:9::1', 'box', 'icmp'), /is let in/);
  assert.match(ask('printer', 'internet', 'tcp/443'), /goes through the box/);
});

test('explain() takes an address that leads beyond the link before a link-local one', () => {
  const facts = factsWith();
  const local = { name: 'printer', mac: parseMac('02:00:00:00:00:30'), address: parseIpv6('fe80::30') };
  const question = { from: 'printer', to: '2001:db8:9::1', what: 'tcp/443' };
  const { text } = explain(question, { ...facts, devices: [local, ...facts.devices] });
  assert.match(text, /^A TCP connection from 2001:db8:77::30 /);
});
