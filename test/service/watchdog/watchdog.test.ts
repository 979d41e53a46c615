import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Minutes, Seconds } from '../../../src/base/duration.ts';
import { Watchdog } from '../../../src/service/watchdog/watchdog.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { MemoryLog } from '../../fake/memory-log.ts';

/** A box whose name server can be broken, with a watchdog that remembers when it was fed. */
class Site {
  readonly clock = new FakeClock();
  readonly log = new MemoryLog();
  readonly restarts: string[] = [];
  readonly told: string[] = [];
  names: () => Promise<void> = () => Promise.resolve();
  feed: () => Promise<void> = () => Promise.resolve();
  fed = 0;
  released = 0;
  readonly watchdog: Watchdog;

  constructor(files: MemoryFiles) {
    this.watchdog = new Watchdog({
      device: {
        feed: async () => {
          this.fed += 1;
          await this.feed();
        },
        release: async () => void (this.released += 1),
      },
      files,
      clock: this.clock,
      log: this.log,
      checks: new Map([['names', () => this.names()]]),
      restart: (reason) => this.restarts.push(reason),
      onRestarted: (sentence) => this.told.push(sentence),
    });
  }
}

async function broken(files: MemoryFiles): Promise<Site> {
  const site = new Site(files);
  await site.watchdog.start();
  await site.clock.advance(Seconds(20));
  site.names = () => Promise.reject(new Error('no answer'));
  await site.clock.advance(Minutes(5));
  return site;
}

test('Watchdog feeds every few seconds while all is well, and lets go in order', async () => {
  const site = new Site(new MemoryFiles());
  await site.watchdog.start();
  await site.clock.advance(Seconds(60));
  assert.equal(site.fed, 1 + 15);
  await site.watchdog.stop();
  assert.deepEqual([site.released, site.clock.pending], [1, 0]);
});

test('Watchdog writes down why before it feeds no more, and asks for a restart', async () => {
  const files = new MemoryFiles();
  const site = await broken(files);
  assert.deepEqual(site.restarts, ['names has not worked for a minute: no answer']);
  assert.equal(site.fed, 1 + (20 + 60) / 4, 'not fed since');
  await site.watchdog.stop();
  assert.equal(site.released, 0, 'it bites should the orderly way hang');
  const next = new Site(files);
  await next.watchdog.start();
  assert.deepEqual(next.told, ['The box has restarted itself, because names did not work: no answer']);
});

test('Watchdog goes on with what three restarts have not mended', async () => {
  const files = new MemoryFiles();
  for (let restart = 1; restart <= 3; restart++) assert.equal((await broken(files)).restarts.length, 1);
  const fourth = await broken(files);
  assert.deepEqual(fourth.restarts, []);
  assert.equal(fourth.fed, 1 + 320 / 4);
});

test('Watchdog takes a check that never ends for one that failed', async () => {
  const site = new Site(new MemoryFiles());
  await site.watchdog.start();
  await site.clock.advance(Seconds(8));
  site.names = () => new Promise(() => undefined);
  await site.clock.advance(Minutes(2));
  assert.deepEqual(site.restarts, ['names has not worked for a minute: no answer in time']);
});

test('Watchdog asks for the restart also when the disk does not take the reason', async () => {
  const files = new MemoryFiles();
  files.replace = () => Promise.reject(new Error('the disk is gone'));
  const site = await broken(files);
  assert.equal(site.restarts.length, 1);
  assert.match(site.log.text, /cannot be kept: the disk is gone/);
});

test('Watchdog says nothing more to a device that was let go, whatever a look in progress finds', async () => {
  const site = new Site(new MemoryFiles());
  await site.watchdog.start();
  let answer = (): void => undefined;
  site.names = () => new Promise((resolve) => (answer = resolve));
  await site.clock.advance(Seconds(5));
  await site.watchdog.stop();
  answer();
  await site.clock.advance(Seconds(5));
  assert.deepEqual([site.fed, site.released, site.restarts], [1, 1, []]);
});

test('Watchdog lets go behind the last feeding, which would take that back', async () => {
  const site = new Site(new MemoryFiles());
  await site.watchdog.start();
  const { promise, resolve } = Promise.withResolvers<void>();
  site.feed = () => promise;
  await site.clock.advance(Seconds(4));
  const stopped = site.watchdog.stop();
  assert.equal(site.released, 0);
  resolve();
  await stopped;
  assert.equal(site.released, 1);
});

test('Watchdog starts and goes on with a device that takes nothing, and says so', async () => {
  const site = new Site(new MemoryFiles());
  site.feed = () => Promise.reject(new Error('Cannot feed the watchdog: EIO'));
  await site.watchdog.start();
  await site.clock.advance(Seconds(8));
  assert.equal(site.fed, 3);
  assert.match(site.log.text, /EIO/);
});

test('Watchdog keeps starts that failed beside its own restarts, and restarts for the checks as before', async () => {
  const files = new MemoryFiles();
  const first = new Site(files);
  await first.watchdog.start();
  for (let times = 0; times < 3; times++)
    await first.watchdog.rememberFailedStarts('the system in slot a', 'it was damaged');
  const second = await broken(files);
  assert.match(second.told.join(), /because the system in slot a did not work: it was damaged$/);
  assert.equal(second.restarts.length, 1);
});
