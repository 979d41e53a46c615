import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADDRESSES } from './addresses.ts';
import { Box } from './box.ts';
import { boxConfig } from './box-config.ts';
import { Office } from './office.ts';

let office: Office;

before(async () => {
  office = await Office.create();
  const box = await Box.start(office.box, boxConfig({ firewall: { publicServices: ['smtp'] } }));
  await box.online();
  office.pc1.start();
  await office.pc1.lease();
});

after(() => office.remove());

const NMAP = ['nmap', '-n', '-Pn', '--min-rate', '4000', '--max-retries', '2', '-oG', '-'] as const;

test('nmap from the world, every TCP port: only the configured public service answers', async (t) => {
  const report = await office.hosts.world.output([...NMAP, '-sS', '-p-', ADDRESSES.boxWan]);
  const open = [...report.matchAll(/(\d+)\/open\/tcp/g)].map((match) => Number(match[1]));
  assert.deepEqual(open, [25]);
  t.diagnostic(/Ignored State: .*/.exec(report)?.[0] ?? '');
});

test('nmap from the world, the UDP ports of the LAN services: none answers', async () => {
  const ports = '53,67,68,123,161,500,1900,5353,51820';
  const report = await office.hosts.world.output([...NMAP, '-sU', '-p', ports, ADDRESSES.boxWan]);
  assert.doesNotMatch(report, /\d+\/open\/udp/);
});

test('the provider, on the same wire and with a route to the LAN, reaches neither pc1 nor the LAN services', async () => {
  const { isp } = office.hosts;
  const { address } = await office.pc1.lease();
  await isp.ip('route', 'add', ADDRESSES.lanNetwork, 'via', ADDRESSES.boxWan);
  try {
    const ping = await isp.run(['ping', '-c', '2', '-W', '1', address]);
    assert.match(ping.stdout, / 100% packet loss/);
    for (const target of [address, ADDRESSES.boxLan]) {
      const report = await isp.output([...NMAP, '-sS', '-p', '22,53,80,110,995,8080,8443', target]);
      assert.doesNotMatch(report, /\d+\/open\/tcp/, `${target} is closed`);
    }
  } finally {
    await isp.ip('route', 'del', ADDRESSES.lanNetwork);
  }
});
