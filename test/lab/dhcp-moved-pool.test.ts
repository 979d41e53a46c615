import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { boxConfig } from './box-config.ts';
import type { ConfigFile } from './box-config.ts';
import { CLIENT_KINDS } from './dhcp-client-kinds.ts';
import { RealClient } from './dhcp-client-program.ts';
import { ClientSite } from './dhcp-client-site.ts';
import { waitFor } from './wait-for.ts';

const WAN = {
  device: 'wan0',
  ipv4: { method: 'static', address: '203.0.113.50/24', gateway: '203.0.113.1' },
} as const;
const LAN = { devices: ['lan0'], address: '192.168.77.1/24' };

function withDhcp(dhcp: ConfigFile['dhcp']): ConfigFile {
  return boxConfig({ wan: WAN, lan: LAN, firewall: {}, dhcp: { leaseTime: '1h', ...dhcp } });
}

const pool = (from: number, to: number) => ({ first: `192.168.77.${from}`, last: `192.168.77.${to}` });
const bare = (address: string | undefined): string => (address ?? '').replace(/\/.*/, '');

let site: ClientSite;
let clients: readonly RealClient[];

before(async () => {
  site = await ClientSite.start({ lan: LAN, dhcp: { leaseTime: '1h', pool: pool(10, 19) } });
  clients = await Promise.all(
    CLIENT_KINDS.map(async (kind, index) => {
      const mac = `02:67:70:00:07:0${index}`;
      const client = new RealClient(kind, await site.host(kind, mac), mac, { hostName: `${kind}-pc` });
      await client.start();
      await client.configured();
      return client;
    }),
  );
});

after(() => site.lab.remove());

/** Each client renews in its own way; the times at which it would ask all servers are far away. */
async function moves(client: RealClient, isThere: (address: string) => boolean): Promise<void> {
  await client.renew();
  await waitFor(`another address of ${client.kind}`, async () => isThere(bare(await client.address()))).catch(
    (error: unknown) => {
      const seen = site.capture.of(client.mac).map(({ type, to }) => `${type} to ${to}`);
      throw new Error(`${String(error)}; seen were ${seen.join(', ')}\n${client.said}`);
    },
  );
}

describe('Dhcp4Server whose settings change while real clients have leases', { concurrency: false }, () => {
  test('every client hears at its next renewal that its address is not in the pool any more, and has another one', async () => {
    await site.box.apply(withDhcp({ pool: pool(30, 39) }));
    await Promise.all(clients.map((one) => moves(one, (address) => /\.3\d$/.test(address))));
    const bound = (await site.box.leases()).filter(({ state }) => state === 'bound');
    assert.equal(bound.length, clients.length);
    assert.ok(
      bound.every(({ address }) => /\.3\d$/.test(address)),
      JSON.stringify(bound),
    );
  });

  test('a device has the address reserved for it as soon as the one that has it now has renewed, and been refused', async () => {
    const [owner, , holder] = clients;
    assert.ok(owner !== undefined && holder !== undefined);
    const wanted = bare(await holder.address());
    await site.box.apply(
      withDhcp({ pool: pool(30, 39), reservations: [{ mac: owner.mac, address: wanted }] }),
    );
    await moves(holder, (address) => address !== '' && address !== wanted);
    await moves(owner, (address) => address === wanted);
  });
});
