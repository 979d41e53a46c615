import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../../src/base/address.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import type { Flow, FlowEnd } from '../../../src/engine/conntrack/flow.ts';
import { compileRuleset } from '../../../src/engine/firewall/compile.ts';
import type { FirewallOptions } from '../../../src/engine/firewall/options.ts';
import { type RulesOfNow, isStillAllowed, judgeAtSight } from '../../../src/engine/firewall/still-allowed.ts';
import { OFFICE } from './options.ts';
import { SURROUNDINGS } from './site.ts';

function end(text: string): FlowEnd {
  const [address = '', port] = text.split(':');
  return { address: parseAddress(address), port: port === undefined ? undefined : Number(port) };
}

/** A TCP connection by its four ends, `address:port`; answers come from and go to the reverse unless said otherwise. */
function flow(source: string, destination: string, reply: { from?: string; to?: string } = {}): Flow {
  return {
    id: 1,
    zone: undefined,
    protocol: 6,
    icmp: undefined,
    source: end(source),
    destination: end(destination),
    replySource: end(reply.from ?? destination),
    replyDestination: end(reply.to ?? source),
    status: 0,
    state: 'ESTABLISHED',
    timeoutSeconds: 7440,
    sent: { packets: 1, bytes: 60 },
    received: { packets: 1, bytes: 60 },
  };
}

function rulesOf(options: FirewallOptions): RulesOfNow {
  return {
    options,
    blockedAddresses: new Set(options.blocked.addresses),
    ruleset: compileRuleset(options),
    surroundings: SURROUNDINGS,
  };
}

function judge(one: Flow, change: Partial<FirewallOptions>): boolean {
  const options = { ...OFFICE, ...change };
  return isStillAllowed(one, rulesOf(options));
}

const OUT = flow('192.168.77.11:50000', '198.51.100.2:443', { to: '203.0.113.50:50000' });
const IN = flow('198.51.100.2:40000', '192.168.77.20:22');
const CAMERA = {
  name: 'camera',
  protocol: 'tcp',
  port: { first: 8443, last: 8443 },
  to: parseIpv4('192.168.77.20'),
  toPort: 443,
  from: [],
  enabled: true,
} as const;
const FORWARDED = flow('198.51.100.2:40000', '203.0.113.50:8443', { from: '192.168.77.20:443' });

test('judgeAtSight() asks a full table about a blocked device that answers for thousands of addresses', () => {
  const addresses = Array.from({ length: 60_000 }, (_, n) => parseAddress(`2001:db8:9::${n.toString(16)}`));
  const rules = rulesOf({ ...OFFICE, blocked: { macs: [], addresses } });
  let allowed = 0;
  for (let flows = 0; flows < 200_000; flows++) if (judgeAtSight(OUT, rules) === true) allowed++;
  assert.equal(allowed, 200_000);
});

test('a connection out of the LAN goes on in every mode but lan-only, and also when its address is translated no more', () => {
  for (const mode of ['firewall', 'firewall-dmz', 'router'] as const)
    assert.equal(judge(OUT, { mode }), true, mode);
  assert.equal(judge(OUT, { mode: 'lan-only' }), false);
});

test('a connection out of the LAN that was never translated ends where the LAN is behind one address, of IPv4 alone', () => {
  const plain = flow('192.168.77.11:50000', '198.51.100.2:443');
  const [inside, outside] = ['2001:db8:77::11', '2001:db8:5::2'].map((text, at) => ({
    address: parseAddress(text),
    port: [50_000, 443][at],
  }));
  assert.ok(inside !== undefined && outside !== undefined);
  const plain6 = {
    ...plain,
    source: inside,
    destination: outside,
    replySource: outside,
    replyDestination: inside,
  };
  for (const mode of ['firewall', 'firewall-dmz'] as const) {
    assert.equal(judge(plain, { mode }), false, mode);
    assert.equal(judge(plain6, { mode }), true, mode);
  }
  assert.equal(judge(plain, { mode: 'router' }), true);
});

test('a connection of a blocked device ends', () => {
  const blocked = { macs: [], addresses: [parseIpv4('192.168.77.11')] };
  assert.equal(judge(OUT, { blocked }), false);
});

test('a connection from the WAN into the LAN ends with the mode that let it in', () => {
  assert.equal(judge(IN, { mode: 'router' }), true);
  assert.equal(judge(IN, { mode: 'firewall' }), false);
});

test('a connection through a forward ends when the forward goes, leads elsewhere, or is for others', () => {
  assert.equal(judge(FORWARDED, { forwards: [CAMERA] }), true);
  assert.equal(judge(FORWARDED, { forwards: [] }), false);
  assert.equal(judge(FORWARDED, { forwards: [{ ...CAMERA, enabled: false }] }), false);
  assert.equal(judge(FORWARDED, { forwards: [{ ...CAMERA, toPort: 444 }] }), false);
  assert.equal(judge(FORWARDED, { forwards: [{ ...CAMERA, to: parseIpv4('192.168.77.21') }] }), false);
  assert.equal(judge(FORWARDED, { forwards: [{ ...CAMERA, from: [parsePrefix4('192.0.2.0/24')] }] }), false);
});

test('a connection to a service of the box ends when the service is public no more', () => {
  const mail = flow('198.51.100.2:40000', '203.0.113.50:25');
  const smtp = { name: 'smtp', protocol: 'tcp', port: 25 } as const;
  assert.equal(judge(mail, { publicServices: [smtp] }), true);
  assert.equal(judge(mail, { publicServices: [] }), false);
});

test('the connections of the box itself go on', () => {
  assert.equal(judge(flow('203.0.113.50:40000', '192.0.2.53:53'), {}), true);
});
