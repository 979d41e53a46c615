import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { KernelError, UserError } from '../../src/base/errors.ts';
import { type ApiClient, NotRunningError, RefusedError } from '../../src/cli/client.ts';
import type { Command, Context } from '../../src/cli/command.ts';
import { mailBackupCommand } from '../../src/cli/mail-backup.ts';
import { mailExportCommand } from '../../src/cli/mail-export.ts';
import { mailImportCommand } from '../../src/cli/mail-import.ts';
import { mailRestoreCommand } from '../../src/cli/mail-restore.ts';
import { mailVerifyCommand } from '../../src/cli/mail-verify.ts';
import { lockDirectory } from '../../src/io/node/data-lock.ts';
import { nodeFiles } from '../../src/io/node/files.ts';
import type { MailImport, MailImported, MailList } from '../../src/port/mail-import.ts';
import { apiRoutes } from '../../src/service/api/routes.ts';
import type { JournaledMailStore } from '../../src/service/mail-store/mail-store.ts';
import { MailboxDesk } from '../../src/service/mail-store/mailbox-desk.ts';
import { FakeBox } from '../fake/fake-box.ts';
import { FakeClock } from '../fake/fake-clock.ts';
import { MemoryFiles } from '../fake/memory-files.ts';
import { MemoryLog } from '../fake/memory-log.ts';
import { mail, openStore } from '../service/mail-store/post-office.ts';
import { wholeContent } from '../fake/whole-content.ts';
import { SCREEN } from './call-command.ts';

const root = mkdtempSync(join(tmpdir(), 'gatepost-mail-cli-'));
after(async () => {
  await store.close();
  rmSync(root, { recursive: true });
});
const at = (name: string): string => join(root, name);

/** Runs a command; what it printed. */
async function run(
  command: Command,
  words: readonly string[],
  flags: Readonly<Record<string, string | true>> = {},
  api?: ApiClient,
): Promise<string> {
  const printed: string[] = [];
  const nothing: ApiClient = {
    get: () => assert.fail(),
    send: () => assert.fail(),
    upload: () => assert.fail(),
  };
  const context: Context = {
    words,
    flags: new Map(Object.entries({ data: at('data'), ...flags })),
    api: api ?? nothing,
    screen: SCREEN,
    print: (text) => void printed.push(text),
    readSecret: () => assert.fail(),
    readFile: () => assert.fail(),
  };
  await command.run(context).catch((error: unknown) => {
    throw Object.assign(error as Error, { printed: printed.join('\n') });
  });
  return printed.join('\n');
}

/** The same for a command that is not told where the data are. */
function runFor(api: ApiClient, command: Command, words: readonly string[]): Promise<string> {
  return run(command, words, { data: true }, api);
}

const files = nodeFiles(at('.'));
await files.makeDirectory('data');
const store = await openStore(nodeFiles(at('data')));
for (const name of ['a:500', 'b:3000', 'big:20000']) {
  await store.deliver({ sender: 'x@example', users: ['bob', 'eva'] }, mail(name));
}

test('mail verify, export and backup read the directory of a box that has it open', async () => {
  assert.match(
    await run(mailVerifyCommand, []),
    /^3 messages in 2 mailboxes, 0 entries of the queue: .* 1 large message read\nall of it is as it was stored$/,
  );
  const json = JSON.parse(await run(mailVerifyCommand, [], { json: true })) as { readonly messages: number };
  assert.equal(json.messages, 3);
  assert.match(
    await run(mailExportCommand, ['bob'], { mbox: at('bob.mbox') }),
    /^exported 3 messages, [\d.]+ [KM]iB$/,
  );
  assert.match(readFileSync(at('bob.mbox'), 'latin1'), /^From MAILER-DAEMON .*\nSubject: a:500\n/);
  await run(mailExportCommand, ['eva'], { maildir: at('some/eva') });
  assert.equal(readdirSync(at('some/eva/new')).length, 3);
  assert.match(
    await run(mailBackupCommand, [at('backup')]),
    /^copied 2 files, [\d.]+ [KM]iB; there already: 0/,
  );
  assert.match(
    await run(mailExportCommand, ['bob'], { mbox: at('again.mbox'), data: at('backup') }),
    /exported 3/,
  );
});

test('mail verify, export and backup read the data of the running box when they are not told where', async () => {
  const asked: string[] = [];
  const api: ApiClient = {
    get: <T>(path: string) => {
      asked.push(path);
      return Promise.resolve({ directory: at('data'), problem: null, canFormat: false } as T);
    },
    send: () => assert.fail(),
    upload: () => assert.fail(),
  };
  assert.match(await runFor(api, mailVerifyCommand, []), /^3 messages in 2 mailboxes/);
  assert.match(
    await run(mailExportCommand, ['bob'], { data: true, mbox: at('running.mbox') }, api),
    /^exported 3 messages/,
  );
  assert.match(await runFor(api, mailBackupCommand, [at('running')]), /^copied 2 files/);
  assert.deepEqual(asked, ['/api/data', '/api/data', '/api/data']);
});

test('mail verify reads the default directory while no box runs, and when the caller may not ask it', async () => {
  for (const error of [
    new NotRunningError('gone'),
    new KernelError('reach the box', 'EACCES', 'only root'),
  ]) {
    const api: ApiClient = {
      get: () => Promise.reject(error),
      send: () => assert.fail(),
      upload: () => assert.fail(),
    };
    await assert.rejects(
      runFor(api, mailVerifyCommand, []),
      /^UserError: Cannot read stored mail in "\/data"/,
    );
  }
});

test('mail backup refuses the directory of a box, its own or another, also by another name, and touches nothing', async () => {
  const refusal =
    /^UserError: Cannot put a backup into ".*": a box keeps its mail there; wanted is a directory of its own$/;
  const before = readdirSync(at('data/mail'));
  symlinkSync(at('data'), at('link'));
  mkdirSync(at('other/mail'), { recursive: true });
  writeFileSync(at('other/mail/segment-00000001.idx'), '');
  for (const name of ['data', 'link', 'data/mail', 'data/mail/blob', 'other'])
    await assert.rejects(run(mailBackupCommand, [at(name)]), refusal, name);
  assert.deepEqual(readdirSync(at('data/mail')), before);
  assert.deepEqual(readdirSync(at('other/mail')), ['segment-00000001.idx']);
});

test('mail backup ends with one sentence where no directory can be made', async () => {
  await assert.rejects(
    run(mailBackupCommand, ['/proc/x']),
    /^KernelError: Cannot make the directory \/proc\/x: the file system there takes none \(ENOENT\)$/,
  );
});

test('mail export refuses an unknown person, no target, two targets and a file that exists', async () => {
  writeFileSync(at('there.mbox'), '');
  await assert.rejects(
    run(mailExportCommand, ['zoe'], { mbox: at('zoe.mbox') }),
    /there is mail of bob, eva/,
  );
  await assert.rejects(run(mailExportCommand, ['bob']), UserError);
  await assert.rejects(run(mailExportCommand, ['bob'], { mbox: at('x'), maildir: at('y') }), UserError);
  await assert.rejects(run(mailExportCommand, ['bob'], { mbox: at('there.mbox') }), /file of that name/);
  await assert.rejects(
    run(mailVerifyCommand, [], { data: at('nowhere') }),
    /^UserError: Cannot read stored mail in ".*nowhere": there is none; wanted is/,
  );
  assert.deepEqual(readdirSync(root).includes('zoe.mbox'), false);
});

test('mail verify names each damaged message and fails', async () => {
  await run(mailBackupCommand, [at('harmed')]);
  const [segment = ''] = readdirSync(at('harmed/mail')).filter((name) => name.endsWith('.log'));
  const bytes = readFileSync(at(`harmed/mail/${segment}`));
  bytes.fill(1, bytes.indexOf('Subject: b:3000'), bytes.indexOf('Subject: b:3000') + 4);
  writeFileSync(at(`harmed/mail/${segment}`), bytes);
  await assert.rejects(run(mailVerifyCommand, [], { data: at('harmed') }), (error) => {
    assert.ok(error instanceof Error && 'printed' in error);
    assert.match(error.message, /^The mail store is damaged/);
    assert.match(
      String(error.printed),
      /damaged: mail\/segment-\d+\.log, \d+ bytes from \d+\n {2}message \S+ of bob, eva, received: 2026/,
    );
    return true;
  });
  await assert.rejects(
    run(mailExportCommand, ['bob'], { mbox: at('harmed.mbox'), data: at('harmed') }),
    /Cannot export 1 message of "bob", all others are exported/,
  );
});

/** A box whose API leads to a store by way of the real routes. */
class MailBox extends FakeBox {
  readonly desk: MailboxDesk;
  bodies: number[] = [];

  constructor(store: JournaledMailStore) {
    super();
    this.desk = new MailboxDesk({ store, list: (user) => store.list(user), clock: new FakeClock() });
  }

  override async mailList(user: string, after: string | undefined): Promise<MailList> {
    return this.desk.list(user, after);
  }
  override async importMail(user: string, mail: MailImport): Promise<MailImported> {
    this.bodies.push(JSON.stringify(mail).length);
    return await this.desk.import(user, mail);
  }

  get api(): ApiClient {
    const routes = apiRoutes({ box: this, version: '0', log: new MemoryLog() });
    const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
      const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
      const answer = await routes.request(path, init, { mayWrite: true });
      const value = await answer.json();
      if (answer.status >= 400) throw new RefusedError((value as { error: string }).error);
      return value;
    };
    return {
      get: async <T>(path: string) => (await call('GET', path)) as T,
      upload: () => assert.fail(),
      send: async <T>(method: string, path: string, body: unknown) => (await call(method, path, body)) as T,
    };
  }
}

async function textsIn(where: JournaledMailStore, user: string): Promise<string[]> {
  const drop = await where.open(user);
  const texts: string[] = [];
  for (const { uid } of drop?.messages ?? []) {
    texts.push(Buffer.from(await wholeContent(await drop?.read(uid))).toString('latin1'));
  }
  drop?.close();
  return texts;
}

const texts = (...names: readonly string[]): string[] =>
  names.map((name) => Buffer.from(mail(name)).toString('latin1'));

test('mail import stores the messages of an mbox file or a Maildir, in their order and with their times', async () => {
  await run(mailExportCommand, ['bob'], { mbox: at('import.mbox') });
  await run(mailExportCommand, ['bob'], { maildir: at('import') });
  for (const source of ['import.mbox', 'import']) {
    const target = await openStore(new MemoryFiles());
    const box = new MailBox(target);
    assert.equal(await run(mailImportCommand, ['bob', at(source)], {}, box.api), 'imported 3 messages');
    assert.deepEqual(await textsIn(target, 'bob'), texts('a:500', 'b:3000', 'big:20000'));
    assert.equal(target.list('bob')[0]?.received, Date.UTC(2026, 0, 15, 12));
    assert.equal(box.bodies.length, 1);
  }
  const box = new MailBox(await openStore(new MemoryFiles()));
  await assert.rejects(
    run(mailImportCommand, ['bob', at('nothing')], {}, box.api),
    /Cannot read .*nothing.*ENOENT/,
  );
});

test('mail import carries many messages and a large one in calls that are never large', async () => {
  const target = await openStore(new MemoryFiles());
  const box = new MailBox(target);
  const names = [...Array.from({ length: 150 }, (_, n) => `n${n}:12000`), 'large:3500000', 'last:40'];
  await files.makeDirectory('long/new');
  for (const [index, name] of names.entries()) writeFileSync(at(`long/new/${1000 + index}.x`), mail(name));
  assert.equal(await run(mailImportCommand, ['bob', at('long')], {}, box.api), 'imported 152 messages');
  assert.deepEqual(await textsIn(target, 'bob'), texts(...names));
  assert.ok(Math.max(...box.bodies) < 1.5 * 2 ** 20);
});

test('mail import says how much is stored when the mailbox is full, and fails', async () => {
  const target = await openStore(new MemoryFiles());
  target.setQuotas(() => 4000);
  const { api } = new MailBox(target);
  await assert.rejects(run(mailImportCommand, ['bob', at('import.mbox')], {}, api), (error) => {
    assert.ok(error instanceof UserError && 'printed' in error);
    assert.match(
      error.message,
      /^Cannot store a message of \d+ octets for bob: the mailbox would get larger/,
    );
    assert.equal(error.printed, 'imported 2 messages');
    return true;
  });
});

test('mail restore puts back what is missing, once, through the box and into the files of one that is stopped', async () => {
  await run(mailBackupCommand, [at('saved')]);
  const disk = nodeFiles(at('stopped'));
  await files.makeDirectory('stopped/mail');
  for (const round of [3, 0])
    assert.equal(
      await run(mailRestoreCommand, ['bob', at('saved')], { data: at('stopped') }),
      `restored ${round} missing messages`,
    );
  const release = await lockDirectory(at('stopped'));
  await assert.rejects(
    run(mailRestoreCommand, ['bob', at('saved')], { data: at('stopped') }),
    /another process writes it/,
  );
  release?.();
  const target = await openStore(disk);
  assert.deepEqual(await textsIn(target, 'bob'), texts('a:500', 'b:3000', 'big:20000'));
  const bob = await target.open('bob');
  await bob?.remove(bob.messages.slice(1).map(({ uid }) => uid));
  bob?.close();
  const { api } = new MailBox(target);
  for (const missing of [2, 0])
    assert.equal(
      await runFor(api, mailRestoreCommand, ['bob', at('saved')]),
      `restored ${missing} of ${missing} missing messages`,
    );
  assert.deepEqual(await textsIn(target, 'bob'), texts('a:500', 'b:3000', 'big:20000'));
  await target.close();
  await assert.rejects(
    runFor(api, mailRestoreCommand, ['zoe', at('saved')]),
    /nothing is stored under this name/,
  );
  await assert.rejects(
    run(mailRestoreCommand, ['bob', at('harmed')], { data: at('stopped/nowhere') }),
    /which the first start of a box makes/,
  );
});

test('mail restore leaves out what is damaged in the backup, and says so', async () => {
  const target = await openStore(new MemoryFiles());
  const { api } = new MailBox(target);
  await assert.rejects(
    runFor(api, mailRestoreCommand, ['bob', at('harmed')]),
    /^Error: Cannot restore 1 message of "bob", all others are restored: /,
  );
  assert.deepEqual(await textsIn(target, 'bob'), texts('a:500', 'big:20000'));
});
