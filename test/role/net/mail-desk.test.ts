import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../src/base/errors.ts';
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
  assert.deepEqual(await deskWith({ what: 'view', view }).desk.mailQueue(), view);
  const { desk, sent } = deskWith({ what: 'done' });
  await desk.changeMailQueue('hold', 7);
  assert.deepEqual(sent, [{ kind: 'call', request: 1, call: { what: 'hold', id: 7 } }]);
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
