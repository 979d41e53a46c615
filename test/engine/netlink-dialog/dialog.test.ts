import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KernelError } from '../../../src/base/errors.ts';
import { Writer } from '../../../src/base/writer.ts';
import {
  type DialogEffect,
  type DialogState,
  type ExchangeKind,
  MAX_DUMP_REPEATS,
  createDialog,
  stepDialog,
} from '../../../src/engine/netlink-dialog/dialog.ts';
import { NetlinkError } from '../../../src/engine/netlink-dialog/netlink-error.ts';
import { NLMSG, NLM_F } from '../../../src/wire/netlink/constants.ts';
import type { NetlinkMessage } from '../../../src/wire/netlink/message.ts';

const PORT = 77;
const BATCH_BEGIN = 0x10;
const BATCH_END = 0x11;
const GET = 18;
const NEW = 24;
const payload = new Uint8Array(4);

function open(unacknowledged: readonly number[] = []): DialogState {
  const state = createDialog(unacknowledged);
  assert.deepEqual(stepDialog(state, { kind: 'opened', port: PORT }), []);
  return state;
}

function submit(state: DialogState, id: number, exchange: ExchangeKind, types: readonly number[]) {
  const messages = types.map((type) => ({ type, flags: 0, payload }));
  return stepDialog(state, { kind: 'submit', id, exchange, messages });
}

function sent(effects: readonly DialogEffect[]): readonly NetlinkMessage[] {
  return effects.flatMap((effect) => (effect.kind === 'send' ? effect.messages : []));
}

function receive(state: DialogState, message: Partial<NetlinkMessage>): readonly DialogEffect[] {
  const whole = { type: NEW, flags: 0, sequence: 0, port: PORT, payload, ...message };
  return stepDialog(state, { kind: 'received', message: whole });
}

function acknowledge(state: DialogState, sequence: number, errno = 0): readonly DialogEffect[] {
  const bytes = new Writer()
    .u32Le(errno === 0 ? 0 : 2 ** 32 - errno)
    .zeros(16)
    .finish();
  return receive(state, { type: NLMSG.ERROR, flags: NLM_F.CAPPED, sequence, payload: bytes });
}

function done(state: DialogState, sequence: number, flags = 0): readonly DialogEffect[] {
  return receive(state, { type: NLMSG.DONE, flags: NLM_F.MULTI | flags, sequence });
}

const kinds = (effects: readonly DialogEffect[]): string[] => effects.map(({ kind }) => kind);

test('stepDialog() gives each message its own sequence number and asks for an acknowledgement of the last', () => {
  const state = open();
  const messages = sent(submit(state, 1, 'transaction', [NEW, NEW, NEW]));
  assert.deepEqual(
    messages.map(({ sequence }) => sequence),
    [1, 2, 3],
  );
  assert.deepEqual(
    messages.map(({ flags }) => flags & NLM_F.ACK),
    [0, 0, NLM_F.ACK],
  );
  assert.ok(messages.every(({ flags }) => (flags & NLM_F.REQUEST) !== 0));
  assert.deepEqual(acknowledge(state, 3), [{ kind: 'resolve', id: 1, replies: [] }]);
});

test('stepDialog() asks for the acknowledgement of the last message inside a batch, not of the batch marks', () => {
  const state = open([BATCH_BEGIN, BATCH_END]);
  const messages = sent(submit(state, 1, 'transaction', [BATCH_BEGIN, 0xa00, 0xa06, BATCH_END]));
  assert.deepEqual(
    messages.map(({ flags }) => flags & NLM_F.ACK),
    [0, 0, NLM_F.ACK, 0],
  );
  assert.deepEqual(kinds(acknowledge(state, 3)), ['resolve']);
});

test('stepDialog() takes an error for the batch mark as the end of the whole batch (failed commit)', () => {
  const state = open([BATCH_BEGIN, BATCH_END]);
  submit(state, 1, 'transaction', [BATCH_BEGIN, 0xa00, BATCH_END]);
  const [effect] = acknowledge(state, 1, 16);
  assert.ok(effect?.kind === 'reject' && effect.error instanceof NetlinkError);
  assert.equal(effect.error.errno, 'EBUSY');
  assert.deepEqual(acknowledge(state, 2), [], 'the acknowledgement that follows belongs to nobody');
});

test('stepDialog() rejects a transaction with the first refused message when the last is answered', () => {
  const state = open();
  submit(state, 1, 'transaction', [NEW, NEW, NEW]);
  assert.deepEqual(acknowledge(state, 2, 17), []);
  const [effect] = acknowledge(state, 3, 2);
  assert.ok(effect?.kind === 'reject' && effect.error instanceof NetlinkError);
  assert.deepEqual([effect.error.index, effect.error.errno], [1, 'EEXIST']);
  assert.match(effect.error.message, /message 2 of 3/);
});

test('stepDialog() keeps several requests in flight and matches answers in any order', () => {
  const state = open();
  submit(state, 1, 'request', [GET]);
  submit(state, 2, 'transaction', [NEW]);
  submit(state, 3, 'request', [GET]);
  receive(state, { sequence: 3, type: 16 });
  assert.deepEqual(
    acknowledge(state, 3).map((effect) => (effect.kind === 'resolve' ? effect.id : 0)),
    [3],
  );
  assert.deepEqual(
    acknowledge(state, 2).map((effect) => (effect.kind === 'resolve' ? effect.id : 0)),
    [2],
  );
  const [first] = acknowledge(state, 1);
  assert.deepEqual(first, { kind: 'resolve', id: 1, replies: [] });
});

test('stepDialog() collects a dump from NLM_F_MULTI messages up to NLMSG_DONE', () => {
  const state = open();
  const [message] = sent(submit(state, 1, 'dump', [GET]));
  assert.equal(message?.flags, NLM_F.REQUEST | NLM_F.DUMP);
  assert.deepEqual(receive(state, { sequence: 1, flags: NLM_F.MULTI, type: 16 }), []);
  assert.deepEqual(receive(state, { sequence: 1, flags: NLM_F.MULTI, type: 16 }), []);
  const [effect] = done(state, 1);
  assert.ok(effect?.kind === 'resolve');
  assert.equal(effect.replies.length, 2);
});

test('stepDialog() holds a second dump back until the first is done, but no other request (EBUSY otherwise)', () => {
  const state = open();
  submit(state, 1, 'dump', [GET]);
  assert.deepEqual(submit(state, 2, 'dump', [GET]), []);
  assert.equal(sent(submit(state, 3, 'request', [GET])).length, 1);
  assert.deepEqual(kinds(done(state, 1)), ['resolve', 'send']);
  assert.deepEqual(kinds(done(state, 3)), ['resolve']);
});

test('stepDialog() repeats an interrupted dump from the start and forgets its first part (NLM_F_DUMP_INTR)', () => {
  const state = open();
  submit(state, 1, 'dump', [GET]);
  receive(state, { sequence: 1, flags: NLM_F.MULTI | NLM_F.DUMP_INTR, type: 16 });
  const [again] = sent(done(state, 1));
  assert.equal(again?.sequence, 2);
  receive(state, { sequence: 2, flags: NLM_F.MULTI, type: 16 });
  const [effect] = done(state, 2);
  assert.ok(effect?.kind === 'resolve');
  assert.equal(effect.replies.length, 1);
});

test(`stepDialog() gives a dump up that is interrupted ${MAX_DUMP_REPEATS + 1} times`, () => {
  const state = open();
  let effects = submit(state, 1, 'dump', [GET]);
  let attempts = 0;
  for (let [message] = sent(effects); message !== undefined; [message] = sent(effects)) {
    attempts++;
    effects = done(state, message.sequence, NLM_F.DUMP_INTR);
  }
  assert.equal(attempts, MAX_DUMP_REPEATS + 1);
  const [effect] = effects;
  assert.ok(effect?.kind === 'reject' && effect.error instanceof KernelError);
  assert.equal(effect.error.errno, 'EINTR');
});

test('stepDialog() rejects a dump whose NLMSG_DONE carries an error', () => {
  const state = open();
  submit(state, 1, 'dump', [GET]);
  const [effect] = receive(state, {
    type: NLMSG.DONE,
    sequence: 1,
    payload: new Writer().u32Le(2 ** 32 - 12).finish(),
  });
  assert.ok(effect?.kind === 'reject' && effect.error instanceof KernelError);
  assert.equal(effect.error.errno, 'ENOMEM');
});

test('stepDialog() delivers what others caused as events, even under the number of an open request', () => {
  const state = open();
  submit(state, 1, 'request', [GET]);
  assert.deepEqual(kinds(receive(state, { sequence: 0, port: 0 })), ['event']);
  assert.deepEqual(kinds(receive(state, { sequence: 1, port: PORT + 1 })), ['event']);
});

test('stepDialog() delivers what our own transaction caused as an event, before it is acknowledged', () => {
  const state = open();
  submit(state, 1, 'transaction', [NEW]);
  assert.deepEqual(kinds(receive(state, { sequence: 1 })), ['event']);
  assert.deepEqual(kinds(acknowledge(state, 1)), ['resolve']);
});

test('stepDialog() ignores acknowledgements and dump replies with a number nobody waits for, and NLMSG_NOOP', () => {
  const state = open();
  assert.deepEqual(acknowledge(state, 9), []);
  assert.deepEqual(done(state, 9), []);
  assert.deepEqual(receive(state, { sequence: 9, flags: NLM_F.MULTI }), []);
  assert.deepEqual(receive(state, { type: NLMSG.NOOP }), []);
});

test('stepDialog() rejects requests and transactions when the socket is lost, and repeats dumps on the next', () => {
  const state = open();
  submit(state, 1, 'request', [GET]);
  submit(state, 2, 'dump', [GET]);
  submit(state, 3, 'dump', [GET]);
  submit(state, 4, 'transaction', [NEW, NEW]);
  const error = new KernelError('receive netlink messages', 'ENOBUFS');
  const lost = stepDialog(state, { kind: 'lost', error });
  assert.deepEqual(lost.map((effect) => [effect.kind, 'id' in effect ? effect.id : 0]).toSorted(byId), [
    ['reject', 1],
    ['reject', 4],
  ]);
  const again = stepDialog(state, { kind: 'opened', port: PORT + 1 });
  assert.deepEqual(
    sent(again).map(({ port }) => port),
    [PORT + 1],
    'the first dump alone',
  );
});

test('stepDialog() holds everything back while there is no socket, and rejects it when there will be none', () => {
  const state = createDialog();
  assert.deepEqual(submit(state, 1, 'request', [GET]), []);
  const effects = stepDialog(state, { kind: 'closed', error: new Error('gone') });
  assert.deepEqual(kinds(effects), ['reject']);
});

test('stepDialog() resolves an empty transaction at once without a message', () => {
  assert.deepEqual(kinds(submit(open(), 1, 'transaction', [])), ['resolve']);
});

test('stepDialog() keeps the numbers of a transaction in one piece when they wrap around', () => {
  const state = open();
  state.nextSequence = 0xffff_fffe;
  const messages = sent(submit(state, 1, 'transaction', [NEW, NEW, NEW]));
  assert.deepEqual(
    messages.map(({ sequence }) => sequence),
    [1, 2, 3],
  );
});

test('stepDialog() settles every submission exactly once, whatever the order of answers, losses and reopenings', () => {
  const action = fc.record({
    do: fc.constantFrom('request', 'dump', 'transaction', 'acknowledge', 'done', 'interrupt', 'lose'),
    pick: fc.nat(20),
    errno: fc.constantFrom(0, 0, 1, 2),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const state = open();
      const settled: number[] = [];
      let ids = 0;
      const note = (effects: readonly DialogEffect[]): void => {
        for (const effect of effects)
          if (effect.kind === 'resolve' || effect.kind === 'reject') settled.push(effect.id);
      };
      const sequenceOf = (pick: number): number => {
        const open = [...state.inFlight.values()];
        return open.length === 0 ? 0 : (open[pick % open.length]?.closing ?? 0);
      };
      for (const { do: what, pick, errno } of actions) {
        if (what === 'request' || what === 'dump' || what === 'transaction')
          note(submit(state, ++ids, what, what === 'transaction' ? [NEW, NEW] : [GET]));
        else if (what === 'acknowledge') note(acknowledge(state, sequenceOf(pick), errno));
        else if (what === 'done') note(done(state, sequenceOf(pick)));
        else if (what === 'interrupt') note(done(state, sequenceOf(pick), NLM_F.DUMP_INTR));
        else {
          note(stepDialog(state, { kind: 'lost', error: new KernelError('receive', 'ENOBUFS') }));
          note(stepDialog(state, { kind: 'opened', port: PORT }));
        }
      }
      note(stepDialog(state, { kind: 'closed', error: new Error('end') }));
      assert.deepEqual(
        settled.toSorted((a, b) => a - b),
        Array.from({ length: ids }, (_, i) => i + 1),
      );
    }),
  );
});

test('stepDialog() hands out the replies of a streamed dump one by one and keeps none', () => {
  const state = open();
  stepDialog(state, {
    kind: 'submit',
    id: 1,
    exchange: 'dump',
    messages: [{ type: GET, flags: 0, payload }],
    streamed: true,
  });
  assert.deepEqual(receive(state, { sequence: 1, flags: NLM_F.MULTI }), [
    { kind: 'reply', id: 1, message: { type: NEW, flags: NLM_F.MULTI, payload } },
  ]);
  assert.deepEqual(done(state, 1), [{ kind: 'resolve', id: 1, replies: [] }]);
});

test('stepDialog() says that the replies of a streamed dump are void when it is asked again', () => {
  const state = open();
  stepDialog(state, {
    kind: 'submit',
    id: 1,
    exchange: 'dump',
    messages: [{ type: GET, flags: 0, payload }],
    streamed: true,
  });
  receive(state, { sequence: 1, flags: NLM_F.MULTI });
  assert.deepEqual(kinds(done(state, 1, NLM_F.DUMP_INTR)), ['restart', 'send']);
  receive(state, { sequence: 2, flags: NLM_F.MULTI });
  const lost = stepDialog(state, { kind: 'lost', error: new KernelError('receive', 'ENOBUFS') });
  assert.deepEqual(lost, [{ kind: 'restart', id: 1 }]);
  stepDialog(state, { kind: 'opened', port: PORT });
  assert.deepEqual(done(state, 3), [{ kind: 'resolve', id: 1, replies: [] }]);
});

function byId(a: (string | number)[], b: (string | number)[]): number {
  return Number(a[1]) - Number(b[1]);
}
