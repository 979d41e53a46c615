import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Days, type Duration } from '../../../src/base/duration.ts';
import { Timestamp, after } from '../../../src/base/instant.ts';
import type { KeepDays } from '../../../src/engine/mail-retention.ts';
import type { FirstReads } from '../../../src/port/first-reads.ts';
import { makeIdentity } from '../../fake/make-identity.ts';
import { Retention } from '../../../src/service/pop3/retention.ts';
import { type Pop3Service, startPop3 } from '../../../src/service/pop3/start-pop3.ts';
import { LineClient } from '../../fake/line-client.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import { MemoryMailStore } from '../../fake/memory-mail-store.ts';

const identity = makeIdentity('mail.office.example', Timestamp(0));
const START = Timestamp(Date.UTC(2026, 5, 1));

class MemoryFirstReads implements FirstReads {
  readonly reads = new Map<string, Timestamp>();
  records = 0;
  failWith: Error | undefined;

  of(_user: string, through = Timestamp(Infinity)): ReadonlyMap<string, Timestamp> {
    return new Map([...this.reads].filter(([, at]) => at <= through));
  }
  dates(): Iterable<Timestamp> {
    return this.reads.values();
  }
  async record(_user: string, uids: readonly string[], at: Timestamp): Promise<void> {
    this.records++;
    if (this.failWith !== undefined) throw this.failWith;
    for (const uid of uids) if (!this.reads.has(uid)) this.reads.set(uid, at);
  }
}

class Office {
  readonly store = new MemoryMailStore();
  readonly log = new MemoryLog();
  readonly firstReads = new MemoryFirstReads();
  time: Timestamp | undefined = START;
  service: Pop3Service | undefined;
  passed = Days(9999);
  readonly retention = new Retention(
    { firstReads: this.firstReads, now: () => this.time, steady: this },
    this.log,
  );

  dateOfReading(): Timestamp {
    return this.time ?? START;
  }
  givesUpDatesAhead(): boolean {
    return false;
  }
  passedSince(): Duration {
    return this.passed;
  }

  async start(t: TestContext, keep: KeepDays): Promise<this> {
    for (const text of ['A: 1\r\n', 'A: 2\r\n', 'A: 3\r\n'])
      await this.store.deliver({ sender: '', users: ['alice'] }, Buffer.from(text));
    this.retention.rules = { keep, users: new Map([['bob', 'NEVER' as const]]) };
    const service = await startPop3({
      hostName: 'mail.office.example',
      listeners: [{ address: '127.0.0.1', port: 0, tls: 'implicit' }],
      identity,
      verify: async (login) => login,
      store: this.store,
      log: this.log,
      retention: this.retention,
    });
    this.service = service;
    t.after(() => service.close());
    return this;
  }

  /** One session; the lines of its answers behind that to the login. */
  async fetch(commands: string): Promise<string[]> {
    const client = await LineClient.connect(this.service?.ports[0] ?? 0, { tls: true });
    client.send(`USER alice\r\nPASS x\r\n${commands}QUIT\r\n`);
    return (await client.rest()).split('\r\n').slice(3, -1);
  }

  pass(days: number): void {
    this.time = after(this.time ?? START, Days(days));
  }
}

test('POP3 removes what was read long enough ago when the user comes back, and keeps what was not read', async (t) => {
  const office = await new Office().start(t, 30);
  await office.fetch('RETR 1\r\nTOP 2 99\r\n');
  office.pass(10);
  await office.fetch('RETR 1\r\nRETR 3\r\n');
  assert.deepEqual([...office.firstReads.reads.keys()], ['m1', 'm3']);
  office.pass(20);
  assert.deepEqual((await office.fetch('UIDL\r\n')).slice(1, -2), ['1 m2', '2 m3']);
  assert.deepEqual(office.store.removals, [['m1']]);
  assert.match(office.log.text, /Removed 1 message of alice: read 30 days ago/);
});

test('POP3 records a first reading with one record for a session, none where nothing is new', async (t) => {
  const office = await new Office().start(t, 30);
  await office.fetch('RETR 1\r\nRETR 2\r\nRETR 1\r\n');
  await office.fetch('STAT\r\n');
  assert.equal(office.firstReads.records, 1);
});

test('POP3 announces the days of EXPIRE, and new ones as soon as they are set', async (t) => {
  const office = await new Office().start(t, 30);
  assert.ok((await office.fetch('CAPA\r\n')).includes('EXPIRE 30'));
  office.retention.rules = { keep: 30, users: new Map([['alice', 7]]) };
  assert.ok((await office.fetch('CAPA\r\n')).includes('EXPIRE 7'));
  const client = await LineClient.connect(office.service?.ports[0] ?? 0, { tls: true });
  client.send('CAPA\r\nQUIT\r\n');
  assert.match(await client.rest(), /\r\nEXPIRE 7 USER\r\n/);
});

test('POP3 neither dates nor removes anything while the time is not known, or nothing expires', async (t) => {
  const unset = await new Office().start(t, 1);
  unset.time = undefined;
  await unset.fetch('RETR 1\r\n');
  assert.equal(unset.firstReads.records, 0);
  const never = await new Office().start(t, 'NEVER');
  await never.fetch('RETR 1\r\n');
  assert.equal(never.firstReads.records, 0);
});

test('POP3 shows everything when what expired cannot be removed, and says so in the log', async (t) => {
  const office = await new Office().start(t, 1);
  await office.fetch('RETR 1\r\n');
  office.pass(1);
  office.store.failWith = new Error('the card is broken');
  assert.equal((await office.fetch('STAT\r\n'))[0], '+OK 3 18');
  assert.match(office.log.text, /read 1 days ago are not removed: the card is broken/);
});

test('POP3 answers QUIT with +OK when a reading cannot be recorded: the message only stays longer', async (t) => {
  const office = await new Office().start(t, 1);
  office.firstReads.failWith = new Error('the card is broken');
  assert.equal((await office.fetch('RETR 1\r\nDELE 2\r\n')).at(-1), '+OK Bye');
  assert.deepEqual(office.store.removals, [['m2']]);
  assert.match(office.log.text, /It is not recorded that alice has read mail: the card is broken/);
});

test('POP3 removes what a session has read at its end with EXPIRE 0, and nothing when it breaks off (RFC 2449 §6.7)', async (t) => {
  const office = await new Office().start(t, 0);
  office.time = undefined;
  assert.ok((await office.fetch('CAPA\r\n')).includes('EXPIRE 0'));
  const client = await LineClient.connect(office.service?.ports[0] ?? 0, { tls: true });
  client.send('USER alice\r\nPASS x\r\n');
  await client.ask('RETR 1', /A: 1\r\n\.\r\n$/);
  await client.close();
  while (office.store.isOpen('alice')) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(office.store.removals, []);
  await office.fetch('RETR 1\r\nTOP 2 99\r\nDELE 3\r\n');
  assert.deepEqual([office.store.removals, office.firstReads.records], [[['m3', 'm1']], 0]);
});

test('POP3 removes nothing by a time that is not believed, and says so once', async (t) => {
  const office = await new Office().start(t, 30);
  await office.fetch('RETR 1\r\n');
  office.pass(3650);
  office.passed = Days(29);
  await office.fetch('STAT\r\n');
  assert.equal((await office.fetch('STAT\r\n'))[0], '+OK 3 18');
  assert.equal(office.log.text.match(/stays for now/g)?.length, 1);
  office.passed = Days(30);
  assert.equal((await office.fetch('STAT\r\n'))[0], '+OK 2 12');
});

test('POP3 dates a reading when the message came if the clock says that it has not yet', async (t) => {
  const office = await new Office().start(t, 30);
  await office.retention.read('alice', [
    { uid: 'm1', received: after(START, Days(1)) },
    { uid: 'm2', received: START },
  ]);
  assert.deepEqual(Object.fromEntries(office.firstReads.reads), { m1: after(START, Days(1)), m2: START });
});
