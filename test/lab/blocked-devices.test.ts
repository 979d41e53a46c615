import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ADDRESSES } from './addresses.ts';
import { Box } from './box.ts';
import { boxConfig } from './box-config.ts';
import type { Namespace } from './namespace.ts';
import { Office } from './office.ts';
import type { Program } from './program.ts';
import { waitFor } from './wait-for.ts';

// A blocked device takes no lease: it gives itself addresses. Mode router, where the rules keep nothing else from the LAN.
const PORT = 9005;
const WORLD6 = '2001:db8:4::2';
const PC1 = { 4: '192.168.77.11', 6: '2001:db8:77::11' } as const;
const CHECKS = 3;

let office: Office;
let box: Box;
const listeners = new Map<Namespace, Program>();
let sent = 0;

before(async () => {
  office = await Office.create();
  const { isp, world, pc1, pc2 } = office.hosts;
  box = await Box.start(office.box, boxConfig({ mode: 'router', firewall: {} }));
  await box.online();
  await isp.ip('route', 'add', ADDRESSES.lanNetwork, 'via', ADDRESSES.boxWan);
  await addresses6();
  await forgetNeighboursSoon();
  for (const pc of [pc1, pc2]) {
    const program = pc.start('listener', [
      'python3',
      join(import.meta.dirname, 'datagram-listener.py'),
      String(PORT),
    ]);
    await program.line(/^ready$/m);
    listeners.set(pc, program);
  }
  await give(pc1, PC1[4]);
  await give(pc1, PC1[6]);
  await waitFor('the way from the world', async () =>
    (await Promise.all([PC1[4], PC1[6]].map((to) => hears(pc1, to)))).every(Boolean),
  );
  await world.output(['ping', '-c', '1', '-W', '5', PC1[4]]);
});

after(() => office.remove());

async function addresses6(): Promise<void> {
  const { isp, world } = office.hosts;
  await isp.sysctl('net.ipv6.conf.all.forwarding', 1);
  for (const [host, address, device] of [
    [isp, '2001:db8:3::1/64', 'wan'],
    [isp, '2001:db8:4::1/64', 'core'],
    [world, `${WORLD6}/64`, 'eth0'],
    [office.box, '2001:db8:3::50/64', 'wan0'],
    [office.box, '2001:db8:77::1/64', 'lan0'],
  ] as const)
    await host.ip('addr', 'add', address, 'dev', device, 'nodad');
  await isp.ip('route', 'add', '2001:db8:77::/64', 'via', '2001:db8:3::50');
  await world.ip('-6', 'route', 'add', 'default', 'via', '2001:db8:4::1');
  await office.box.ip('-6', 'route', 'add', 'default', 'via', '2001:db8:3::1');
  await routeIpv6();
}

/** The kernel looks whether a neighbour is still there after half a minute; here a second has to do. */
async function forgetNeighboursSoon(): Promise<void> {
  for (const family of ['ipv4', 'ipv6'])
    for (const [name, value] of [
      ['base_reachable_time_ms', 1000],
      ['delay_first_probe_time', 1],
      ['retrans_time_ms', 100],
    ] as const)
      await office.box.sysctl(`net.${family}.neigh.lan0.${name}`, value);
}

/** The box itself routes no IPv6, and says so to the kernel with every change: what its rules do is to be seen all the same. */
async function routeIpv6(): Promise<void> {
  await office.box.sysctl('net.ipv6.conf.all.forwarding', 1);
}

const isIpv6 = (address: string): boolean => address.includes(':');
const prefixOf = (address: string): string => `${address}/${isIpv6(address) ? 64 : 24}`;
const boxOf = (address: string): string => (isIpv6(address) ? '2001:db8:77::1' : ADDRESSES.boxLan);

/** An address by hand, with the box for a router. */
async function give(host: Namespace, address: string): Promise<void> {
  await host.ip('addr', 'add', prefixOf(address), 'dev', 'eth0', ...(isIpv6(address) ? ['nodad'] : []));
  await host.ip('route', 'replace', 'default', 'via', boxOf(address));
}

async function take(host: Namespace, address: string): Promise<void> {
  await host.ip('addr', 'del', prefixOf(address), 'dev', 'eth0');
}

async function firewall(...words: readonly string[]): Promise<void> {
  const { status, stderr } = await box.cli(['firewall', ...words]);
  assert.equal(status, 0, stderr);
  await routeIpv6();
}

function datagram(text: string, to: string): string {
  return `printf ${text} > /dev/udp/${to}/${PORT}`;
}

async function say(from: Namespace, text: string, to: string): Promise<void> {
  await from.run(['bash', '-c', datagram(text, to)]);
}

/** Whether a datagram of the world to an address comes to a host: not before one behind it, by the same way, has come. */
async function hears(host: Namespace, to: string): Promise<boolean> {
  const { world, pc1 } = office.hosts;
  const [number, mark] = [`number${++sent}`, `mark${sent}`];
  const marker = isIpv6(to) ? PC1[6] : PC1[4];
  await world.run(['bash', '-c', `${datagram(number, to)}; ${datagram(mark, marker)}`]);
  await listeners.get(pc1)?.line(new RegExp(`^got ${mark}$`, 'm'));
  await say(host, `own${mark}`, '127.0.0.1');
  await listeners.get(host)?.line(new RegExp(`^got own${mark}$`, 'm'));
  return hasHeard(host, number);
}

function hasHeard(host: Namespace, text: string): boolean {
  return listeners.get(host)?.log.lines().includes(`got ${text}`) ?? false;
}

/** From some moment on nothing comes in, and nothing that was held back for the device comes later. */
async function assertHearsNoMore(host: Namespace, address: string): Promise<void> {
  await waitFor(`silence at ${address}`, async () => !(await hears(host, address)), 10_000);
  const first = sent + 1;
  for (let check = 0; check < CHECKS; check++) assert.ok(!(await hears(host, address)), address);
  for (let number = first; number <= sent; number++) assert.ok(!hasHeard(host, `number${number}`));
}

async function assertGetsNothingOut(host: Namespace, address: string): Promise<void> {
  const to = isIpv6(address) ? WORLD6 : ADDRESSES.world;
  const ping = await host.run(['ping', '-c', '1', '-W', '2', '-I', address, to]);
  assert.equal(ping.status, 1, ping.stdout);
  assert.match(ping.stdout, /filtered|prohibited/i);
  // The box itself is reached.
  await host.output(['ping', '-c', '1', '-W', '5', '-I', address, boxOf(address)]);
}

for (const [family, first, second] of [
  ['IPv4', '192.168.77.77', '192.168.77.78'],
  ['IPv6', '2001:db8:77::77', '2001:db8:77::78'],
] as const) {
  test(`a blocked device under an ${family} address of its own choosing gets nothing out and nothing in`, async () => {
    const { pc2 } = office.hosts;
    await firewall('block', ADDRESSES.pc2Mac);
    await give(pc2, first);
    await assertGetsNothingOut(pc2, first);
    await assertHearsNoMore(pc2, first);
    await give(pc2, second);
    await assertHearsNoMore(pc2, second);
    for (const address of [second, first]) await take(pc2, address);
    await firewall('unblock', ADDRESSES.pc2Mac);
  });

  test(`a device that is blocked while it is talked to is so under the next ${family} address, too; who has its former one is not`, async () => {
    const { pc1, pc2 } = office.hosts;
    await give(pc2, first);
    await waitFor(`words of the world at ${first}`, () => hears(pc2, first));
    await firewall('block', ADDRESSES.pc2Mac);
    await assertHearsNoMore(pc2, first);
    await take(pc2, first);
    await give(pc2, second);
    await assertGetsNothingOut(pc2, second);
    await assertHearsNoMore(pc2, second);
    await give(pc1, first);
    await waitFor(`words of the world at ${first}, of another device`, async () => {
      // The kernel takes its word for it once the answer to the former device fails.
      await pc1.run(['ping', '-c', '1', '-W', '1', '-I', first, boxOf(first)]);
      return hears(pc1, first);
    });
    await take(pc1, first);
    await take(pc2, second);
    await firewall('unblock', ADDRESSES.pc2Mac);
  });
}
