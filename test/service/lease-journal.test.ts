import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Hours, Minutes } from '../../src/base/duration.ts';
import { KernelError } from '../../src/base/errors.ts';
import { after } from '../../src/base/instant.ts';
import { Ipv4, parseIpv4 } from '../../src/base/ipv4.ts';
import { parseMac } from '../../src/base/mac.ts';
import { EXPIRY_MARGIN } from '../../src/engine/lease-journal/renewal.ts';
import type { LeaseBinding } from '../../src/port/lease-journal.ts';
import type { Files } from '../../src/port/files.ts';
import { type JournaledLeases, openLeaseJournal } from '../../src/service/lease-journal.ts';
import { FakeClock } from '../fake/fake-clock.ts';
import { FakeRandom } from '../fake/fake-random.ts';
import { FaultyFiles, PowerCutError } from '../fake/faulty-files.ts';
import { MemoryFiles } from '../fake/memory-files.ts';
import { MemoryLog } from '../fake/memory-log.ts';

const FIRST = parseIpv4('192.168.77.2');
const clock = new FakeClock();
const NOW = clock.wallTime();

const nth = (index: number): Ipv4 => Ipv4(FIRST + index);

function lease(index: number, client = 'aa', hours = 12): LeaseBinding {
  const mac = parseMac('02:00:00:00:00:01');
  return { address: nth(index), client, mac, hostName: 'pc', expires: after(NOW, Hours(hours)) };
}

async function open(files: Files, log = new MemoryLog()): Promise<JournaledLeases> {
  return openLeaseJournal({ files, clock, random: new FakeRandom(9), log });
}

/** Who has what; of leases that have ended the journal keeps in mind whose they were. */
const clients = (leases: JournaledLeases): Map<Ipv4, string> =>
  new Map(
    leases
      .load()
      .bindings.filter((one) => one.expires > 0)
      .map((one) => [one.address, one.client]),
  );

test('JournaledLeases.load() yields after a restart what bind() recorded, ending later by the margin', async () => {
  const files = new MemoryFiles();
  const leases = await open(files);
  await Promise.all([leases.bind(lease(0)), leases.bind(lease(1, 'bb'))]);
  await leases.bind(lease(0, 'cc'));
  const wanted = [lease(1, 'bb'), lease(0, 'cc')].map((one) => ({
    ...one,
    expires: after(one.expires, EXPIRY_MARGIN),
  }));
  assert.deepEqual((await open(files)).load(), { bindings: wanted, declined: [] });
  assert.deepEqual(await files.list('state/leases.journal'), ['leases-00000001.log']);
});

test('JournaledLeases.bind() of a renewal writes nothing, also right after a restart', async () => {
  const files = new FaultyFiles(new MemoryFiles());
  const leases = await open(files);
  await leases.bind(lease(0));
  const before = files.steps;
  await leases.bind(lease(0, 'aa', 18));
  await leases.bind(lease(0, 'aa', 24));
  assert.equal(files.steps, before);
  const again = await open(files);
  const opened = files.steps;
  await again.bind(lease(0, 'aa', 30));
  await again.end(nth(7));
  assert.equal(files.steps, opened);
});

test('JournaledLeases.bind() resolves only when the same binding under way is on stable storage', async () => {
  const files = new FaultyFiles(new MemoryFiles());
  const leases = await open(files);
  await Promise.all([leases.bind(lease(1)), leases.bind(lease(0)), leases.bind(lease(0))]);
  const disk = files.afterPowerCut(new FakeRandom(1));
  assert.deepEqual(clients(await open(disk)), clients(leases));
});

test('JournaledLeases.end() keeps in mind whose the address was, as ended by any clock, also through compactions', async () => {
  const files = new MemoryFiles();
  const leases = await open(files);
  await leases.bind(lease(0));
  await leases.end(nth(0));
  for (let round = 0; round < 400; round++) await leases.bind(lease(1, round.toString(16).padStart(4, '0')));
  await leases.close();
  const [past] = (await open(files)).load().bindings.filter((one) => one.address === nth(0));
  assert.deepEqual([past?.client, past?.expires], ['aa', 0]);
});

test('JournaledLeases.end() and decline() end a binding, and a later bind() begins one', async () => {
  const files = new MemoryFiles();
  const leases = await open(files);
  const until = after(NOW, Minutes(10));
  for (const index of [0, 1, 2]) await leases.bind(lease(index));
  await Promise.all([leases.end(nth(0)), leases.decline(nth(1), until), leases.end(nth(2))]);
  await leases.bind(lease(2, 'dd'));
  const again = await open(files);
  assert.deepEqual(clients(again), new Map([[nth(2), 'dd']]));
  assert.deepEqual(again.load().declined, [{ address: nth(1), until }]);
});

test('JournaledLeases.bind() after a failed end() writes, for the end may be on the disk all the same', async () => {
  const disk = new MemoryFiles();
  const first = await open(disk);
  await first.bind(lease(0));
  const files = new FaultyFiles(disk, { refuse: { from: 7, count: 1, errno: 'EIO' } });
  const leases = await open(files);
  await assert.rejects(leases.end(nth(0)), KernelError);
  const before = files.steps;
  await leases.bind(lease(0));
  assert.ok(files.steps > before);
  assert.deepEqual(clients(await open(files.disk)), new Map([[nth(0), 'aa']]));
});

test('the lease journal stays small however often addresses change hands', async () => {
  const files = new MemoryFiles();
  const leases = await open(files);
  for (let round = 0; round < 400; round++) {
    await leases.bind(lease(round % 20, round.toString(16).padStart(4, '0')));
    if (round % 7 === 0) await leases.end(nth(round % 20));
  }
  const before = clients(leases);
  await leases.close();
  assert.ok((await files.list('state/leases.journal')).length <= 3);
  assert.deepEqual(clients(await open(files)), before);
});

test('damage in the lease journal is told the owner and costs the damaged lease only', async () => {
  const files = new MemoryFiles();
  const leases = await open(files);
  for (const index of [0, 1, 2]) await leases.bind(lease(index));
  files.names.current.get('state/leases.journal/leases-00000001.log')?.current.fill(0, 8192, 8200);
  const log = new MemoryLog();
  const again = await open(files, log);
  assert.deepEqual([...clients(again).keys()], [nth(0), nth(2)]);
  assert.match(
    log.text,
    /lease journal is damaged: \d+ bytes of state\/leases.journal\/leases-0+1.log from 8192/,
  );
});

interface Change {
  readonly index: number;
  /** Undefined ends the lease. */
  readonly client: string | undefined;
}

/** What each address may be after a crash: the last acknowledged state, or one attempted since. */
class Expectation {
  readonly #allowed = new Map<number, Set<string | undefined>>();

  async make(leases: JournaledLeases, { index, client }: Change): Promise<void> {
    const allowed = this.#allowed.get(index) ?? new Set([undefined]);
    this.#allowed.set(index, allowed.add(client));
    const { address } = lease(index);
    await (client === undefined ? leases.end(address) : leases.bind(lease(index, client)));
    this.#allowed.set(index, new Set([client]));
  }

  check(leases: JournaledLeases): void {
    const found = clients(leases);
    const all = leases.load().bindings.map(({ address }) => address);
    assert.equal(all.length, new Set(all).size, 'each address once');
    for (const [index, allowed] of this.#allowed) {
      const client = found.get(nth(index));
      assert.ok(allowed.has(client), `address ${index} has ${client}, allowed ${[...allowed].join()}`);
    }
  }
}

const change: fc.Arbitrary<Change> = fc.record({
  index: fc.integer({ min: 0, max: 5 }),
  client: fc.option(fc.constantFrom('aa', 'bb', 'cc'), { nil: undefined }),
});

test('generated lease histories survive a power cut at any step: acknowledged holds, the rest is old or new', async () => {
  const history = fc.tuple(
    fc.array(change, { maxLength: 90 }),
    fc.integer({ min: 1, max: 200 }),
    fc.integer(),
  );
  await fc.assert(
    fc.asyncProperty(history, async ([changes, cutAt, seed]) => {
      const expected = new Expectation();
      const files = new FaultyFiles(new MemoryFiles(), { cutAt });
      try {
        const leases = await open(files);
        for (const one of changes) await expected.make(leases, one);
      } catch (error) {
        if (!(error instanceof PowerCutError)) throw error;
      }
      expected.check(await open(files.afterPowerCut(new FakeRandom(seed))));
    }),
    { seed: 11, numRuns: 300 },
  );
});

test('a power cut while the lease journal is compacted brings no ended lease back and loses none', async () => {
  for (let seed = 0; seed < 12; seed++) {
    const expected = new Expectation();
    const files = new FaultyFiles(new MemoryFiles(), { cutAt: 260 + 23 * seed });
    try {
      const leases = await open(files);
      for (let round = 0; ; round++) {
        const client = round % 3 === 0 ? undefined : 'aa';
        await expected.make(leases, { index: (round * 7) % 20, client });
      }
    } catch (error) {
      if (!(error instanceof PowerCutError)) throw error;
    }
    const disk = files.afterPowerCut(new FakeRandom(seed));
    expected.check(await open(disk));
    expected.check(await open(disk));
  }
});

test('the end of a lease is carried along while the segment that holds the lease is kept', async () => {
  const files = new MemoryFiles();
  const leases = await open(files);
  await Promise.all(Array.from({ length: 3000 }, (_, index) => leases.bind(lease(index))));
  for (let round = 0; round < 150; round++) {
    if (round === 60) await leases.end(nth(5));
    await leases.bind(lease(4000, round % 2 === 0 ? 'aa' : 'bb'));
  }
  await leases.close();
  const segments = await files.list('state/leases.journal');
  assert.deepEqual(
    segments.map((name) => Number(name.slice(7, -4))),
    [1, 4],
    'the first, mostly live, was kept; those with the end of the lease were compacted',
  );
  assert.equal(clients(await open(files)).has(nth(5)), false);
});

test('JournaledLeases.close() waits for a change under way, and begins no compaction that it makes worth while', async () => {
  for (let earlier = 55; earlier < 70; earlier++) {
    const files = new MemoryFiles();
    const leases = await open(files);
    for (let round = 0; round < earlier; round++) await leases.bind(lease(0, round % 2 === 0 ? 'aa' : 'bb'));
    const last = leases.bind(lease(0, 'cc'));
    await leases.close();
    await last;
    assert.deepEqual([...clients(await open(files))], [[nth(0), 'cc']]);
  }
});
