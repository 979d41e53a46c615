import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApiClient, RefusedError } from '../../src/cli/client.ts';
import type { Command } from '../../src/cli/command.ts';
import { mailHistoryCommand } from '../../src/cli/mail-history.ts';
import { mailQueueChangeCommands } from '../../src/cli/mail-queue-change.ts';
import { mailQueueCommand } from '../../src/cli/mail-queue.ts';
import { MAIL_QUEUE } from '../fake/fake-box.ts';
import { SCREEN } from './call-command.ts';

/** Runs a command against an API that gives this answer to reads; what it printed and what it sent. */
async function call(
  command: Command,
  words: readonly string[],
  answer: unknown,
  flags: readonly string[] = [],
): Promise<{ readonly printed: string; readonly sent: readonly string[] }> {
  const { printed, sent, error } = await tryCall(command, words, { get: () => answer }, flags);
  if (error !== undefined) throw error;
  return { printed, sent };
}

/** The same with an API that changes, and with what it fails with. */
async function tryCall(
  command: Command,
  words: readonly string[],
  box: { readonly get: () => unknown; readonly send?: (path: string) => void },
  flags: readonly string[] = [],
): Promise<{
  readonly printed: string;
  readonly sent: readonly string[];
  readonly error: Error | undefined;
}> {
  const sent: string[] = [];
  let printed = '';
  let error: Error | undefined;
  const api: ApiClient = {
    upload: () => assert.fail(),
    get: <T>() => Promise.resolve(box.get() as T),
    send: <T>(method: string, path: string) => {
      sent.push(`${method} ${path}`);
      return Promise.resolve()
        .then(() => box.send?.(path))
        .then(() => ({}) as T);
    },
  };
  const done = command.run({
    words,
    flags: new Map(flags.map((flag) => [flag, true])),
    api,
    screen: SCREEN,
    print: (text) => {
      printed += text;
    },
    readSecret: () => Promise.reject(new Error('no secret is wanted')),
    readFile: () => '',
  });
  await Promise.resolve(done).catch((reason: unknown) => {
    error = reason instanceof Error ? reason : new Error(String(reason));
  });
  return { printed, sent, error };
}

function change(verb: string): Command {
  const command = mailQueueChangeCommands.find(({ name }) => name === `mail ${verb}`);
  assert.ok(command !== undefined);
  return command;
}

test('mail queue shows destinations with their trouble, then messages with the reason of the last attempt', async () => {
  const { printed } = await call(mailQueueCommand, [], MAIL_QUEUE);
  assert.match(
    printed,
    /^elsewhere\.example +2 +1 +23\.4 KiB +3 h 0 min ago +4\.4\.1 Cannot reach .*; next try 1 h 55 min ago$/m,
  );
  assert.match(
    printed,
    /^ *7 .* alice@office\.example +ann@elsewhere\.example +22\.5 KiB +3 +1 h 55 min ago +450 4\.2\.0 Greylisted/m,
  );
  assert.match(printed, /^ *5 .* \(notice\) +bob@elsewhere\.example +1000 bytes +0 +held +-$/m);
});

test('mail queue says that nothing waits, and why what waits does not go', async () => {
  const empty = { isOnline: false, total: 0, destinations: [], entries: [] };
  const { printed } = await call(mailQueueCommand, [], empty);
  assert.equal(
    printed,
    'There is no Internet connection: mail waits until it is back.\nNo mail waits to be sent.',
  );
});

for (const verb of ['retry', 'hold', 'release', 'delete', 'bounce']) {
  test(`mail ${verb} names messages, or means all of them`, async () => {
    const some = await call(change(verb), ['7', '5'], MAIL_QUEUE);
    assert.deepEqual(some.sent, [`POST /api/mail/queue/7/${verb}`, `POST /api/mail/queue/5/${verb}`]);
    const all = await call(change(verb), [], MAIL_QUEUE, ['all']);
    assert.deepEqual(all.sent, some.sent);
    await assert.rejects(call(change(verb), [], MAIL_QUEUE), /no message is named/);
    await assert.rejects(call(change(verb), ['x'], MAIL_QUEUE), /"x" is no number of a message/);
    await assert.rejects(call(change(verb), ['7'], MAIL_QUEUE, ['all']), /leave one of the two out/);
  });
}

test('a change of all messages says that there are none', async () => {
  const none = { isOnline: true, total: 0, destinations: [], entries: [] };
  const { printed } = await call(change('delete'), [], none, ['all']);
  assert.equal(printed, 'No mail waits to be sent.');
});

test('mail history tells what happened', async () => {
  const event = {
    time: '2026-11-22T11:59:58.123Z',
    recipient: 'ann@elsewhere.example',
    what: 'deferred',
    detail: '450 later',
  };
  assert.match(
    (await call(mailHistoryCommand, ['7'], [event])).printed,
    /^2026-11-22 11:59:58 UTC +ann@elsewhere\.example +deferred +450 later$/m,
  );
  assert.match((await call(mailHistoryCommand, ['7'], [])).printed, /^Nothing is known/);
  await assert.rejects(call(mailHistoryCommand, ['x'], []), /"x": it is no number of a message/);
});

test('mail hold goes on behind a message that cannot be held, and says both', async () => {
  const { printed, sent, error } = await tryCall(change('hold'), ['7', '9', '5'], {
    get: () => assert.fail(),
    send: (path) => {
      if (path.includes('/9/')) throw new RefusedError('Cannot find message 9 in the queue');
    },
  });
  assert.equal(sent.length, 3);
  assert.equal(printed, 'messages held: 7, 5');
  assert.ok(error instanceof RefusedError);
  assert.equal(error.message, 'Cannot find message 9 in the queue');
});

test('mail delete --all means all of a queue that is longer than its list, and does not mind what has left it meanwhile', async () => {
  const left = new Set([1, 2, 3, 4, 5]);
  const view = (): unknown => ({
    total: left.size,
    entries: [...left].slice(0, 2).map((id) => ({ id })),
  });
  const { printed, error } = await tryCall(
    change('delete'),
    [],
    {
      get: view,
      send: (path) => {
        const id = Number(/\d+/.exec(path)?.[0]);
        left.delete(id);
        if (id === 2) throw new RefusedError('Cannot find message 2 in the queue');
      },
    },
    ['all'],
  );
  assert.equal(error, undefined);
  assert.equal(printed, 'messages deleted: 1, 3, 4, 5');
  assert.equal(left.size, 0);
});

test('mail hold --all says how many it could not reach', async () => {
  const long = { total: 5, entries: [{ id: 1 }, { id: 2 }] };
  const { printed, error } = await tryCall(change('hold'), [], { get: () => long }, ['all']);
  assert.equal(printed, 'messages held: 1, 2');
  assert.match(String(error), /Cannot change 3 further messages/);
});
