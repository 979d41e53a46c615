import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { KernelError } from '../../../src/base/errors.ts';
import { readConfig } from '../../../src/config/load.ts';
import type { ObservedLink } from '../../../src/engine/links/observed.ts';
import { RingLog } from '../../../src/io/log/ring-log.ts';
import { Devices } from '../../../src/role/net/devices.ts';
import { openWatchdog, selfChecks } from '../../../src/role/net/open-watchdog.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';

test('openWatchdog() tells the owner of a watchdog that is not there, and the box starts without', async (t) => {
  const place = mkdtempSync(join(tmpdir(), 'gatepost-watchdog-'));
  t.after(() => rmSync(place, { recursive: true }));
  const board = {
    name: 'test-board',
    slots: { a: '/dev/null', b: '/dev/null' },
    slotState: { device: '/dev/null', offsets: [0, 512] },
    updateKeys: ['AAAA'],
    watchdog: join(place, 'watchdog0'),
  };
  const file = join(place, 'board.json');
  writeFileSync(file, JSON.stringify(board));
  const clock = new FakeClock();
  const told: string[] = [];
  const opened = await openWatchdog(
    { file, slot: 'a' },
    { data: new MemoryFiles(), clock, log: new RingLog({ clock }) },
    {
      checks: new Map(),
      restart: () => assert.fail(),
      onRestarted: () => assert.fail(),
      onMissing: (sentence) => told.push(sentence),
    },
  );
  assert.equal(opened, undefined);
  assert.match(told.join(), /open the watchdog .*watchdog0/);
});

test('selfChecks() finds no fault in names while the LAN has no device: a restart brings back no adapter', async () => {
  const devices = new Devices();
  const ports = {
    clock: new FakeClock(),
    random: new FakeRandom(),
    udp: { connect: () => Promise.reject(new KernelError('send', 'ENETUNREACH')) },
    tcp: {},
    packets: { alive: () => Promise.resolve() },
  };
  const services = { config: readConfig({ version: 1 }), devices, links: undefined };
  const checks = selfChecks(ports as unknown as Parameters<typeof selfChecks>[0], services);
  await checks.get('names')?.();
  devices.set('lan0', { index: 2, name: 'lan0' } as ObservedLink);
  await assert.rejects(async () => checks.get('names')?.());
});
