import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../src/base/errors.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import type { PostAnswer, ToPost, ToWeb } from '../../../src/role/ipc.ts';
import { MailDesk } from '../../../src/role/net/mail-desk.ts';
import { Peers } from '../../../src/role/net/peers.ts';

/** A desk whose post office gives this answer to every call. */
function deskWith(answer: PostAnswer): { desk: MailDesk; peers: Peers; sent: (ToPost | ToWeb)[] } {
  const sent: (ToPost | ToWeb)[] = [];
  const peers: Peers = new Peers({
    send: (_, message) => {
      sent.push(message);
      if (message.kind === 'call') peers.heard('post', { kind: 'answer', request: message.request, answer });
    },
    onLog: () => {},
    onChange: () => {},
  });
  return { desk: new MailDesk(peers, (name) => name === 'alice'), peers, sent };
}

test('MailDesk passes calls to the post office and its answers back', async () => {
  const view = { isOnline: true, total: 0, destinations: [], entries: [] };
  assert.deepEqual(await deskWith({ what: 'view', view }).desk.mailQueue(5), view);
  const { desk, sent } = deskWith({ what: 'done' });
  await desk.changeMailQueue('hold', 7);
  assert.deepEqual(sent, [{ kind: 'call', request: 1, call: { what: 'hold', id: 7 } }]);
});

test('MailDesk puts mail into mailboxes of people only, and lists what is in any', async () => {
  const imported = { stored: 1, upload: null, problem: null };
  const { desk, sent } = deskWith({ what: 'import', imported });
  const mail = { messages: [{ received: null, content: 'eA==' }] };
  assert.deepEqual(await desk.importMail('alice', mail), imported);
  await assert.rejects(desk.importMail('bob', mail), /there is nobody of that name; "gatepost user add bob"/);
  assert.deepEqual(sent, [{ kind: 'call', request: 1, call: { what: 'import', user: 'alice', mail } }]);
  const list = { messages: [], more: false };
  assert.deepEqual(await deskWith({ what: 'mailbox', list }).desk.mailList('gone', undefined), list);
});

test('MailDesk tells of the store with times as texts', async () => {
  const health = { lastScrub: Timestamp(0), damage: [], problem: undefined };
  assert.deepEqual(await deskWith({ what: 'store', health }).desk.mailStore(), {
    lastCheck: '1970-01-01T00:00:00.000Z',
    problem: null,
    damage: [],
  });
});

test('MailDesk gives a refusal as the sentence it is', async () => {
  const { desk } = deskWith({ what: 'refused', sentence: 'Cannot find message 7' });
  await assert.rejects(desk.mailHistory(7), new UserError('Cannot find message 7'));
});

test('Peers tells the post office of the uplink when it changes, and a new process at once', () => {
  const { peers, sent } = deskWith({ what: 'done' });
  peers.started('post');
  for (const isUp of [false, false, true]) peers.setUplink(isUp);
  peers.started('web');
  peers.started('post');
  assert.deepEqual(
    sent,
    [false, true, true].map((isUp) => ({ kind: 'uplink', isUp })),
  );
});
