import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Days, type Duration, Hours, Milliseconds, Minutes, Seconds } from '../../../src/base/duration.ts';
import { Instant, Timestamp, after } from '../../../src/base/instant.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeNames } from '../../fake/fake-names.ts';
import { FakeSmtpClient } from '../../fake/fake-smtp-client.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { TestQueue } from './running-queue.ts';

const ELSEWHERE = 'elsewhere.example';
const TODAY = Timestamp(Date.UTC(2026, 10, 23, 8));
const NEVER_SET = Timestamp(20_000);
const FAR_AHEAD = Timestamp(Date.UTC(2106, 1, 7, 6));
const BEHIND = Timestamp(Date.UTC(2026, 2, 1));

/** A box whose mail for elsewhere does not get away, through one run after the other. */
class Office {
  readonly clock = new FakeClock(Instant(1_000_000.4));
  readonly client = new FakeSmtpClient();
  readonly #files = new MemoryFiles();
  readonly #names = new FakeNames();

  constructor(start: Timestamp) {
    this.clock.setWallTime(start);
    this.#names.domain(ELSEWHERE, '10 mx.elsewhere.example 192.0.2.1');
  }

  start(): Promise<TestQueue> {
    const { clock, client } = this;
    return TestQueue.start({ files: this.#files, names: this.#names, clock, client });
  }

  /** Ends a run and begins the next with the clock at another time. */
  async restart(queue: TestQueue, time: Timestamp): Promise<TestQueue> {
    const closing = queue.service.close();
    await queue.pass(Seconds(10), Seconds(10));
    await closing;
    await queue.store.close();
    this.clock.setWallTime(time);
    return await this.start();
  }
}

async function failuresAfter(queue: TestQueue, time: Duration): Promise<number> {
  await queue.pass(time, Minutes(30));
  return (await queue.mailbox('alice')).filter((text) => text.includes('Action: failed')).length;
}

const JUMPS: readonly [name: string, from: Timestamp, to: Timestamp][] = [
  ['from 1970 to today', NEVER_SET, TODAY],
  ['from the time of the image to today', BEHIND, TODAY],
  ['80 years ahead', TODAY, FAR_AHEAD],
  ['back from 80 years ahead', FAR_AHEAD, TODAY],
  ['back by months', TODAY, BEHIND],
  ['back to 1970', TODAY, NEVER_SET],
  ['ahead by a day', TODAY, after(TODAY, Days(1))],
];

for (const [name, from, to] of JUMPS) {
  test(`mail that was tried for a day lives its 5 days when the clock jumps ${name}, no longer and no shorter`, async () => {
    const office = new Office(from);
    const queue = await office.start();
    await queue.accept('one', [`ann@${ELSEWHERE}`]);
    assert.equal(await failuresAfter(queue, Days(1)), 0);
    office.clock.setWallTime(to);
    assert.equal(await failuresAfter(queue, Hours(94)), 0);
    assert.equal(await failuresAfter(queue, Hours(7)), 1);
  });

  test(`mail in the queue is tried on as before when the clock jumps ${name}`, async () => {
    const office = new Office(from);
    const queue = await office.start();
    await queue.accept('one', [`ann@${ELSEWHERE}`]);
    await queue.pass(Hours(20), Minutes(30));
    office.clock.setWallTime(to);
    office.client.peers.set('192.0.2.1', {});
    await queue.pass(Hours(6), Minutes(30));
    assert.deepEqual(queue.receivedBy(`ann@${ELSEWHERE}`), ['one']);
  });

  test(`mail that comes right after the clock has jumped ${name} is as new as it is`, async () => {
    const office = new Office(from);
    const queue = await office.start();
    await queue.pass(Minutes(5), Minutes(1));
    office.clock.setWallTime(to);
    await queue.accept('new', [`ann@${ELSEWHERE}`]);
    await queue.pass(Hours(2), Minutes(10));
    assert.deepEqual(await queue.mailbox('alice'), []);
    const [entry] = (await queue.service.view()).entries;
    assert.ok((entry?.attempts ?? 0) >= 4, `${entry?.attempts} attempts`);
    assert.equal(await failuresAfter(queue, Hours(116)), 0);
    assert.equal(await failuresAfter(queue, Hours(6)), 1);
  });

  test(`a box that is started anew with a clock that has jumped ${name} takes a day and a pause at most from the life of its mail`, async () => {
    const office = new Office(from);
    const first = await office.start();
    await first.accept('one', [`ann@${ELSEWHERE}`]);
    await first.pass(Days(1), Minutes(30));
    const second = await office.restart(first, to);
    assert.equal(await failuresAfter(second, Hours(66)), 0);
    assert.ok(second.client.dials.length > 10);
    assert.equal(await failuresAfter(second, Hours(35)), 1);
  });
}

test('a box that learns the time an hour after each of its starts keeps trying, and returns mail after days, not weeks', async () => {
  const office = new Office(NEVER_SET);
  let queue = await office.start();
  await queue.accept('one', [`ann@${ELSEWHERE}`]);
  let failures = 0;
  for (let day = 0; failures === 0; day++) {
    await queue.pass(Hours(1), Minutes(10));
    office.clock.setWallTime(after(TODAY, Days(day)));
    failures = await failuresAfter(queue, Hours(9));
    assert.ok(failures === 0 || day >= 4, `returned on day ${day}`);
    assert.ok(day < 13, 'not returned in 13 days');
    if (failures === 0) queue = await office.restart(queue, NEVER_SET);
  }
});

test('held mail stays held through every jump of the clock, and goes when it is released', async () => {
  const office = new Office(NEVER_SET);
  const queue = await office.start();
  await queue.accept('one', [`ann@${ELSEWHERE}`]);
  await queue.quiet();
  const [{ id } = { id: 0 }] = queue.store.queue.entries();
  await queue.service.act('hold', id);
  for (const time of [TODAY, FAR_AHEAD, BEHIND, TODAY]) {
    office.clock.setWallTime(time);
    await queue.pass(Days(1), Hours(1));
    assert.equal((await queue.service.view()).entries[0]?.state, 'held');
  }
  office.client.peers.set('192.0.2.1', {});
  await queue.service.act('release', id);
  await queue.quiet();
  assert.deepEqual(queue.receivedBy(`ann@${ELSEWHERE}`), ['one']);
});

test('the notice of a delay tells no dates of a clock that was never set, and those of the clock once it is', async () => {
  const office = new Office(NEVER_SET);
  const queue = await office.start();
  await queue.accept('early', [`ann@${ELSEWHERE}`]);
  await queue.pass(Hours(5), Minutes(30));
  const [early = ''] = await queue.mailbox('alice');
  assert.match(early, /Subject: Your message is delayed/);
  assert.doesNotMatch(early, /19[67]\d/);
  office.clock.setWallTime(TODAY);
  await queue.pass(Days(5), Minutes(30));
  const late = (await queue.mailbox('alice'))[1] ?? '';
  assert.match(late, /\r\nArrival-Date: Mon, 23 Nov 2026 0[23]:\d\d:\d\d \+0000\r\n/);
});

test('health says how long mail has waited by the time that has passed, whatever the clock said meanwhile', async () => {
  const office = new Office(TODAY);
  const queue = await office.start();
  await queue.accept('one', [`ann@${ELSEWHERE}`]);
  await queue.pass(Hours(5), Minutes(30));
  office.clock.setWallTime(FAR_AHEAD);
  const [trouble] = await queue.service.troubles();
  assert.match(trouble?.reason ?? '', /has been waiting for 5 hours/);
});

test('mail for a dead host is put off and goes later also where the monotonic clock has fractions of milliseconds, and the other one has jumped', async () => {
  const office = new Office(TODAY);
  const queue = await office.start();
  const accept = async (name: string): Promise<void> => {
    await queue.accept(name, [`ann@${ELSEWHERE}`]);
    await queue.quiet();
    await office.clock.advance(Milliseconds(1234.4));
  };
  for (const name of ['one', 'two', 'three']) await accept(name);
  office.clock.setWallTime(after(TODAY, Days(1)));
  await accept('four');
  await queue.pass(Minutes(30), Minutes(1));
  const { entries } = await queue.service.view();
  assert.deepEqual(
    entries.map(({ state }) => state),
    ['waiting', 'waiting', 'waiting', 'waiting'],
  );
  assert.deepEqual(
    queue.log.entries.filter(({ level }) => level === 'error'),
    [],
  );
  office.client.peers.set('192.0.2.1', {});
  await queue.pass(Hours(4), Minutes(30));
  assert.deepEqual(queue.receivedBy(`ann@${ELSEWHERE}`).toSorted(), ['four', 'one', 'three', 'two']);
});

test('a clock that is set in the middle of attempts takes nothing from the life of their mail', async () => {
  for (const [name, from, to] of JUMPS) {
    const office = new Office(from);
    office.client.peers.set('192.0.2.1', { answer: () => 'defer' });
    const queue = await office.start();
    await queue.accept('one', [`ann@${ELSEWHERE}`]);
    await queue.pass(Hours(10), Minutes(30));
    const [before, time] = [office.client.dials.length, office.clock.wallTime()];
    office.client.onStep = async (step) => {
      if (step === 'send') office.clock.setWallTime(office.clock.wallTime() < time + Hours(5) ? to : from);
    };
    assert.equal(await failuresAfter(queue, Hours(106)), 0, name);
    assert.ok(office.client.dials.length >= before + 22, `${office.client.dials.length - before} attempts`);
    assert.equal(await failuresAfter(queue, Hours(9)), 1, name);
  }
});

test('mail lives its 5 days through any jumps of the clock, and waits for no attempt longer than 8 hours', async () => {
  const times = [NEVER_SET, BEHIND, after(TODAY, Hours(-3)), TODAY, after(TODAY, Hours(7)), FAR_AHEAD];
  for (let seed = 0; seed < 5; seed++) {
    const office = new Office(times[seed % times.length] ?? TODAY);
    const queue = await office.start();
    await queue.accept('one', [`ann@${ELSEWHERE}`]);
    let [dials, quiet] = [0, 0];
    for (let hour = 0; hour < 118; hour++) {
      if ((hour * 7 + seed * 3) % 11 === 0)
        office.clock.setWallTime(times[(hour + seed * 5) % times.length] ?? TODAY);
      assert.equal(await failuresAfter(queue, Hours(1)), 0, `seed ${seed}, hour ${hour}`);
      quiet = office.client.dials.length > dials ? 0 : quiet + 1;
      dials = office.client.dials.length;
      assert.ok(quiet <= 9, `seed ${seed}: no attempt for ${quiet} hours`);
    }
    assert.equal(await failuresAfter(queue, Hours(10)), 1, `seed ${seed}`);
  }
});
