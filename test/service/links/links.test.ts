import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { Seconds } from '../../../src/base/duration.ts';
import { KernelError } from '../../../src/base/errors.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { macFromBytes, parseMac } from '../../../src/base/mac.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import type { LinkChange } from '../../../src/engine/links/change.ts';
import type { WantedLinks } from '../../../src/engine/links/wanted.ts';
import { NETLINK } from '../../../src/port/netlink.ts';
import { type Links, startLinks } from '../../../src/service/links/links.ts';
import { openNetlinkSession } from '../../../src/service/netlink-session.ts';
import { RTPROT } from '../../../src/wire/rtnetlink/constants.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeRtnetlink } from '../../fake/fake-rtnetlink.ts';

interface Bench {
  readonly kernel: FakeRtnetlink;
  readonly clock: FakeClock;
  readonly links: Links;
  readonly heard: string[];
}

async function start(t: TestContext, kernel = new FakeRtnetlink()): Promise<Bench> {
  const clock = new FakeClock();
  const heard: string[] = [];
  const session = openNetlinkSession(kernel.port, NETLINK.ROUTE);
  const links = await startLinks(session, clock, {
    onLink: (name, link) =>
      heard.push(link === undefined ? `${name} gone` : `${name} ${link.carrier ? 'carrier' : 'no carrier'}`),
    onSide: (side, link) => heard.push(`${side} is ${link?.name ?? 'nothing'}`),
    onMissing: (devices) => heard.push(`missing ${devices.join() || 'nothing'}`),
    onRepair: (changes) => heard.push(`repaired ${changes.length}`),
    onFailure: (error) => heard.push(`failure ${error.message}`),
  });
  t.after(() => {
    links.close();
    session.close();
  });
  heard.length = 0;
  return { kernel, clock, links, heard };
}

function box(): FakeRtnetlink {
  const kernel = new FakeRtnetlink();
  kernel.addLink('lo', { up: true });
  kernel.addLink('wan0', { mac: '02:00:00:00:00:10' });
  kernel.addLink('lan0', { mac: '02:00:00:00:00:20' });
  kernel.addLink('lan1', { mac: '02:00:00:00:00:21' });
  return kernel;
}

function wanted(wan: string, gateway: string, lan: readonly string[] = ['lan0']): WantedLinks {
  const routes = [{ destination: parsePrefix4('0.0.0.0/0'), gateway: parseIpv4(gateway) }];
  return {
    lan: { devices: lan, up: true, ipv4: { addresses: [parsePrefix4('192.168.77.1/24')], routes: [] } },
    wan: { device: 'wan0', up: true, ipv4: { addresses: [parsePrefix4(wan)], routes } },
  };
}

const kinds = (changes: readonly LinkChange[]): string[] => changes.map(({ kind }) => kind);

test('Links.apply() brings a bare namespace to the wanted state, and changes nothing the second time', async (t) => {
  const { kernel, links } = await start(t, box());
  const first = await links.apply(wanted('203.0.113.7/24', '203.0.113.1'));
  assert.equal(first.length, 5);
  assert.deepEqual(kernel.describeAddresses(), ['192.168.77.1/24 on lan0', '203.0.113.7/24 on wan0']);
  assert.deepEqual(kernel.describeRoutes(), ['0.0.0.0/0 by 203.0.113.1 on wan0 metric 0 protocol 71']);
  const changes = kernel.changes;
  assert.deepEqual(await links.apply(wanted('203.0.113.7/24', '203.0.113.1')), []);
  assert.equal(kernel.changes, changes);
});

test('Links.apply() changes exactly the difference when another configuration follows', async (t) => {
  const { links } = await start(t, box());
  await links.apply(wanted('203.0.113.7/24', '203.0.113.1'));
  const changes = await links.apply(wanted('198.51.100.7/24', '198.51.100.1'));
  assert.deepEqual(kinds(changes), ['add-address', 'add-route', 'remove-route', 'remove-address']);
});

test('Links.apply() leaves the side that is not given as it was wanted', async (t) => {
  const { kernel, links } = await start(t, box());
  const { lan, wan } = wanted('203.0.113.7/24', '203.0.113.1');
  await links.apply({ lan });
  await links.apply({ wan });
  assert.deepEqual(kernel.describeAddresses(), ['192.168.77.1/24 on lan0', '203.0.113.7/24 on wan0']);
});

test('Links.apply() restores what the kernel took away with an address of the same subnet', async (t) => {
  const { kernel, links } = await start(t, box());
  await links.apply(wanted('203.0.113.7/24', '203.0.113.1'));
  await links.apply(wanted('203.0.113.8/24', '203.0.113.1'));
  assert.deepEqual(kernel.describeAddresses(), ['192.168.77.1/24 on lan0', '203.0.113.8/24 on wan0']);
  assert.deepEqual(kernel.describeRoutes(), ['0.0.0.0/0 by 203.0.113.1 on wan0 metric 0 protocol 71']);
});

test('Links.apply() makes a bridge of several LAN devices and one device of it again', async (t) => {
  const { kernel, links, heard } = await start(t, box());
  await links.apply(wanted('203.0.113.7/24', '203.0.113.1', ['lan0']));
  await links.apply(wanted('203.0.113.7/24', '203.0.113.1', ['lan0', 'lan1']));
  assert.deepEqual(kernel.describeAddresses(), ['192.168.77.1/24 on br-lan', '203.0.113.7/24 on wan0']);
  const bridge = kernel.link('br-lan');
  assert.deepEqual(
    [kernel.link('lan0')?.master, kernel.link('lan1')?.master],
    [bridge?.index, bridge?.index],
  );
  await links.apply(wanted('203.0.113.7/24', '203.0.113.1', ['lan1']));
  assert.deepEqual(kernel.describeAddresses(), ['192.168.77.1/24 on lan1', '203.0.113.7/24 on wan0']);
  assert.equal(kernel.link('br-lan'), undefined);
  assert.deepEqual(
    heard.filter((one) => one.startsWith('lan is')),
    [
      'lan is lan0',
      'lan is lan0',
      'lan is nothing',
      'lan is br-lan',
      'lan is br-lan',
      'lan is lan1',
      'lan is lan1',
    ],
  );
});

test('Links.apply() adopts what an earlier run left and touches no route of others', async (t) => {
  const kernel = box();
  const { links } = await start(t, kernel);
  await links.apply(wanted('203.0.113.7/24', '203.0.113.1'));
  const [own] = kernel.routes;
  assert.ok(own);
  kernel.routes.push({ ...own, protocol: RTPROT.STATIC, priority: 50 });
  const second = await start(t, kernel);
  assert.deepEqual(await second.links.apply(wanted('203.0.113.7/24', '203.0.113.1')), []);
  await second.links.apply(wanted('203.0.113.7/24', '203.0.113.254'));
  assert.deepEqual(kernel.describeRoutes(), [
    '0.0.0.0/0 by 203.0.113.1 on wan0 metric 50 protocol 4',
    '0.0.0.0/0 by 203.0.113.254 on wan0 metric 0 protocol 71',
  ]);
});

test('Links.apply() does all it can and rejects with the change the kernel refuses', async (t) => {
  const { kernel, links } = await start(t, box());
  const impossible = wanted('203.0.113.7/24', '203.0.113.1');
  const routes = [{ destination: parsePrefix4('10.0.0.0/8'), gateway: parseIpv4('203.0.113.1') }];
  kernel.refuseRoutesTo('10.0.0.0');
  const wan = { device: 'wan0', up: true, ipv4: { addresses: [parsePrefix4('203.0.113.7/24')], routes } };
  await assert.rejects(links.apply({ ...impossible, wan }), (error) => {
    assert.ok(error instanceof KernelError);
    assert.match(error.message, /^Cannot add the route 10\.0\.0\.0\/8 by 203\.0\.113\.1 over wan0/);
    return true;
  });
  assert.deepEqual(kernel.describeAddresses(), ['192.168.77.1/24 on lan0', '203.0.113.7/24 on wan0']);
  assert.ok(kernel.port.datagrams.length < 20, 'it gives up when nothing changes any more');
});

test('Links waits for a missing device, says so, and sets it up when it appears', async (t) => {
  const kernel = box();
  kernel.removeLink('wan0');
  const { links, clock, heard } = await start(t, kernel);
  await links.apply(wanted('203.0.113.7/24', '203.0.113.1'));
  assert.deepEqual(
    heard.filter((one) => one.startsWith('missing')),
    ['missing wan0'],
  );
  kernel.addLink('wan0');
  await clock.advance(Seconds(1));
  assert.deepEqual(kernel.describeAddresses(), ['192.168.77.1/24 on lan0', '203.0.113.7/24 on wan0']);
  assert.deepEqual(heard.slice(-6), [
    'wan0 no carrier',
    'wan is wan0',
    'missing nothing',
    'wan0 carrier',
    'wan is wan0',
    'repaired 3',
  ]);
});

test('Links tells of carrier lost and found, and of devices that go', async (t) => {
  const { kernel, links, clock, heard } = await start(t, box());
  await links.apply(wanted('203.0.113.7/24', '203.0.113.1'));
  heard.length = 0;
  kernel.setCarrier('wan0', false);
  await clock.settle();
  kernel.setCarrier('wan0', true);
  await clock.settle();
  kernel.removeLink('lan1');
  await clock.settle();
  assert.deepEqual(heard, ['wan0 no carrier', 'wan is wan0', 'wan0 carrier', 'wan is wan0', 'lan1 gone']);
});

test('Links brings back what others took away, at most once a second', async (t) => {
  const { kernel, links, clock, heard } = await start(t, box());
  await links.apply(wanted('203.0.113.7/24', '203.0.113.1'));
  const other = openNetlinkSession(kernel.port, NETLINK.ROUTE);
  t.after(() => other.close());
  heard.length = 0;
  for (let round = 0; round < 3; round++) {
    const rival = await startLinks(other, clock, silent);
    await rival.apply({ wan: { device: 'wan0', up: true, ipv4: { addresses: [], routes: [] } } });
    rival.close();
  }
  await clock.settle();
  assert.deepEqual(heard, []);
  await clock.advance(Seconds(1));
  assert.deepEqual(heard, ['repaired 2']);
  assert.deepEqual(kernel.describeRoutes(), ['0.0.0.0/0 by 203.0.113.1 on wan0 metric 0 protocol 71']);
});

test('Links looks at everything again after an overrun', async (t) => {
  const { kernel, links, clock, heard } = await start(t, box());
  await links.apply(wanted('203.0.113.7/24', '203.0.113.1'));
  heard.length = 0;
  kernel.addresses = [];
  kernel.routes = [];
  kernel.port.overrun();
  await clock.advance(Seconds(1));
  assert.deepEqual(heard, ['repaired 3']);
});

test('Links.snapshot() shows the kernel as it is now', async (t) => {
  const { links } = await start(t, box());
  await links.apply(wanted('203.0.113.7/24', '203.0.113.1'));
  const { wan, lan, missing, addresses } = await links.snapshot();
  assert.deepEqual([wan?.name, lan?.name, missing, addresses.length], ['wan0', 'lan0', [], 2]);
});

test('Links.apply() leads to the same state whatever the state before was', async (t) => {
  const configuration = fc.record({
    wan: fc.constantFrom('203.0.113.7/24', '203.0.113.8/24', '203.0.113.7/32', '198.51.100.7/24'),
    gateway: fc.constantFrom('203.0.113.1', '203.0.113.254', '198.51.100.1'),
    lan: fc.uniqueArray(fc.constantFrom('lan0', 'lan1'), { minLength: 1 }),
    up: fc.boolean(),
  });
  type Configuration = typeof configuration extends fc.Arbitrary<infer T> ? T : never;
  const build = ({ wan, gateway, lan, up }: Configuration): WantedLinks => {
    const sides = wanted(wan, gateway, lan);
    return sides.wan === undefined ? sides : { ...sides, wan: { ...sides.wan, up } };
  };
  const show = (kernel: FakeRtnetlink): unknown => [kernel.describeAddresses(), kernel.describeRoutes()];
  await fc.assert(
    fc.asyncProperty(fc.array(configuration, { minLength: 1, maxLength: 4 }), async (all) => {
      const travelled = await start(t, box());
      for (const one of all) await travelled.links.apply(build(one));
      const last = all.at(-1);
      assert.ok(last);
      const fresh = await start(t, box());
      await fresh.links.apply(build(last));
      assert.deepEqual(show(travelled.kernel), show(fresh.kernel));
      assert.deepEqual(await travelled.links.apply(build(last)), []);
    }),
    { numRuns: 60 },
  );
});

const silent = {
  onLink: () => {},
  onSide: () => {},
  onMissing: () => {},
  onRepair: () => {},
  onFailure: () => {},
};

function tagged(vlan: number | undefined, mac?: string): WantedLinks {
  const both = wanted('203.0.113.7/24', '203.0.113.1');
  assert.ok(both.wan);
  return { ...both, wan: { ...both.wan, vlan, mac: mac === undefined ? undefined : parseMac(mac) } };
}

test('Links.apply() puts the WAN on a VLAN device, another one, and back on the device itself', async (t) => {
  const { kernel, links, heard } = await start(t, box());
  await links.apply(tagged(7));
  assert.deepEqual(kernel.describeAddresses(), ['192.168.77.1/24 on lan0', '203.0.113.7/24 on wan0.7']);
  assert.deepEqual(kernel.describeRoutes(), ['0.0.0.0/0 by 203.0.113.1 on wan0.7 metric 0 protocol 71']);
  assert.equal((await links.snapshot()).wan?.name, 'wan0.7');
  assert.deepEqual(await links.apply(tagged(7)), []);
  await links.apply(tagged(8));
  assert.deepEqual(kernel.describeAddresses(), ['192.168.77.1/24 on lan0', '203.0.113.7/24 on wan0.8']);
  assert.equal(kernel.link('wan0.7'), undefined);
  await links.apply(tagged(undefined));
  assert.deepEqual(kernel.describeAddresses(), ['192.168.77.1/24 on lan0', '203.0.113.7/24 on wan0']);
  assert.equal(kernel.link('wan0.8'), undefined);
  assert.ok(heard.includes('wan is wan0.7') && heard.includes('wan is wan0.8'));
});

test('Links.apply() adopts the VLAN device and the hardware address of an earlier run', async (t) => {
  const kernel = box();
  const first = await start(t, kernel);
  await first.links.apply(tagged(7, '02:00:00:00:00:77'));
  first.links.close();
  const second = await start(t, kernel);
  assert.deepEqual(await second.links.apply(tagged(7, '02:00:00:00:00:77')), []);
  await second.links.apply(tagged(undefined));
  const mac = kernel.link('wan0')?.address ?? new Uint8Array(6);
  assert.deepEqual([macFromBytes(mac), kernel.link('wan0.7')], ['02:00:00:00:00:10', undefined]);
});

test('Links.apply() says in one sentence that the kernel has no VLANs, and the LAN works', async (t) => {
  const kernel = box();
  kernel.hasVlans = false;
  const { links, clock, heard } = await start(t, kernel);
  await assert.rejects(links.apply(tagged(7)), (error) => {
    assert.ok(error instanceof KernelError);
    assert.equal(
      error.message,
      'Cannot create the VLAN device wan0.7 with the tag 7 on wan0: this kernel has no VLANs; a WAN without a tag or a kernel with 802.1Q is wanted (EOPNOTSUPP)',
    );
    return true;
  });
  assert.deepEqual(kernel.describeAddresses(), ['192.168.77.1/24 on lan0']);
  heard.length = 0;
  for (let i = 0; i < 5; i++) {
    kernel.setCarrier('lan0', i % 2 === 0);
    await clock.advance(Seconds(2));
  }
  assert.equal(heard.filter((one) => one.startsWith('failure')).length, 1, 'told once, not with every event');
});

test('Links.apply() refuses the name of a device of others for the VLAN, and the LAN works', async (t) => {
  const kernel = box();
  kernel.addLink('wan0.7', { kind: 'dummy' });
  const { links } = await start(t, kernel);
  await assert.rejects(
    links.apply(tagged(7)),
    /^UserError: Cannot use the VLAN tag 7 on the WAN: a device named wan0\.7/,
  );
  assert.deepEqual(kernel.describeAddresses(), ['192.168.77.1/24 on lan0']);
  assert.equal(kernel.link('wan0.7')?.info?.kind, 'dummy');
});

test('Links.apply() gives the WAN another hardware address and its own back, with addresses and routes as before', async (t) => {
  const { kernel, links } = await start(t, box());
  await links.apply(tagged(undefined));
  await links.apply(tagged(undefined, '02:00:00:00:00:77'));
  const macOf = () => macFromBytes(kernel.link('wan0')?.address ?? new Uint8Array(6));
  assert.equal(macOf(), '02:00:00:00:00:77');
  assert.deepEqual(kernel.describeRoutes(), ['0.0.0.0/0 by 203.0.113.1 on wan0 metric 0 protocol 71']);
  await links.apply(tagged(undefined));
  assert.deepEqual([macOf(), kernel.link('wan0')?.description], ['02:00:00:00:00:10', undefined]);
  assert.deepEqual(kernel.describeAddresses(), ['192.168.77.1/24 on lan0', '203.0.113.7/24 on wan0']);
});
