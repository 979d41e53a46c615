import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';
import { NAMES } from './addresses.ts';
import type { Box } from './box.ts';
import { type SeenMessage, requestedOptions } from './dhcp-client-capture.ts';
import { CLIENT_KINDS, type ClientKind, type ClientSettings } from './dhcp-client-kinds.ts';
import { RealClient } from './dhcp-client-program.ts';
import { ClientSite } from './dhcp-client-site.ts';
import { dnsmasq } from './dnsmasq.ts';
import type { Namespace } from './namespace.ts';
import { waitFor } from './wait-for.ts';

const BOX = '192.168.76.1';
/** A time server of the owner. */
const CLOCK = '192.168.76.9';
const SERVER = `${BOX}.67`;
const EVERYBODY = '255.255.255.255.67';
const NOBODY = '0.0.0.0.68';
/** Options that the server sends unasked: the address and its life, and what it says to whom. */
const UNASKED = [1, 51, 53, 54, 58, 59, 61];
const IN_TURN = { concurrency: false } as const;
const TOGETHER = { concurrency: true } as const;

const machineResolver = (): string =>
  createHash('sha256').update(readFileSync('/etc/resolv.conf')).digest('hex');
const resolverBefore = machineResolver();

/** How each client calls itself in option 61 (tcpdump's words), by the form it is known for. */
const CLIENT_IDS: Readonly<Record<ClientKind, RegExp | undefined>> = {
  dhclient: undefined,
  udhcpc: /^ether 02:67:70:00:03:02$/,
  // RFC 4361: type 255, IAID, DUID. By link and time (DUID type 1), and by the machine's id (DUID type 2, enterprise).
  dhcpcd: /^hardware-type 255, 70:00:03:03:00:01:00:01:/,
  networkd: /^hardware-type 255, (?:..:){4}00:02:00:00:ab:11:/,
};
const MACS: Readonly<Record<ClientKind, string>> = {
  dhclient: '02:67:70:00:03:01',
  udhcpc: '02:67:70:00:03:02',
  dhcpcd: '02:67:70:00:03:03',
  networkd: '02:67:70:00:03:04',
};
const RESERVED = { mac: MACS.dhclient, address: '192.168.79.200', name: 'reserved-pc' } as const;
const RESERVED_ID = { clientId: '00feed01', address: '192.168.79.201', name: 'by-id' } as const;

/** A host with an address of its own, from which questions are asked. */
const DESK = { mac: '02:67:70:00:03:f0', address: '192.168.79.250/22' } as const;

let site: ClientSite;
let desk: Namespace;
const clients = new Map<ClientKind, RealClient>();

async function plug(kind: ClientKind, mac: string, settings: ClientSettings = {}): Promise<RealClient> {
  const host = await site.host(`${kind.slice(0, 2)}${mac.slice(-5).replace(':', '')}`, mac);
  const client = new RealClient(kind, host, mac, settings);
  await client.start();
  return client;
}

function client(kind: ClientKind): RealClient {
  const found = clients.get(kind);
  if (found === undefined) throw new Error(`Cannot use ${kind}: it is not plugged in`);
  return found;
}

/** Lets a device use the first address that the host with this hardware address checks, or every one. */
async function squat(mac: string, on = site, which: 'first' | 'every' = 'first'): Promise<void> {
  const host = await on.host(`squat${mac.slice(-2)}`, `02:67:70:00:05:${mac.slice(-2)}`);
  const program = join(import.meta.dirname, 'dhcp-client-squatter.ts');
  const node = [process.execPath, '--disable-warning=ExperimentalWarning'];
  await host.start('squatter', [...node, program, 'eth0', mac, which]).line(/squatting/);
}

/** What the box's name server says. */
async function resolved(...question: string[]): Promise<string> {
  return (await desk.output(['dig', `@${BOX}`, '+short', ...question])).trim();
}

const bare = (address: string): string => address.replace(/\/.*/, '');

async function leaseOf(mac: string): Promise<string | undefined> {
  return (await site.box.leases()).find((lease) => lease.mac === mac && lease.state === 'bound')?.address;
}

async function warned(box: Box, pattern: RegExp): Promise<void> {
  await waitFor(`the box's warning ${pattern}`, async () => pattern.test((await box.cli(['log'])).stdout));
}

before(async () => {
  site = await ClientSite.start({
    lan: { devices: ['lan0'], address: `${BOX}/22` },
    dhcp: {
      leaseTime: '2m',
      reservations: [RESERVED, RESERVED_ID],
      options: [{ code: 42, value: [CLOCK] }],
    },
  });
  desk = await site.host('desk', DESK.mac);
  await desk.ip('addr', 'add', DESK.address, 'dev', 'eth0');
  const plugged = CLIENT_KINDS.map((kind) => plug(kind, MACS[kind], { hostName: `${kind}-pc` }));
  for (const one of await Promise.all(plugged)) clients.set(one.kind, one);
});

after(() => {
  site.lab.remove();
  assert.equal(machineResolver(), resolverBefore, "the machine's own /etc/resolv.conf has changed");
});

/** dhclient and dhcpcd remember across a power cut (INIT-REBOOT, RFC 2131 section 3.2); the others discover anew. */
function assertAsksAgain(kind: ClientKind, message: SeenMessage, address: string): void {
  assert.deepEqual([message.from, message.to], [NOBODY, EVERYBODY]);
  if (kind === 'udhcpc' || kind === 'networkd') {
    assert.equal(message.type, 'Discover', message.text);
    return;
  }
  assert.equal(message.type, 'Request', message.text);
  assert.equal(message.options.get(50), address);
  assert.equal(message.options.get(54), undefined);
}

describe('Dhcp4Server with real clients on a /22', TOGETHER, () => {
  for (const kind of CLIENT_KINDS)
    describe(kind, IN_TURN, () => {
      test(`${kind} configures address, mask, gateway, name server, domain, time server, and nothing of the machine`, async () => {
        const one = client(kind);
        const configured = await one.configured();
        await one.assertApart();
        const { address, ...rest } = configured;
        assert.match(address, /^192\.168\.7[6-9]\.\d+\/22$/, one.said);
        assert.deepEqual(
          rest,
          { gateway: BOX, dns: BOX, domain: NAMES.office, ntp: CLOCK, server: BOX },
          one.said,
        );
        assert.equal(await leaseOf(one.mac), bare(address));
      });

      test(`the name ${kind} gives itself is in DNS, and back`, async () => {
        const { address } = await client(kind).configured();
        const name = `${kind === 'dhclient' ? RESERVED.name : `${kind}-pc`}.${NAMES.office}`;
        assert.equal(await resolved(name), bare(address));
        assert.equal(await resolved('-x', bare(address)), `${name}.`);
      });

      test(`${kind} is known by its client identifier, which comes back (RFC 6842), and gets what it lists`, () => {
        const messages = site.capture.of(MACS[kind]);
        const [discover, ack] = ['Discover', 'ACK'].map((type) => messages.find((one) => one.type === type));
        assert.ok(discover !== undefined && ack !== undefined, client(kind).said);
        const identifier = discover.options.get(61);
        if (CLIENT_IDS[kind] === undefined) assert.equal(identifier, undefined);
        else assert.match(identifier ?? '', CLIENT_IDS[kind]);
        assert.equal(ack.options.get(61), identifier);
        const given = [...ack.options.keys()].filter((code) => !UNASKED.includes(code));
        const listed = requestedOptions(discover);
        // In the order of the list (RFC 2132 section 9.8).
        assert.deepEqual(
          given,
          listed.filter((code) => given.includes(code)),
          ack.text,
        );
        for (const code of [3, 6, 15, 42])
          assert.ok(given.includes(code), `option ${code} is missing\n${ack.text}`);
      });

      test(`${kind} renews its lease by unicast and keeps its address`, async () => {
        const one = client(kind);
        const { address } = await one.configured();
        const seen = site.capture.of(one.mac).length;
        await one.renew();
        const request = await site.capture.next(one.mac, 'Request', seen);
        assert.equal(request.to, SERVER, request.text);
        const ack = await site.capture.next(one.mac, 'ACK', seen);
        assert.equal(ack.fields.get('Your-IP'), bare(address), one.said);
        assert.equal((await one.configured()).address, address);
      });

      test(`${kind} asks for the same address again after a power cut and gets it`, async () => {
        const one = client(kind);
        const { address } = await one.configured();
        const seen = site.capture.of(one.mac).length;
        await one.crash();
        await one.start();
        assert.equal((await one.configured()).address, address, one.said);
        assertAsksAgain(kind, await site.capture.next(one.mac, undefined, seen), bare(address));
      });

      test(`the lease and the name of ${kind} end when it gives them back`, async () => {
        const one = client(kind);
        const { address } = await one.configured();
        await one.release();
        await waitFor(`the end of the lease of ${kind}`, async () => (await leaseOf(one.mac)) === undefined);
        await site.capture.next(one.mac, 'Release');
        assert.equal(await resolved('-x', bare(address)), '');
      });
    });

  const SENDS_DECLINE: readonly (readonly [ClientKind, string, ClientSettings])[] = [
    ['udhcpc', '02:67:70:00:04:01', { extra: ['-a'] }],
    ['dhcpcd', '02:67:70:00:04:02', {}],
  ];
  for (const [kind, mac, settings] of SENDS_DECLINE)
    test(`an address that ${kind} declines is left alone, and it gets another (RFC 2131 section 4.3.3)`, async () => {
      await squat(mac);
      const one = await plug(kind, mac, settings);
      const decline = await site.capture.next(mac, 'Decline');
      const declined = decline.options.get(50) ?? '';
      assert.equal(decline.fields.get('Client-IP'), undefined, decline.text);
      await warned(
        site.box,
        new RegExp(`${declined.replaceAll('.', '\\.')} is used by a device that did not get it here`),
      );
      const { address } = await one.configured();
      assert.notEqual(bare(address), declined, one.said);
      assert.equal(await leaseOf(mac), bare(address));
    });

  test('networkd does not use an address that it finds in use, though systemd 252 cannot send its DECLINE', async () => {
    const mac = '02:67:70:00:04:03';
    await squat(mac);
    const one = await plug('networkd', mac, { extra: ['SendDecline=yes'] });
    await one.program.line(/IPv4ACD: Conflict on 192\.168\./);
    await one.program.line(/Dropping DHCPv4 lease, as an address conflict was detected/);
    assert.equal(await one.address(), undefined, one.said);
  });

  test('dhcpcd with an address of its own gets the rest by INFORM, and no lease (RFC 2131 section 3.4)', async () => {
    const mac = '02:67:70:00:04:04';
    const one = await plug('dhcpcd', mac, { extra: ['--inform=192.168.79.251/22'] });
    const ack = await site.capture.next(mac, 'ACK');
    assert.equal((await site.capture.next(mac, 'Inform')).fields.get('Client-IP'), '192.168.79.251');
    assert.equal(ack.fields.get('Your-IP'), undefined, ack.text);
    for (const code of [51, 58, 59]) assert.equal(ack.options.get(code), undefined, ack.text);
    await one.program.line(/executing: .* INFORM/);
    // It tells of its script before the script has written anything.
    assert.equal(await waitFor(`the record of the client: ${one.said}`, () => one.facts()?.dns), BOX);
    assert.equal(await leaseOf(mac), undefined);
  });

  test('a device gets the address and the name reserved for its hardware address or its identifier', async () => {
    assert.equal(bare((await client('dhclient').configured()).address), RESERVED.address);
    const one = await plug('udhcpc', '02:67:70:00:04:05', {
      extra: ['-C', '-x', `0x3d:${RESERVED_ID.clientId}`],
    });
    assert.equal(bare((await one.configured()).address), RESERVED_ID.address, one.said);
    assert.equal(await resolved(`${RESERVED_ID.name}.${NAMES.office}`), RESERVED_ID.address);
  });

  test('of two devices of the same name the first keeps it, and the list of leases says why the second has none', async () => {
    const [first, second] = ['02:67:70:00:04:06', '02:67:70:00:04:07'];
    const one = await plug('udhcpc', first ?? '', { hostName: 'twin' });
    const { address } = await one.configured();
    const other = await plug('udhcpc', second ?? '', { hostName: 'twin' });
    assert.notEqual((await other.configured()).address, address);
    assert.equal(await resolved(`twin.${NAMES.office}`), bare(address));
    const leases = await site.box.leases();
    const problemOf = (mac: string): string | null | undefined =>
      leases.find((lease) => lease.mac === mac)?.nameProblem;
    assert.equal(problemOf(one.mac), null);
    assert.match(problemOf(other.mac) ?? '', /twin/);
    // Pinned it keeps its address, and the name stays with the first.
    const pin = await site.box.cli(['leases', 'pin', (await leaseOf(other.mac)) ?? '']);
    assert.equal(pin.status, 0, pin.stderr);
    assert.equal((await site.box.leases()).find(({ mac }) => mac === other.mac)?.reserved, true);
    assert.equal(await resolved(`twin.${NAMES.office}`), bare(address));
  });

  test('a client behind a relay agent is answered by way of the relay (RFC 2131 section 4.3.1)', async () => {
    const mac = '02:67:70:00:04:08';
    const giaddr = '192.168.79.241';
    const relay = await site.host('relay', '02:67:70:00:05:08');
    const host = await site.lab.namespace('far');
    await site.lab.cable({ namespace: relay, device: 'far0' }, { namespace: host, device: 'eth0', mac });
    await relay.ip('addr', 'add', '192.168.79.240/22', 'dev', 'eth0');
    await relay.ip('addr', 'add', `${giaddr}/32`, 'dev', 'far0');
    const agent = relay.start('dnsmasq', dnsmasq(['port=0', `dhcp-relay=${giaddr},${BOX}`]));
    await agent.line(/DHCP relay from/);
    const one = new RealClient('udhcpc', host, mac, { hostName: 'far-pc' });
    await one.start();
    const offer = await site.capture.next(mac, 'Offer');
    assert.deepEqual([offer.to, offer.fields.get('Gateway-IP')], [`${giaddr}.67`, giaddr], offer.text);
    await waitFor(`the address of the client: ${one.said}${agent.log.text()}`, () => one.address());
    assert.equal(await leaseOf(mac), bare((await one.address()) ?? ''));
  });
});

test('Dhcp4Server on a /28 gives what it has, says when nothing is left, and gives what comes back', async () => {
  const small = await ClientSite.start({
    lan: { devices: ['lan0'], address: '192.168.77.17/28' },
    dhcp: { leaseTime: '2m', pool: { first: '192.168.77.17', last: '192.168.77.19' } },
  });
  try {
    const plugIn = async (name: string, mac: string): Promise<RealClient> => {
      const one = new RealClient('udhcpc', await small.host(name, mac), mac, { hostName: name });
      await one.start();
      return one;
    };
    const [first, second] = await Promise.all([
      plugIn('one', '02:67:70:00:06:01'),
      plugIn('two', '02:67:70:00:06:02'),
    ]);
    const addresses = [await first.configured(), await second.configured()].map(({ address }) => address);
    assert.deepEqual(addresses.toSorted(), ['192.168.77.18/28', '192.168.77.19/28']);
    const third = await plugIn('three', '02:67:70:00:06:03');
    await small.capture.next(third.mac, 'Discover');
    await warned(small.box, /No address is left for a new device/);
    assert.equal(await third.address(), undefined);
    await first.release();
    assert.equal((await third.configured()).address, addresses[0], third.said);
  } finally {
    small.lab.remove();
  }
});

test('Dhcp4Server gives addresses also where a device answers ARP for every one, each time under another MAC address', async () => {
  const lied = await ClientSite.start({ lan: { devices: ['lan0'], address: '192.168.77.1/24' } });
  try {
    const link = await lied.box.namespace.ip('link', 'show', 'dev', 'lan0');
    await squat(/link\/ether (\S+)/.exec(link)?.[1] ?? '', lied, 'every');
    const mac = '02:67:70:00:06:04';
    const one = new RealClient('udhcpc', await lied.host('one', mac), mac, { hostName: 'one' });
    await one.start();
    assert.match((await one.configured()).address, /^192\.168\.77\.\d+\/24$/, one.said);
    const health = JSON.stringify(await lied.box.health());
    assert.match(
      health,
      /were answered for, the last by 02:67:70:98:\S+: a device there seems to answer for all/,
    );
  } finally {
    lied.lab.remove();
  }
});
