import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latin1 } from '../../../src/base/text.ts';
import { NodeClock } from '../../../src/io/node/clock.ts';
import { NodeRandom } from '../../../src/io/node/random.ts';
import { openMailStore } from '../../../src/service/mail-store/mail-store.ts';
import { NodeSmtpClient } from '../../../src/service/queue/smtp-client.ts';
import { startQueue } from '../../../src/service/queue/start-queue.ts';
import { FakeNames } from '../../fake/fake-names.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import { waitFor } from '../../lab/wait-for.ts';
import { startPostfix, withoutPostfix } from '../postfix.ts';
import { OPTIONS } from './running-queue.ts';
import { identity } from './scripted-host.ts';
import { wholeContent } from '../../fake/whole-content.ts';

// A real mail server that we send to.
const SETTINGS = `
myhostname = mx.elsewhere.example
mynetworks =
smtpd_recipient_restrictions = check_recipient_access inline:{ {refused@elsewhere.example = 550 5.7.1 Not you}, {later@elsewhere.example = 450 4.7.1 Not now} }, reject_unauth_destination
`;

test(
  'Postfix takes our mail under TLS, byte for byte, one transaction for all recipients; what it refuses comes back, what it puts off stays',
  { skip: withoutPostfix },
  async (t) => {
    const { port, log, mail } = await startPostfix(t, SETTINGS, identity);
    const [clock, random] = [new NodeClock(), new NodeRandom()];
    const store = await openMailStore({ files: new MemoryFiles(), clock, random, log: new MemoryLog() });
    const via = { host: '127.0.0.1', port, security: 'starttls', verify: false, login: undefined } as const;
    const queue = startQueue(
      {
        store: store.queue,
        deliver: (envelope, message) => store.deliver(envelope, message),
        names: new FakeNames(),
        client: new NodeSmtpClient({ hostName: () => 'mail.office.example' }),
        policyOf: async () => undefined,
        isOwnAddress: () => false,
        clock,
        random,
        log: new MemoryLog(),
      },
      { ...OPTIONS, rules: [{ from: [], to: [], via: [via] }] },
    );
    t.after(() => queue.close());
    const body = `gr\xfc\xdfe\r\n.\r\n..dots\r\n${'line of a large message\r\n'.repeat(40_000)}`;
    const message = latin1(
      `Return-Path: <alice@office.example>\r\nSubject: hello\r\nFrom: alice@office.example\r\n\r\n${body}`,
    );
    const remote = ['ann', 'bob', 'refused', 'later'].map((name) => ({
      address: `${name}@elsewhere.example`,
    }));
    await store.deliver({ sender: 'alice@office.example', users: [], remote }, message);
    queue.wake();
    await waitFor('both copies', () => mail().length === 2);
    for (const text of mail()) {
      assert.match(text, /^Return-Path: <alice@office\.example>\n(?:Delivered-To|X-Original-To): /m);
      assert.match(text, /with cipher/);
      assert.equal(text.slice(text.indexOf('\n\n') + 2), body.replaceAll('\r\n', '\n'));
    }
    assert.equal([...log().matchAll(/client=localhost/g)].length, 1);
    const { entries } = await waitFor('what was put off', async () => {
      const view = await queue.view();
      return view.total === 1 && view.entries[0]?.state === 'waiting' && view;
    });
    assert.match(
      entries[0]?.reason ?? '',
      /^450 4\.7\.1 <later@elsewhere\.example>: Recipient address rejected: Not now/,
    );
    const maildrop = await store.open('alice');
    const [bounce] = maildrop?.messages ?? [];
    const text = Buffer.from(await wholeContent(await maildrop?.read(bounce?.uid ?? ''))).toString('latin1');
    assert.match(
      text,
      /Final-Recipient: rfc822; refused@elsewhere\.example\r\nAction: failed\r\nStatus: 5\.7\.1\r\n/,
    );
  },
);
