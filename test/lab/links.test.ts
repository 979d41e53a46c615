import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { KernelError } from '../../src/base/errors.ts';
import { parseIpv4 } from '../../src/base/ipv4.ts';
import { parseMac } from '../../src/base/mac.ts';
import { parsePrefix4 } from '../../src/base/prefix.ts';
import type { WantedLinks, WantedRoute } from '../../src/engine/links/wanted.ts';
import { DUMP_REQUESTS } from '../../src/engine/links/dump-requests.ts';
import { linuxNetlink } from '../../src/io/linux/netlink.ts';
import { NodeClock } from '../../src/io/node/clock.ts';
import type { KernelMessage, NetlinkSession } from '../../src/port/netlink-session.ts';
import { NETLINK } from '../../src/port/netlink.ts';
import { type Links, startLinks } from '../../src/service/links/links.ts';
import { openNetlinkSession } from '../../src/service/netlink-session.ts';
import { decodeAll } from '../../src/wire/field/codec.ts';
import { RTM, RTNLGRP, RTPROT } from '../../src/wire/rtnetlink/constants.ts';
import { routeMessage } from '../../src/wire/rtnetlink/route.ts';
import { inOwnNetwork } from './own-network.ts';
import { waitFor } from './wait-for.ts';

interface IpAddress {
  readonly ifname: string;
  readonly operstate: string;
  readonly mtu: number;
  readonly address: string;
  readonly ifalias?: string;
  readonly master?: string;
  readonly flags: readonly string[];
  readonly addr_info: readonly {
    readonly family: string;
    readonly local: string;
    readonly prefixlen: number;
  }[];
}

interface IpRoute {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev: string;
}

function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8' });
}

function listAddresses(): IpAddress[] {
  return JSON.parse(ip('-j', 'address')) as IpAddress[];
}

/** `192.168.77.1/24 on lan0`, as the reference tool sees it. */
function addresses(): string[] {
  return listAddresses()
    .filter(({ ifname }) => ifname !== 'lo')
    .flatMap(({ ifname, addr_info: all }) =>
      all
        .filter(({ family }) => family === 'inet')
        .map(({ local, prefixlen }) => `${local}/${prefixlen} on ${ifname}`),
    )
    .toSorted((a, b) => a.localeCompare(b));
}

/** The routes with our number, as the reference tool sees them. */
function routes(protocol: number | string = RTPROT.GATEPOST): string[] {
  const all = JSON.parse(ip('-j', 'route', 'show', 'proto', String(protocol))) as IpRoute[];
  return all
    .map(({ dst, gateway, dev }) => (gateway === undefined ? `${dst} ${dev}` : `${dst} ${gateway} ${dev}`))
    .toSorted((a, b) => a.localeCompare(b));
}

function device(name: string): IpAddress | undefined {
  return listAddresses().find(({ ifname }) => ifname === name);
}

/** Every change the kernel tells of that is an address or a route of ours, by a session that changes nothing itself. */
class Witness {
  readonly #session: NetlinkSession;
  readonly #seen: string[] = [];

  constructor() {
    this.#session = openNetlinkSession(linuxNetlink, NETLINK.ROUTE);
    for (const group of [RTNLGRP.LINK, RTNLGRP.IPV4_IFADDR, RTNLGRP.IPV4_ROUTE]) this.#session.join(group);
    this.#session.listen({
      onMessage: (message) => this.#note(message),
      onResync: () => this.#seen.push('overrun'),
    });
  }

  #note({ type, payload }: KernelMessage): void {
    const isRoute = type === RTM.NEWROUTE || type === RTM.DELROUTE;
    if (isRoute && decodeAll(routeMessage, payload).protocol !== RTPROT.GATEPOST) return;
    const name = Object.entries(RTM).find(([, number]) => number === type)?.[0];
    this.#seen.push(name ?? String(type));
  }

  /** What happened since the last call: the answer to a request comes behind every event before it. */
  async take(): Promise<string[]> {
    const [request] = DUMP_REQUESTS;
    assert.ok(request);
    await this.#session.request(request, { dump: true });
    return this.#seen.splice(0);
  }

  close(): void {
    this.#session.close();
  }
}

const via = (destination: string, gateway?: string): WantedRoute => ({
  destination: parsePrefix4(destination),
  gateway: gateway === undefined ? undefined : parseIpv4(gateway),
});

function wanted(wan: string, gateway: string, lan: readonly string[] = ['lan0']): WantedLinks {
  return {
    lan: { devices: lan, up: true, ipv4: { addresses: [parsePrefix4('192.168.77.1/24')], routes: [] } },
    wan: {
      device: 'wan0',
      up: true,
      ipv4: { addresses: [parsePrefix4(wan)], routes: [via('0.0.0.0/0', gateway)] },
    },
  };
}

function addWan(): void {
  ip('link', 'add', 'wan0', 'type', 'veth', 'peer', 'name', 'isp0');
  ip('link', 'set', 'isp0', 'up');
}

inOwnNetwork(import.meta.filename, () => {
  const clock = new NodeClock();
  const heard: string[] = [];
  let session: NetlinkSession;
  let links: Links;
  let witness: Witness;

  before(async () => {
    addWan();
    for (const [index, lan] of ['lan0', 'lan1'].entries()) {
      ip(
        'link',
        'add',
        lan,
        'address',
        `02:00:00:00:00:2${index}`,
        'type',
        'veth',
        'peer',
        'name',
        `pc${index}`,
      );
      ip('link', 'set', `pc${index}`, 'up');
    }
    session = openNetlinkSession(linuxNetlink, NETLINK.ROUTE);
    links = await startLinks(session, clock, {
      onLink: () => {},
      onSide: (side, link) =>
        heard.push(
          `${side} ${link === undefined ? 'gone' : `${link.name} ${link.carrier ? 'carrier' : 'no carrier'}`}`,
        ),
      onMissing: (devices) => heard.push(`missing ${devices.join() || 'nothing'}`),
      onRepair: (changes) => heard.push(`repaired ${changes.length}`),
      onFailure: (error) => heard.push(`failure ${error.message}`),
    });
    witness = new Witness();
  });
  after(() => {
    links.close();
    session.close();
    witness.close();
  });

  test('a bare namespace is brought to the wanted state, and a second time the kernel tells of no change', async () => {
    const configuration = wanted('203.0.113.7/24', '203.0.113.1');
    assert.equal((await links.apply(configuration)).length, 6);
    assert.deepEqual(addresses(), ['192.168.77.1/24 on lan0', '203.0.113.7/24 on wan0']);
    assert.deepEqual(routes(), ['default 203.0.113.1 wan0']);
    assert.deepEqual(device('lo')?.flags.includes('UP'), true);
    await witness.take();
    assert.deepEqual(await links.apply(configuration), []);
    assert.deepEqual(await witness.take(), []);
  });

  test('another configuration changes exactly the difference', async () => {
    await links.apply(wanted('198.51.100.7/24', '198.51.100.1'));
    assert.deepEqual(await witness.take(), ['NEWADDR', 'NEWROUTE', 'DELROUTE', 'DELADDR']);
    assert.deepEqual(addresses(), ['192.168.77.1/24 on lan0', '198.51.100.7/24 on wan0']);
    assert.deepEqual(routes(), ['default 198.51.100.1 wan0']);
  });

  test('a new address in the same subnet comes into use with its routes, though the kernel drops both with the old', async () => {
    await links.apply(wanted('198.51.100.8/24', '198.51.100.1'));
    assert.deepEqual(addresses(), ['192.168.77.1/24 on lan0', '198.51.100.8/24 on wan0']);
    assert.deepEqual(routes(), ['default 198.51.100.1 wan0']);
  });

  test('classless routes, a gateway outside the prefix and a source address are taken by the kernel', async () => {
    const source = parseIpv4('198.51.100.8');
    const ways = [
      via('0.0.0.0/0', '10.255.0.1'),
      via('172.20.0.0/16'),
      { ...via('172.21.0.0/16', '172.20.0.1'), source, metric: 5 },
    ];
    const wan = {
      device: 'wan0',
      up: true,
      ipv4: { addresses: [parsePrefix4('198.51.100.8/32')], routes: ways },
    };
    await links.apply({ wan });
    assert.deepEqual(routes(), [
      '172.20.0.0/16 wan0',
      '172.21.0.0/16 172.20.0.1 wan0',
      'default 10.255.0.1 wan0',
    ]);
    assert.deepEqual(await links.apply({ wan }), []);
  });

  test('a gateway outside the prefix comes to lie on a route of the link, and outside again', async () => {
    const addresses = [parsePrefix4('198.51.100.8/32')];
    const [way, toGateway] = [via('0.0.0.0/0', '10.255.0.1'), via('10.255.0.1/32')];
    for (const ways of [[way], [way, toGateway], [way]]) {
      await links.apply({ wan: { device: 'wan0', up: true, ipv4: { addresses, routes: ways } } });
      const others = ways.length === 1 ? [] : ['10.255.0.1 wan0'];
      assert.deepEqual(routes(), [...others, 'default 10.255.0.1 wan0']);
    }
  });

  test('routes and addresses of others are left alone', async () => {
    ip('link', 'add', 'other0', 'type', 'bridge');
    ip('link', 'set', 'other0', 'up');
    ip('address', 'add', '10.9.0.1/24', 'dev', 'other0');
    ip('route', 'add', '10.10.0.0/16', 'via', '10.9.0.2', 'proto', 'static');
    await links.apply(wanted('203.0.113.7/24', '203.0.113.1'));
    assert.ok(addresses().includes('10.9.0.1/24 on other0'));
    assert.deepEqual(routes('static'), ['10.10.0.0/16 10.9.0.2 other0']);
    ip('link', 'delete', 'other0');
  });

  test('several LAN devices become ports of br-lan with the MAC of the first, and one device again', async () => {
    const bridged = wanted('203.0.113.7/24', '203.0.113.1', ['mac:02:00:00:00:00:20', 'lan1']);
    await links.apply(bridged);
    assert.deepEqual(addresses(), ['192.168.77.1/24 on br-lan', '203.0.113.7/24 on wan0']);
    assert.deepEqual([device('lan0')?.master, device('lan1')?.master], ['br-lan', 'br-lan']);
    assert.match(ip('link', 'show', 'br-lan'), /link\/ether 02:00:00:00:00:20/);
    // Ports become usable a moment later, which is an event of the kernel's own.
    await waitFor('br-lan to be up', () => device('br-lan')?.operstate === 'UP');
    await witness.take();
    assert.deepEqual(await links.apply(bridged), []);
    assert.deepEqual(await witness.take(), []);
    await links.apply(wanted('203.0.113.7/24', '203.0.113.1', ['lan1']));
    assert.deepEqual(addresses(), ['192.168.77.1/24 on lan1', '203.0.113.7/24 on wan0']);
    assert.equal(device('br-lan'), undefined);
    assert.deepEqual(await links.apply(wanted('203.0.113.7/24', '203.0.113.1', ['lan1'])), []);
  });

  test('a restarted box adopts what it finds', async () => {
    const again = await startLinks(session, clock, {
      onLink: () => {},
      onSide: () => {},
      onMissing: () => {},
      onRepair: () => {},
      onFailure: () => {},
    });
    await witness.take();
    assert.deepEqual(await again.apply(wanted('203.0.113.7/24', '203.0.113.1', ['lan1'])), []);
    assert.deepEqual(await witness.take(), []);
    again.close();
  });

  test('loss and return of the carrier are told', async () => {
    heard.length = 0;
    ip('link', 'set', 'isp0', 'down');
    await waitFor('no carrier', () => heard.includes('wan wan0 no carrier'));
    ip('link', 'set', 'isp0', 'up');
    await waitFor('a carrier', () => heard.at(-1) === 'wan wan0 carrier');
  });

  test('a device that goes is told as missing, and set up again when it comes back', async () => {
    heard.length = 0;
    ip('link', 'delete', 'wan0');
    await waitFor('wan0 to be missing', () => heard.includes('missing wan0'));
    addWan();
    await waitFor('wan0 to be set up', () => routes().includes('default 203.0.113.1 wan0'));
    assert.deepEqual(addresses(), ['192.168.77.1/24 on lan1', '203.0.113.7/24 on wan0']);
    await waitFor('the repair to be told', () => heard.includes('repaired 3'));
  });

  test('what others take away comes back', async () => {
    ip('link', 'set', 'wan0', 'down');
    ip('address', 'flush', 'dev', 'lan1');
    await waitFor('the wanted state', () => routes().length === 1 && addresses().length === 2);
  });

  test('a route the kernel refuses is named with its sentence, and all else is done', async () => {
    const ways = [via('0.0.0.0/0', '203.0.113.1'), via('10.0.0.0/8', '255.255.255.255')];
    const wan = {
      device: 'wan0',
      up: true,
      ipv4: { addresses: [parsePrefix4('203.0.113.9/24')], routes: ways },
    };
    await assert.rejects(links.apply({ wan }), (error) => {
      assert.ok(error instanceof KernelError);
      assert.match(
        error.message,
        /^Cannot add the route 10\.0\.0\.0\/8 by 255\.255\.255\.255 over wan0.*: \w.* \(E\w+\)$/,
      );
      return true;
    });
    assert.ok(addresses().includes('203.0.113.9/24 on wan0'));
    await links.apply(wanted('203.0.113.7/24', '203.0.113.1'));
  });

  test('another hardware address is shown and the own one given back, with addresses and routes as before', async () => {
    const before = device('wan0')?.address;
    assert.ok(before);
    const { lan, wan } = wanted('203.0.113.7/24', '203.0.113.1');
    assert.ok(wan);
    const clone = parseMac('02:67:70:00:00:77');
    const own = { ...wan, device: `mac:${before}` };
    await links.apply({ lan, wan: { ...own, mac: clone } });
    assert.equal(device('wan0')?.address, clone);
    assert.deepEqual(routes(), ['default 203.0.113.1 wan0']);
    // It is still found by its own address, though a veth device tells the kernel none; also by a box that was restarted.
    const again = await startLinks(session, clock, {
      onLink: () => {},
      onSide: () => {},
      onMissing: () => {},
      onRepair: () => {},
      onFailure: () => {},
    });
    assert.deepEqual(await again.apply({ lan, wan: { ...own, mac: clone } }), []);
    again.close();
    await links.apply({ lan, wan: own });
    assert.deepEqual([device('wan0')?.address, device('wan0')?.ifalias], [before, undefined]);
    assert.deepEqual(addresses(), ['192.168.77.1/24 on lan0', '203.0.113.7/24 on wan0']);
    assert.deepEqual(routes(), ['default 203.0.113.1 wan0']);
  });

  test('a VLAN tag puts the WAN on a device of its own, or is refused in one sentence where the kernel has none', async () => {
    const { lan, wan } = wanted('203.0.113.7/24', '203.0.113.1');
    assert.ok(wan);
    const probe = spawnSync('ip', [
      'link',
      'add',
      'link',
      'lan1',
      'name',
      'probe',
      'type',
      'vlan',
      'id',
      '9',
    ]);
    if (probe.status === 0) {
      ip('link', 'delete', 'probe');
      await links.apply({ lan, wan: { ...wan, vlan: 7 } });
      assert.deepEqual(addresses(), ['192.168.77.1/24 on lan0', '203.0.113.7/24 on wan0.7']);
      assert.match(ip('-d', 'link', 'show', 'wan0.7'), /vlan protocol 802\.1Q id 7 /);
      assert.deepEqual(await links.apply({ lan, wan: { ...wan, vlan: 7 } }), []);
    } else {
      await assert.rejects(links.apply({ lan, wan: { ...wan, vlan: 7 } }), {
        name: 'KernelError',
        message:
          'Cannot create the VLAN device wan0.7 with the tag 7 on wan0: this kernel has no VLANs; a WAN without a tag or a kernel with 802.1Q is wanted (EOPNOTSUPP)',
      });
      assert.ok(addresses().includes('192.168.77.1/24 on lan0'), 'the LAN works all the same');
    }
    await links.apply({ lan, wan });
    assert.equal(device('wan0.7'), undefined);
    assert.deepEqual(addresses(), ['192.168.77.1/24 on lan0', '203.0.113.7/24 on wan0']);
    assert.deepEqual(routes(), ['default 203.0.113.1 wan0']);
  });

  test('mode lan-only takes the WAN down without a trace', async () => {
    await links.apply({ wan: { device: 'wan0', up: false, ipv4: { addresses: [], routes: [] } } });
    assert.deepEqual(addresses(), ['192.168.77.1/24 on lan0']);
    assert.deepEqual(routes(), []);
    assert.equal(device('wan0')?.flags.includes('UP'), false);
    await links.apply(wanted('203.0.113.7/24', '203.0.113.1'));
  });

  test('after more events than the socket holds everything is looked at again', async () => {
    await witness.take();
    heard.length = 0;
    // The event loop stands still while this runs, so nobody empties the sockets.
    const storm = Array.from({ length: 6000 }, (_, i) => `link set isp0 mtu ${1400 + (i % 2)}`);
    execFileSync('ip', ['-batch', '-'], {
      input: [...storm, 'address flush dev lan0', 'route flush proto 71', ''].join('\n'),
    });
    await waitFor('the wanted state', () => routes().length === 1 && addresses().length === 2);
    assert.ok((await witness.take()).includes('overrun'));
    await waitFor('the repair to be told', () => heard.some((one) => one.startsWith('repaired')));
  });
});
