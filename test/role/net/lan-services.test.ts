import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { formatIpv6 } from '../../../src/base/ipv6.ts';
import { parseMac } from '../../../src/base/mac.ts';
import { parseUpstream } from '../../../src/base/upstream.ts';
import { readConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';
import { LanServices } from '../../../src/role/net/lan-services.ts';
import { Notices } from '../../../src/role/net/notices.ts';
import { TYPE } from '../../../src/wire/dns/constants.ts';
import { FakeLan } from '../../fake/fake-lan.ts';
import { FakeLeaseJournal } from '../../fake/fake-lease-journal.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { BOX, DnsBench, words } from '../../service/dns/bench.ts';

const WAN = { addresses: [], upstreams: [parseUpstream('udp://192.0.2.53')] };

interface Change {
  readonly records?: readonly object[];
  readonly domain?: string;
}

function config({ records = [], domain = 'office.example' }: Change = {}): Config {
  return readConfig({ version: 1, system: { domain }, dns: { records }, dhcp: { enabled: false } });
}

/** The services of the LAN on the fake network of a {@link DnsBench}, whose client and name server are used. */
async function harness(): Promise<{ bench: DnsBench; services: LanServices }> {
  const bench = new DnsBench();
  await bench.upstream.start(bench.server);
  const { clock, log } = bench;
  const lan = new FakeLan();
  const services = new LanServices({
    ports: {
      clock,
      random: new FakeRandom(),
      log: { logFor: () => log },
      udp: bench.box.udp,
      tcp: bench.box.tcp,
      packets: lan.host(parseMac('02:00:00:00:00:01')),
      icmp: lan.icmp(clock),
    },
    leases: new FakeLeaseJournal(clock),
    notices: new Notices(clock, log, () => {}),
    onLeases: () => {},
  });
  return { bench, services };
}

test('LanServices.apply() takes records with IPv6 addresses, and follows another one', async () => {
  const { bench, services } = await harness();
  const six = (value: string): object => ({ name: 'six', type: 'AAAA', value });
  const seen = async (): Promise<string> => {
    const data = (await bench.ask('six.office.example', TYPE.AAAA))?.answers[0]?.data;
    return data?.type === 'AAAA' ? formatIpv6(data.address) : '';
  };
  assert.deepEqual(await services.apply(config({ records: [six('2001:db8::1')] }), 'lan0', WAN), [
    'name server changed',
  ]);
  assert.equal(await seen(), '2001:db8::1');
  assert.deepEqual(await services.apply(config({ records: [six('2001:db8::1')] }), 'lan0', WAN), []);
  await services.apply(config({ records: [six('2001:db8::2')] }), 'lan0', WAN);
  assert.equal(await seen(), '2001:db8::2');
});

test('LanServices.apply() leaves nobody who has asked without an answer, and keeps connections and answers', async () => {
  const { bench, services } = await harness();
  await services.apply(config(), 'lan0', WAN);
  assert.equal(words(await bench.ask('kept.example')), '0 203.0.113.80');
  const { asked } = bench.upstream;
  // A change that has nothing to do with names, as of a password.
  await services.apply(config(), 'lan0', WAN);
  assert.equal(words(await bench.ask('kept.example')), '0 203.0.113.80');
  assert.equal(bench.upstream.asked, asked);
  const { connection } = await bench.connect();
  let isCut = false;
  connection.onClose(() => (isCut = true));
  const record = { name: 'printer', type: 'A', value: '192.168.77.9' };
  await services.apply(config({ records: [record], domain: 'firm.example' }), 'lan0', WAN);
  await bench.clock.settle();
  assert.equal(isCut, false);
  assert.equal(words(await bench.ask('printer.firm.example')), '0 192.168.77.9');
  assert.deepEqual(services.dns?.local, [{ address: parseIpv4('192.168.77.1'), port: BOX.port }]);
  services.stop();
  assert.equal(bench.box.openSockets, 0);
});
