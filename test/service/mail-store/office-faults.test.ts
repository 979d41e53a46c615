import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Minutes, Seconds } from '../../../src/base/duration.ts';
import { KernelError } from '../../../src/base/errors.ts';
import { openMailStore } from '../../../src/service/mail-store/mail-store.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { type Faults, FaultyFiles } from '../../fake/faulty-files.ts';
import { LineClient } from '../../fake/line-client.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import { USERS } from './office-clients.ts';
import { OfficeLedger } from './office-ledger.ts';
import { OfficeLife } from './office-life.ts';
import { viewOffice } from './office-view.ts';
import { SMALL, mail } from './post-office.ts';

type Errno = NonNullable<Faults['refuse']>['errno'];
type Changing = { -readonly [Key in keyof Faults]: Faults[Key] };

/** A disk whose faults a test changes. */
function faultyDisk(): { readonly faults: Changing; readonly files: FaultyFiles } {
  const faults: Changing = {};
  return { faults, files: new FaultyFiles(new MemoryFiles(), faults) };
}

async function startLife(files: FaultyFiles, ledger: OfficeLedger, seed = 1): Promise<OfficeLife> {
  let names = 0;
  return OfficeLife.start({
    files,
    random: new FakeRandom(seed),
    ledger,
    record: () => {},
    newName: () => `m${++names}`,
    activity: () => files.steps,
  });
}

/** Everything from now on is refused. */
function refuseAll(files: FaultyFiles, errno: Errno): NonNullable<Faults['refuse']> {
  return { from: files.steps + 1, count: Infinity, errno };
}

async function submit(life: OfficeLife): Promise<string> {
  const client = await LineClient.connect(life.smtpPort);
  await client.expect(/^220 .*\r\n/);
  await client.ask('EHLO pc.office.example', /^250 .*\r\n/m);
  await client.ask('MAIL FROM:<z@three.example>', /^250 .*\r\n/);
  await client.ask('RCPT TO:<ann@office.example>', /^250 .*\r\n/);
  await client.ask('DATA', /^354 .*\r\n/);
  const answer = await client.ask('Subject: one more\r\n\r\nhello\r\n.', /^\d{3} .*\r\n/);
  await client.close();
  return answer;
}

async function deleteFirst(life: OfficeLife): Promise<string> {
  const client = await LineClient.connect(life.pop3Port);
  await client.expect(/^\+OK.*\r\n/);
  for (const line of ['USER ann', 'PASS x', 'DELE 1']) await client.ask(line, /^\+OK.*\r\n/);
  await client.ask('RETR 2', /^\+OK[^]*?\r\n\.\r\n/);
  const answer = await client.ask('QUIT', /^(\+OK|-ERR).*\r\n/);
  await client.close();
  return answer;
}

const REPLIES = { ENOSPC: /^452 4\.3\.1 /, EIO: /^451 4\.3\.0 /, EROFS: /^451 4\.3\.0 / } as const;

for (const errno of ['ENOSPC', 'EIO', 'EROFS'] as const) {
  test(`a storage that refuses every change (${errno}): mail is put off, nothing is dialled, mail is fetched, health tells, and all is well when it passes`, async () => {
    const [{ faults, files }, ledger] = [faultyDisk(), new OfficeLedger()];
    const life = await startLife(files, ledger);
    for (let left = 8; left > 0; left--) await life.send();
    const before = await life.mailsOf('ann');
    const dials = life.internet.client.dials.length;
    faults.refuse = refuseAll(files, errno);

    assert.match(await submit(life), REPLIES[errno]);
    assert.match(life.store.health().problem ?? '', new RegExp(`cannot be written.*${errno}`));
    assert.match(await deleteFirst(life), /^-ERR /);
    await life.wait(Minutes(10), 12);
    assert.equal(life.internet.client.dials.length, dials);
    assert.deepEqual(await life.mailsOf('ann'), before);

    delete faults.refuse;
    assert.match(await submit(life), /^250 /);
    assert.equal(life.store.health().problem, undefined);
    assert.match(await deleteFirst(life), /^\+OK/);
    assert.equal((await life.mailsOf('ann')).length, before.length);
    await life.close();
  });
}

test('a sync that fails is the last one of its file, whether it held mail or not: the next batch goes to a fresh segment', async () => {
  for (const held of [0, 1]) {
    const { faults, files } = faultyDisk();
    const [clock, log, random] = [new FakeClock(), new MemoryLog(), new FakeRandom(1)];
    let reports = 0;
    const store = await openMailStore({
      files,
      clock,
      random,
      log,
      limits: { ...SMALL, segmentSize: 2 ** 20 },
      onHealth: () => void reports++,
    });
    const to = { sender: '', users: ['ann'] };
    if (held > 0) await store.deliver(to, mail('m1:500'));
    // The sync of the batch: of a new segment the name, the head, its sync and that of the directory come first.
    faults.refuse = { from: files.steps + (held > 0 ? 2 : 6), count: 1, errno: 'EIO' };
    await assert.rejects(store.deliver(to, mail('m2:500')), KernelError);
    assert.match(store.health().problem ?? '', /cannot be written.*EIO/);
    await store.deliver(to, mail('m3:500'));
    assert.equal(store.health().problem, undefined);
    assert.equal(reports, 2);
    const segments = (await files.list('mail')).filter((name) => name.endsWith('.log'));
    assert.equal(segments.length, 2);
    for (let seed = 0; seed < 50; seed++) {
      const { mails } = await viewOffice(files.afterPowerCut(new FakeRandom(seed)), USERS);
      const found = mails.map(({ content }) => Buffer.from(content).toString('latin1', 9, 15));
      assert.deepEqual(found, held > 0 ? ['m1:500', 'm3:500'] : ['m3:500']);
    }
  }
});

test('a storage that refuses for a while at any moment: people get their answers, and a power cut later no promise is broken', async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const [{ faults, files }, ledger] = [faultyDisk(), new OfficeLedger()];
    const random = new FakeRandom(seed);
    const life = await startLife(files, ledger, seed);
    for (const errno of ['EIO', 'ENOSPC', 'EROFS'] as const) {
      faults.refuse = { from: files.steps + 1 + random.below(40), count: 1 + random.below(6), errno };
      for (let left = 4; left > 0; left--) await life.crowd();
      await life.wait(Minutes(6), 2);
      for (let cut = 0; cut < 10; cut++) {
        const disk = files.afterPowerCut(random);
        ledger.fork().check(await viewOffice(disk, USERS));
      }
    }
    delete faults.refuse;
    await life.wait(Seconds(60), 1);
    await life.close();
    ledger.check(await viewOffice(files.afterPowerCut(random), USERS));
  }
});
