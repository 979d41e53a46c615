import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_SMTP_LIMITS } from '../../../src/service/smtp/limits.ts';
import { greeted, startTestSmtp } from './running-smtp.ts';

// The ways that have opened relays, from strangers: every sender they may claim to be, every way to write a recipient elsewhere.

const ONE_LINE = /^\d{3} .*\r\n/;

/** A domain that is an address: ours, or somebody's, and nobody's mailbox in either case. */
const NO_SUCH = /^550 5\.(?:1\.1|7\.1) /;

/** 192.0.2.10 stands for an address of the server itself. */
const SENDERS = [
  '',
  'spam@spam.example',
  'alice@office.example',
  'postmaster@office.example',
  'nobody@office.example',
  'spam@localhost',
  'spam@[127.0.0.1]',
  'spam@[192.0.2.10]',
  'spam@mail.office.example',
  '"alice@office.example"@spam.example',
] as const;

/** With what they are told. */
const RECIPIENTS: readonly (readonly [recipient: string, reply: RegExp])[] = [
  ['victim@far.example', /^550 5\.7\.1 /],
  ['"victim@far.example"', /^501 5\.1\.3 /],
  ['victim%far.example@office.example', /^550 5\.1\.1 /],
  ['victim%far.example@mail.office.example', /^550 5\.7\.1 /],
  ['victim%far.example@[127.0.0.1]', NO_SUCH],
  ['victim%far.example@[192.0.2.10]', NO_SUCH],
  ['victim%far.example', /^501 5\.1\.3 /],
  ['victim%far.example%office.example@office.example', /^550 5\.1\.1 /],
  ['"victim%far.example"@office.example', /^550 5\.1\.1 /],
  ['"victim@far.example"@office.example', /^550 5\.1\.1 /],
  ['"victim@far.example"@[127.0.0.1]', NO_SUCH],
  ['far.example!victim', /^501 5\.1\.3 /],
  ['far.example!victim@office.example', /^550 5\.1\.1 /],
  ['far.example!victim@[127.0.0.1]', NO_SUCH],
  ['office.example!far.example!victim@office.example', /^550 5\.1\.1 /],
  ['far.example!victim%office.example@office.example', /^550 5\.1\.1 /],
  ['@office.example:victim@far.example', /^550 5\.7\.1 /],
  ['@mail.office.example:victim@far.example', /^550 5\.7\.1 /],
  ['@[127.0.0.1]:victim@far.example', /^550 5\.7\.1 /],
  ['@office.example,@far.example:victim@far.example', /^550 5\.7\.1 /],
  ['@far.example:nobody@office.example', /^550 5\.1\.1 /],
  ['alice@office.example@far.example', /^501 5\.1\.3 /],
  ['victim@far.example@office.example', /^501 5\.1\.3 /],
  ['victim@far.example,alice@office.example', /^501 5\.1\.3 /],
  ['victim@far.example alice@office.example', /^501 5\.1\.3 /],
  ['victim@far.example>,<alice@office.example', /^501 5\.1\.3 /],
  ['victim@office.example.far.example', /^550 5\.7\.1 /],
  ['victim@far.example.', /^501 5\.1\.3 /],
  ['victim@FAR.EXAMPLE', /^550 5\.7\.1 /],
  ['victim@[198.51.100.7]', /^550 5\.7\.1 /],
  ['victim@[IPv6:2001:db8::7]', /^(?:501 5\.1\.3|550 5\.7\.1) /],
  ['victim@3325256711', /^550 5\.7\.1 /],
  ['victim\r@far.example', /^50[01] 5\./],
  ['victim\0@office.example', /^501 5\.1\.3 /],
  ['victim+x%far.example@office.example', /^550 5\.1\.1 /],
  ['|/bin/sh@office.example', /^550 5\.1\.1 /],
  ['/dev/null@office.example', /^501 5\.1\.3 |^550 5\.1\.1 /],
  ['"../../etc/passwd"@office.example', /^550 5\.1\.1 /],
  ['SRS0=aaaa=aa=far.example=victim@office.example', /^550 5\.1\.1 /],
  ['SRS1=aaaa=far.example==bbbb=bb=far.example=victim@office.example', /^550 5\.1\.1 /],
];

test('SMTP relays for no stranger, whoever they claim to be and however they write the recipient', async (t) => {
  const asked: (string | undefined)[] = [];
  const endless = {
    ...DEFAULT_SMTP_LIMITS.wan,
    commandsPerMinute: 1e6,
    messagesPerMinute: 1e6,
    errors: 1e6,
    connectionsPerMinute: 1e6,
  };
  const { mx, store } = await startTestSmtp(t, {
    limits: { wan: endless, wanNetwork: endless },
    outgoing: {
      mayRelay: ({ user, isLan }) => {
        asked.push(user);
        return user !== undefined || isLan;
      },
      reportDelivery: () => {},
      reportFailure: async () => {},
    },
  });
  const answers = new Map<string, Set<string>>();
  for (const sender of SENDERS) {
    const client = await greeted(mx);
    assert.match(await client.ask(`MAIL FROM:<${sender}>`, ONE_LINE), /^250 /, sender);
    for (const [recipient, reply] of RECIPIENTS) {
      const answer = await client.ask(`RCPT TO:<${recipient}>`, ONE_LINE);
      assert.match(answer, reply, `${recipient} from <${sender}>`);
      answers.set(recipient, (answers.get(recipient) ?? new Set()).add(answer.slice(0, 9)));
    }
    // Nobody was taken, so there is nothing to send.
    assert.match(await client.ask('DATA', ONE_LINE), /^503 /);
    await client.close();
  }
  assert.deepEqual(store.deliveries, []);
  assert.ok(asked.every((user) => user === undefined));
  for (const [recipient, seen] of answers)
    t.diagnostic(`${JSON.stringify(recipient)}: ${[...seen].join(' ')}`);
});
