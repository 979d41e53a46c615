import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../../src/base/errors.ts';
import type { ApiClient } from '../../src/cli/client.ts';
import type { Command, Context } from '../../src/cli/command.ts';
import { mailBackupCommand } from '../../src/cli/mail-backup.ts';
import { mailExportCommand } from '../../src/cli/mail-export.ts';
import { mailImportCommand } from '../../src/cli/mail-import.ts';
import { mailVerifyCommand } from '../../src/cli/mail-verify.ts';
import { nodeFiles } from '../../src/io/node/files.ts';
import { mail, openStore } from '../service/mail-store/post-office.ts';

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
    print: (text) => void printed.push(text),
    readSecret: () => assert.fail(),
    readFile: () => assert.fail(),
  };
  await command.run(context).catch((error: unknown) => {
    throw Object.assign(error as Error, { printed: printed.join('\n') });
  });
  return printed.join('\n');
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
    /^3 messages in 2 mailboxes, 0 entries of the queue: .* 1 large messages read\nall of it is as it was stored$/,
  );
  const json = JSON.parse(await run(mailVerifyCommand, [], { json: true })) as { readonly messages: number };
  assert.equal(json.messages, 3);
  assert.match(
    await run(mailExportCommand, ['bob'], { mbox: at('bob.mbox') }),
    /^exported 3 messages with \d+ octets$/,
  );
  assert.match(readFileSync(at('bob.mbox'), 'latin1'), /^From MAILER-DAEMON .*\nSubject: a:500\n/);
  await run(mailExportCommand, ['eva'], { maildir: at('some/eva') });
  assert.equal(readdirSync(at('some/eva/new')).length, 3);
  assert.match(await run(mailBackupCommand, [at('backup')]), /^copied 2 files with \d+ octets; 0 were there/);
  assert.match(
    await run(mailExportCommand, ['bob'], { mbox: at('again.mbox'), data: at('backup') }),
    /exported 3/,
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
    /there is none in this directory/,
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
      /damaged: mail\/segment-\d+\.log, \d+ bytes from \d+\n {2}message \S+ of bob, eva, received 2026/,
    );
    return true;
  });
  await assert.rejects(
    run(mailExportCommand, ['bob'], { mbox: at('harmed.mbox'), data: at('harmed') }),
    /Cannot export 1 messages of "bob", all others are exported/,
  );
});

test('mail import sends each message of an mbox file or a Maildir to the box', async () => {
  await run(mailExportCommand, ['bob'], { mbox: at('import.mbox') });
  await run(mailExportCommand, ['bob'], { maildir: at('import') });
  for (const source of ['import.mbox', 'import']) {
    const sent: unknown[] = [];
    const api: ApiClient = {
      get: () => assert.fail(),
      upload: () => assert.fail(),
      send: async <T>(method: string, path: string, body: unknown) => {
        sent.push([method, path, body]);
        return undefined as T;
      },
    };
    assert.equal(await run(mailImportCommand, ['bob', at(source)], {}, api), 'imported 3 messages');
    assert.deepEqual(sent[0], [
      'POST',
      '/api/mail/mailboxes/bob/messages',
      { received: Date.UTC(2026, 0, 15, 12), content: Buffer.from(mail('a:500')).toString('base64') },
    ]);
  }
  await assert.rejects(run(mailImportCommand, ['bob', at('nothing')]), /Cannot read .*nothing.*ENOENT/);
});
