import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Days, type Duration, Hours } from '../../../src/base/duration.ts';
import { Instant, Timestamp, after, knownTime } from '../../../src/base/instant.ts';
import { DailyExpiry } from '../../../src/service/pop3/daily-expiry.ts';
import { Retention } from '../../../src/service/pop3/retention.ts';
import { SteadyTime } from '../../../src/service/pop3/steady-time.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import { mail, openStore } from '../mail-store/post-office.ts';

const TODAY = Timestamp(Date.UTC(2026, 10, 23, 8));
const NEVER_SET = Timestamp(20_000);
const FAR_AHEAD = Timestamp(Date.UTC(2106, 1, 7, 6));
const IMAGE = Timestamp(Date.UTC(2026, 2, 1));
const KEEP = 30;

/** An office where bob has one message, which he has read, and eva reads something every day. */
class Office {
  readonly clock = new FakeClock(Instant(1_000_000.4));
  readonly #files = new MemoryFiles();
  #run: ReturnType<Office['start']>;

  constructor(time: Timestamp) {
    this.clock.setWallTime(time);
    this.#run = this.start();
  }

  async start() {
    const { clock } = this;
    const store = await openStore(this.#files);
    const { firstReads } = store;
    const steady = new SteadyTime({ clock, dates: () => firstReads.dates() });
    const retention = new Retention(
      { firstReads, now: () => knownTime(clock.wallTime()), steady },
      new MemoryLog(),
    );
    retention.rules = { keep: KEEP, users: new Map() };
    const expiry = new DailyExpiry({ store, retention, clock, log: new MemoryLog() });
    expiry.start();
    return { store, retention, expiry };
  }

  async restart(time: Timestamp): Promise<void> {
    const { store, expiry } = await this.#run;
    await expiry.stop();
    await store.close();
    this.clock.setWallTime(time);
    this.#run = this.start();
    await this.#run;
  }

  /** A message comes at a time and is read now. */
  async read(user: string, received = this.clock.wallTime()): Promise<void> {
    const { store, retention } = await this.#run;
    await store.deliver({ sender: '', users: [user], received }, mail('a:100'));
    await retention.read(user, store.list(user).slice(-1));
  }

  async pass(time: Duration): Promise<void> {
    for (let left = time as number; left > 0; left -= Days(1)) {
      await this.read('eva');
      await this.clock.advance(Math.min(left, Days(1)) as Duration);
      for (let turn = 0; turn < 20; turn++) await this.clock.settle();
    }
  }

  async left(): Promise<number> {
    const { store } = await this.#run;
    return store.list('bob').length;
  }
}

const JUMPS: readonly [name: string, to: (time: Timestamp) => Timestamp][] = [
  ['80 years ahead', () => FAR_AHEAD],
  ['ahead by 3 days', (time) => after(time, Days(3))],
  ['ahead by a month', (time) => after(time, Days(31))],
  ['back by 20 days', (time) => after(time, Days(-20))],
  ['back to the time of the image', () => IMAGE],
  ['back to 1970', () => NEVER_SET],
];

for (const [name, to] of JUMPS) {
  test(`what was read stays its ${KEEP} days when the clock jumps ${name}, and is put right 10 days later`, async () => {
    const office = new Office(TODAY);
    await office.pass(Days(9));
    await office.read('bob');
    await office.pass(Days(10));
    const right = office.clock.wallTime();
    office.clock.setWallTime(to(right));
    await office.pass(Days(10));
    assert.equal(await office.left(), 1);
    office.clock.setWallTime(after(right, Days(10)));
    await office.pass(Days(9));
    assert.equal(await office.left(), 1);
    await office.pass(Days(3));
    assert.equal(await office.left(), 0);
  });

  test(`what was read stays its ${KEEP} days, less 4 at most, when the box starts with a clock that is ${name}, for good`, async () => {
    const office = new Office(TODAY);
    await office.pass(Days(9));
    await office.read('bob');
    await office.pass(Days(10));
    await office.restart(to(office.clock.wallTime()));
    await office.pass(Days(15));
    assert.equal(await office.left(), 1);
  });
}

test('what a clock 80 years ahead has dated goes two months after it was put right, not in 80 years', async () => {
  const office = new Office(FAR_AHEAD);
  await office.read('bob');
  await office.restart(TODAY);
  await office.pass(Days(KEEP));
  assert.equal(await office.left(), 1);
  await office.pass(Days(KEEP + 2));
  assert.equal(await office.left(), 0);
});

test('what came while the clock was 80 years ahead and is read after it was put right goes a month late at most', async () => {
  const office = new Office(TODAY);
  await office.pass(Days(1));
  await office.read('bob', FAR_AHEAD);
  await office.pass(Days(KEEP - 1));
  assert.equal(await office.left(), 1);
  await office.pass(Days(KEEP + 3));
  assert.equal(await office.left(), 0);
});

test('a box that starts at the time of its image, and learns the time an hour later, every two weeks, keeps what was read, and removes it at last', async () => {
  const office = new Office(TODAY);
  await office.pass(Days(1));
  await office.read('bob');
  for (let turn = 0; turn < 2; turn++) {
    await office.pass(Days(13));
    const right = office.clock.wallTime();
    await office.restart(IMAGE);
    await office.pass(Hours(1));
    assert.equal(await office.left(), 1);
    office.clock.setWallTime(after(right, Hours(1)));
  }
  await office.pass(Days(3));
  assert.equal(await office.left(), 1);
  await office.pass(Days(10));
  assert.equal(await office.left(), 0);
});
