import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseIpv4 } from '../../src/base/ipv4.ts';
import { parseMac } from '../../src/base/mac.ts';
import { LinuxPacketPort } from '../../src/io/linux/packet.ts';
import { Lab } from './lab.ts';
import { inOwnNetwork } from './own-network.ts';
import { WanClient, type WanClientOptions } from './wan-client.ts';
import { waitFor } from './wait-for.ts';
import { WanProvider } from './wan-provider.ts';

const NEIGHBOUR = '02:67:70:00:09:99';

/** Client identifier of RFC 4361 for this MAC address, in hexadecimal pairs. */
const clientId = (mac: string): string => `ff:00:00:00:01:00:03:00:01:${mac}`;

inOwnNetwork(import.meta.filename, () => {
  const lab = new Lab();
  const packets = new LinuxPacketPort();
  const clients: WanClient[] = [];
  let directories = 0;

  async function plug(provider: WanProvider, more: Partial<WanClientOptions> = {}): Promise<WanClient> {
    const directory = join(lab.directory, `data${directories++}`);
    const client = new WanClient({ device: provider.device, directory, packets, ...more });
    clients.push(client);
    await client.start();
    return client;
  }

  before(() => execFileSync('ip', ['link', 'set', 'lo', 'up']));
  after(async () => {
    for (const client of clients) await client.stop();
    packets.close();
    lab.remove();
  });

  describe('the WAN at real providers', { concurrency: true }, () => {
    test('dnsmasq: name, client identifier, classless routes in place of the router, domains; the address is asked for first', async () => {
      const provider = await WanProvider.start(lab, 1);
      const at = (last: number): string => provider.address(last);
      const server = await provider.dnsmasq([
        `dhcp-range=${at(60)},${at(60)},1h`,
        `dhcp-option=3,${at(9)}`,
        `dhcp-option=121,0.0.0.0/0,${at(1)},10.8.0.0/16,${at(2)},10.9.0.0/16,0.0.0.0`,
        'dhcp-option=15,provider.example',
        'dhcp-option=119,one.example,two.example',
        `dhcp-option=6,${at(1)},192.0.2.53`,
        `dhcp-option=42,${at(1)}`,
      ]);
      const timeServers = new Map([['time.example', parseIpv4(at(1))]]);
      const client = await plug(provider, { hostName: 'gatepost', timeServers });
      assert.equal(await client.lease(), `${at(60)}/24`);
      assert.deepEqual(await client.routes(), [`10.8.0.0/16 ${at(2)}`, '10.9.0.0/16 -', `default ${at(1)}`]);
      const { address } = client.state;
      assert.equal(address?.domain, 'provider.example');
      assert.deepEqual(address.searchDomains, ['one.example', 'two.example']);
      assert.deepEqual(address.dnsServers, [parseIpv4(at(1)), parseIpv4('192.0.2.53')]);
      await server.line(/client provides name: gatepost/);
      assert.match(
        leases(provider),
        new RegExp(`${provider.mac} ${at(60)} gatepost ${clientId(provider.mac)}`),
      );
      const heard = provider.heard.text();
      const probes = heard.split(`Request who-has ${at(60)} tell 0.0.0.0`).length - 1;
      assert.equal(probes, 3);
      await provider.heard.line(new RegExp(`Request who-has ${at(60)} .*tell ${at(60)}`));
      await client.internet('reachable');
    });

    test('dnsmasq: a cloned MAC address is another client, with its own identifier, and so is the real one again', async () => {
      const provider = await WanProvider.start(lab, 2);
      const clone = '02:67:70:00:09:c2';
      await provider.dnsmasq([
        `dhcp-range=${provider.address(60)},${provider.address(99)},1h`,
        `dhcp-host=${provider.mac},${provider.address(60)}`,
        `dhcp-host=${clone},${provider.address(61)}`,
      ]);
      const client = await plug(provider);
      await client.configured(`${provider.address(60)}/24`);
      await client.clone(parseMac(clone));
      await client.configured(`${provider.address(61)}/24`);
      assert.match(leases(provider), new RegExp(`${clone} ${provider.address(61)} \\* ${clientId(clone)}`));
      assert.ok(provider.heard.text().includes(`${clone} > ff:ff:ff:ff:ff:ff, ethertype IPv4`));
      await client.clone(undefined);
      await client.configured(`${provider.address(60)}/24`);
    });

    test('dnsmasq: renews at the time the server names, follows another gateway, and another range after a NAK', async () => {
      const provider = await WanProvider.start(lab, 3);
      const at = (last: number): string => provider.address(last);
      const first = await provider.dnsmasq([`dhcp-range=${at(60)},${at(60)},1h`, 'dhcp-option=58,5']);
      const client = await plug(provider);
      assert.equal(await client.lease(), `${at(60)}/24`);
      await first.stop();
      const second = await provider.dnsmasq([
        `dhcp-range=${at(60)},${at(60)},1h`,
        'dhcp-option=58,5',
        `dhcp-option=3,${at(254)}`,
      ]);
      await second.line(new RegExp(`DHCPACK\\(br0\\) ${at(60)}`));
      await client.hasRoute(`default ${at(254)}`);
      assert.equal(client.address, `${at(60)}/24`);
      // Renewals go to the server alone, from the address.
      await provider.heard.line(new RegExp(`${at(60)}\\.68 > ${at(1)}\\.67.*Request`));
      await second.stop();
      const third = await provider.dnsmasq([`dhcp-range=${at(100)},${at(100)},1h`], true);
      await third.line(new RegExp(`DHCPNAK\\(br0\\) ${at(60)}`));
      await client.configured(`${at(100)}/24`);
    });

    test('udhcpd: asks any server from T2 on when the one that granted is gone, and keeps the address all the time', async () => {
      const provider = await WanProvider.start(lab, 4);
      const first = await provider.udhcpd(12, 60);
      const client = await plug(provider);
      assert.equal(await client.lease(), `${provider.address(60)}/24`);
      await first.stop();
      await client.phase('RENEWING');
      const second = await provider.udhcpd(12, 60);
      await client.went('REBINDING', 'BOUND');
      assert.ok(await client.reaches(provider.address(1)));
      assert.ok(!client.phases.slice(client.phases.indexOf('BOUND')).includes('INIT'));
      assert.equal(await client.lease(), `${provider.address(60)}/24`);
      await second.stop();
    });

    test('udhcpd: with the server silent the address works until the lease is over, not longer, and is asked for anew', async () => {
      const provider = await WanProvider.start(lab, 5);
      const first = await provider.udhcpd(10, 60);
      const client = await plug(provider);
      assert.equal(await client.lease(), `${provider.address(60)}/24`);
      await first.stop();
      await client.phase('REBINDING');
      assert.ok(await client.reaches(provider.address(1)), 'the address works to the end');
      await client.configured('none');
      assert.deepEqual(await client.routes(), []);
      await client.phase('SELECTING');
      await provider.udhcpd(10, 61);
      await client.configured(`${provider.address(61)}/24`);
    });

    test('dnsmasq: an address another customer has is declined, the next one is taken; one taken later is defended', async () => {
      const provider = await WanProvider.start(lab, 6);
      const at = (last: number): string => provider.address(last);
      const neighbour = await provider.neighbour(NEIGHBOUR, 60);
      const server = await provider.dnsmasq([
        `dhcp-range=${at(61)},${at(61)},1h`,
        `dhcp-host=${provider.mac},${at(60)}`,
      ]);
      const client = await plug(provider);
      await server.line(new RegExp(`DHCPDECLINE\\(br0\\) ${at(60)} ${provider.mac}`));
      assert.equal(await client.conflict(at(60)), NEIGHBOUR);
      assert.ok(!client.phases.includes('BOUND'));
      await client.configured(`${at(61)}/24`);
      const ours = (): number => provider.announcements(provider.mac, at(61));
      await waitFor('both announcements', () => ours() === 2);
      await neighbour.ip('addr', 'add', `${at(61)}/24`, 'dev', 'eth0');
      await neighbour.run(['busybox', 'arping', '-U', '-c', '1', '-I', 'eth0', at(61)]);
      assert.equal(await client.conflict(at(61)), NEIGHBOUR);
      await waitFor('the defence', () => ours() === 3);
      assert.equal(client.address, `${at(61)}/24`);
    });

    test('systemd-networkd: lease, renewal, and the same address after a restart of the box that kept it', async () => {
      const provider = await WanProvider.start(lab, 7);
      const server = await provider.networkd(10, 60);
      const directory = join(lab.directory, 'networkd-data');
      const client = await plug(provider, { directory });
      assert.equal(await client.lease(), `${provider.address(60)}/24`);
      await client.went('RENEWING', 'BOUND');
      await server.line(/REQUEST \(rebinding\/renewing\)/);
      await client.stop();
      const again = await plug(provider, { directory });
      await again.phase('BOUND');
      assert.equal(again.address, `${provider.address(60)}/24`);
      await server.line(/REQUEST \(init-reboot\)/);
      assert.ok(!again.phases.includes('SELECTING'), again.phases.join(' '));
      assert.ok(await again.reaches(provider.address(1)));
    });
  });

  function leases(provider: WanProvider): string {
    return readFileSync(provider.namespace.file('leases'), 'utf8');
  }
});
