import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Devices } from '../../src/role/net/devices.ts';
import { openCards } from '../../src/role/net/open-cards.ts';
import type { NetServices } from '../../src/role/net/services.ts';
import { readConfig } from '../../src/config/load.ts';
import { linuxNetlink } from '../../src/io/linux/netlink.ts';
import { linuxNetworkCards } from '../../src/io/linux/network-card.ts';
import { NETLINK } from '../../src/port/netlink.ts';
import { startLinks } from '../../src/service/links/links.ts';
import { openNetlinkSession } from '../../src/service/netlink-session.ts';
import { NodeClock } from '../../src/io/node/clock.ts';
import { FakeClock } from '../fake/fake-clock.ts';
import { Seconds } from '../../src/base/duration.ts';
import { inOwnNetwork } from './own-network.ts';
import { waitFor } from './wait-for.ts';

function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8' });
}

inOwnNetwork(import.meta.filename, () => {
  test('the counters of a real device count what it sends, and it has no driver of its own to be given back to', () => {
    ip('link', 'add', 'wan0', 'type', 'veth', 'peer', 'name', 'far0');
    for (const device of ['wan0', 'far0']) ip('link', 'set', device, 'up');
    ip('addr', 'add', '198.18.30.1/24', 'dev', 'wan0');
    const before = linuxNetworkCards.counters('wan0');
    assert.deepEqual([before?.waiting, before?.timeouts], [0, 0]);
    // Nobody answers: that it was sent is enough.
    spawnSync('ping', ['-c', '1', '-W', '1', '198.18.30.2']);
    assert.ok((linuxNetworkCards.counters('wan0')?.sent ?? 0) > (before?.sent ?? 0));
    assert.equal(linuxNetworkCards.rebind('wan0'), false);
    assert.equal(linuxNetworkCards.counters('absent0'), undefined);
  });

  test('a card that is given something to send and does not send it is switched off and on', async (t) => {
    const seen: string[] = [];
    const monitor = spawn('ip', ['monitor', 'link'], { stdio: ['ignore', 'pipe', 'ignore'] });
    t.after(() => monitor.kill());
    monitor.stdout.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
    const route = openNetlinkSession(linuxNetlink, NETLINK.ROUTE);
    const [devices, clock] = [new Devices(), new FakeClock()];
    const links = await startLinks(route, new NodeClock(), {
      onLink: (name, link) => devices.set(name, link),
      onSide: () => undefined,
      onMissing: () => undefined,
      onRepair: () => undefined,
      onFailure: () => undefined,
    });
    t.after(() => {
      links.close();
      route.close();
    });
    const told: string[] = [];
    const given: string[] = [];
    const socket = { send: () => void given.push('frame'), close: () => undefined };
    // A port that takes frames and sends none: to the device it is as if the card was stuck.
    const packets = { open: () => Promise.resolve(socket) };
    const config = readConfig({ version: 1, lan: { devices: ['wan0'] }, wan: { device: 'none0' } });
    const services = { config, devices, wanState: () => undefined } as unknown as NetServices;
    const watch = openCards(
      { clock, packets, route } as unknown as Parameters<typeof openCards>[0],
      services,
      {
        onReset: (_device, sentence) => told.push(sentence),
        onProblem: () => undefined,
      },
    );
    watch.start();
    await waitFor('the reset', async () => {
      await clock.advance(Seconds(5));
      return told.length > 0;
    });
    watch.stop();
    assert.notEqual(given.length, 0);
    assert.match(
      told.join(),
      /^The network card wan0 was switched off and on: what it was given to send has not left/,
    );
    await waitFor(
      'the device to be off and on again',
      () =>
        /state DOWN/.test(seen.join('')) && /state UP/.test(seen.join('').split('state DOWN').at(-1) ?? ''),
    );
    assert.match(ip('link', 'show', 'wan0'), /LOWER_UP/);
  });
});
