import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seconds } from '../../../src/base/duration.ts';
import { KernelError } from '../../../src/base/errors.ts';
import type { Ipv4 } from '../../../src/base/ipv4.ts';
import { parseMac } from '../../../src/base/mac.ts';
import type { PacketSocket } from '../../../src/port/packet.ts';
import type { WanAddress, WanLink } from '../../../src/service/wan/wan-state.ts';
import { type Wan, startWan } from '../../../src/service/wan/wan.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import { BOX_MAC, Provider } from './provider.ts';

const METHOD = { kind: 'dhcp', hostName: undefined } as const;

/** What happens to the service while it is busy with something else. */
class Site {
  readonly provider = new Provider();
  readonly clock = new FakeClock();
  readonly files = new MemoryFiles();
  routerOf: (address: WanAddress) => Ipv4 | undefined = ({ gateway }) => gateway;

  async start(link: WanLink = { up: true, mac: BOX_MAC }): Promise<Wan> {
    const { provider, clock, files } = this;
    const wan = await startWan(
      { device: 'wan0', method: METHOD, link, configured: [] },
      {
        clock,
        random: new FakeRandom(),
        packets: provider,
        icmp: provider,
        udp: provider.udp,
        files,
        log: new MemoryLog(),
      },
      { onChange: () => undefined, routerOf: (address) => this.routerOf(address) },
    );
    await clock.advance(Seconds(2));
    return wan;
  }
}

test('stop() is the end of the client, also when the device gets another MAC address meanwhile', async () => {
  const site = new Site();
  const wan = await site.start();
  const stopped = wan.stop({ release: true });
  await site.clock.settle();
  wan.linkChanged({ up: true, mac: parseMac('02:00:00:00:00:77') });
  await site.clock.advance(Seconds(60));
  await stopped;
  assert.equal(site.provider.heard.at(-1), 'RELEASE 203.0.113.50 to 203.0.113.1');
  assert.equal(site.provider.openSockets, 0);
  assert.equal(site.clock.pending, 0);
});

test('stop() is the end of the client, also when its socket is refused only then', async () => {
  const site = new Site();
  const refused = Promise.withResolvers<PacketSocket>();
  let opened = 0;
  site.provider.open = () => {
    opened++;
    return refused.promise;
  };
  const wan = await site.start();
  const stopped = wan.stop({ release: true });
  await site.clock.settle();
  refused.reject(new KernelError('open a packet socket on wan0', 'ENODEV'));
  await site.clock.advance(Seconds(60));
  await stopped;
  assert.deepEqual([opened, site.clock.pending], [1, 0]);
});

test('reconfigure() takes the carrier of now for another uplink, not the one from before its file was read', async (t) => {
  const site = new Site();
  const wan = await site.start();
  await site.clock.advance(Seconds(2));
  t.mock.method(site.files, 'read', async () => wan.linkChanged({ up: true, mac: BOX_MAC }));
  wan.linkChanged({ up: false, mac: BOX_MAC });
  await wan.reconfigure({ device: 'wan0', method: { ...METHOD, hostName: 'other' } });
  await site.clock.advance(Seconds(5));
  assert.equal(wan.status().phase, 'BOUND');
});

test('reconfigure() is not refused because one before it failed', async () => {
  const site = new Site();
  const wan = await site.start();
  site.routerOf = () => {
    throw new Error('broken');
  };
  await assert.rejects(wan.reconfigure({ device: 'wan0', method: METHOD, timeServers: ['a'] }), /broken/);
  site.routerOf = ({ gateway }) => gateway;
  await wan.reconfigure({ device: 'wan0', method: METHOD, timeServers: ['b'] });
  await wan.stop({ release: false });
});
