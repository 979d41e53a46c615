import assert from 'node:assert/strict';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { Milliseconds } from '../../../src/base/duration.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { latin1 } from '../../../src/base/text.ts';
import {
  type NextHop,
  type OutgoingMail,
  type RecipientResult,
  SessionError,
} from '../../../src/port/smtp-client.ts';
import { NodeSmtpClient } from '../../../src/service/queue/smtp-client.ts';
import { ScriptedHost, identity } from './scripted-host.ts';

const HASTY = {
  connect: 1000,
  greeting: 1000,
  command: 300,
  block: 300,
  end: 300,
  message: 3000,
  close: 100,
};
const limits = Object.fromEntries(Object.entries(HASTY).map(([key, value]) => [key, Milliseconds(value)]));

function clientOf(more: Partial<ConstructorParameters<typeof NodeSmtpClient>[0]> = {}): NodeSmtpClient {
  return new NodeSmtpClient({ hostName: () => 'mail.office.example', ...more });
}

const hasty = clientOf({ limits });

function mailOf(more: Partial<OutgoingMail> = {}): OutgoingMail {
  const recipients = ['ann@else.example', 'bob@else.example'].map((address) => ({
    address,
    notify: undefined,
    originalRecipient: undefined,
  }));
  const message = latin1('Subject: hello\r\n\r\nHello.\r\n');
  return {
    sender: 'alice@office.example',
    recipients,
    envelopeId: undefined,
    returns: undefined,
    message,
    ...more,
  };
}

async function sendBy(
  client: NodeSmtpClient,
  hop: NextHop,
  mail = mailOf(),
): Promise<readonly RecipientResult[]> {
  const session = await client.open(hop);
  try {
    return await session.send(mail);
  } finally {
    session.close();
  }
}

function short(results: readonly RecipientResult[]): string[] {
  return results.map(({ outcome, reply }) => `${outcome} ${reply.code} ${reply.enhanced}`);
}

async function sessionError(work: Promise<unknown>): Promise<SessionError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SessionError, `a SessionError was wanted, not ${String(error)}`);
  return error;
}

test('send() announces size and 8-bit octets, and the wishes for notices of each recipient (RFC 3461 section 4)', async (t) => {
  const host = await ScriptedHost.start(t);
  const mail = mailOf({
    envelopeId: 'QQ+2B1',
    returns: 'headers',
    recipients: [
      {
        address: 'ann@else.example',
        notify: ['success', 'delay'],
        originalRecipient: 'rfc822;a+2Bx@here.example',
      },
      { address: 'bob@else.example', notify: [], originalRecipient: undefined },
      { address: 'cid@else.example', notify: undefined, originalRecipient: undefined },
    ],
    message: latin1('Subject: h\xe9\r\n\r\n'),
  });
  assert.deepEqual(short(await sendBy(clientOf(), host.hop(), mail)), Array(3).fill('delivered 250 2.0.0'));
  assert.deepEqual(host.commands.slice(0, 6), [
    'EHLO mail.office.example',
    'MAIL FROM:<alice@office.example> BODY=8BITMIME SIZE=15 RET=HDRS ENVID=QQ+2B1',
    'RCPT TO:<ann@else.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bx@here.example',
    'RCPT TO:<bob@else.example> NOTIFY=NEVER',
    'RCPT TO:<cid@else.example>',
    'DATA',
  ]);
});

for (const pipelining of [true, false]) {
  test(`send() tells recipients apart that are taken, put off and refused, ${pipelining ? 'with' : 'without'} PIPELINING`, async (t) => {
    const host = await ScriptedHost.start(t);
    if (!pipelining) host.extensions = [];
    host.script = (command) => {
      if (command.startsWith('RCPT TO:<bob')) return '450 4.2.0 Later';
      return command.startsWith('RCPT TO:<cid') ? '550-5.1.1 Nobody\r\n550 5.1.1 here' : undefined;
    };
    const recipients = ['ann', 'bob', 'cid'].map((name) => ({
      address: `${name}@else.example`,
      notify: undefined,
      originalRecipient: undefined,
    }));
    const results = await sendBy(clientOf(), host.hop(), mailOf({ recipients }));
    assert.deepEqual(short(results), ['delivered 250 2.0.0', 'deferred 450 4.2.0', 'failed 550 5.1.1']);
    assert.equal(results[2]?.reply.text, 'Nobody here');
  });
}

test('a recipient who was put off stays so when the message is refused for the others', async (t) => {
  const host = await ScriptedHost.start(t);
  host.script = (command) => {
    if (command.startsWith('RCPT TO:<bob')) return '450 4.2.0 Later';
    return command === 'END' ? '554 5.7.1 Spam' : undefined;
  };
  assert.deepEqual(short(await sendBy(clientOf(), host.hop())), ['failed 554 5.7.1', 'deferred 450 4.2.0']);
});

test('the null sender, dot lines, a missing final line end and large messages arrive as they are (RFC 5321 section 4.5.2)', async (t) => {
  const host = await ScriptedHost.start(t);
  const session = await clientOf().open(host.hop());
  const large = `Subject: large\r\n\r\n${'.dot and more text\r\n'.repeat(45_000)}`;
  for (const text of ['Subject: x\r\n\r\n.\r\n..\r\n.end', large]) {
    await session.send(mailOf({ sender: '', message: latin1(text) }));
    const unstuffed = host.messages.at(-1)?.replaceAll(/^\./gm, '');
    assert.equal(unstuffed, text.endsWith('\r\n') ? text : `${text}\r\n`);
  }
  session.close();
  assert.equal(host.connections, 1);
  assert.ok(host.commands.includes('MAIL FROM:<> SIZE=25'));
});

for (const { name, extensions, mail, wanted } of [
  {
    name: 'too large for SIZE',
    extensions: ['SIZE 10'],
    mail: {},
    wanted: ['failed 0 5.3.4', 'failed 0 5.3.4'],
  },
  {
    name: '8-bit without 8BITMIME',
    extensions: [],
    mail: { message: latin1('\xe9') },
    wanted: ['failed 0 5.6.3', 'failed 0 5.6.3'],
  },
  {
    name: 'a UTF-8 sender without SMTPUTF8',
    extensions: [],
    mail: { sender: 'jürgen@office.example' },
    wanted: ['failed 0 5.6.7', 'failed 0 5.6.7'],
  },
  {
    name: 'one UTF-8 recipient without SMTPUTF8',
    extensions: [],
    mail: {
      recipients: ['ann@else.example', 'jürgen@else.example'].map((address) => ({
        address,
        notify: undefined,
        originalRecipient: undefined,
      })),
    },
    wanted: ['delivered 250 2.0.0', 'failed 0 5.6.7'],
  },
  {
    name: 'an address the protocol cannot carry',
    extensions: [],
    mail: {
      recipients: ['"a>b"@else.example', 'ann@else.example'].map((address) => ({
        address,
        notify: undefined,
        originalRecipient: undefined,
      })),
    },
    wanted: ['failed 0 5.1.3', 'delivered 250 2.0.0'],
  },
]) {
  test(`send() refuses itself what the host cannot take: ${name}`, async (t) => {
    const host = await ScriptedHost.start(t);
    host.extensions = extensions;
    assert.deepEqual(short(await sendBy(clientOf(), host.hop(), mailOf(mail))), wanted);
  });
}

test('words of the greeting line of EHLO are no extensions', async (t) => {
  const host = await ScriptedHost.start(t);
  host.script = (command) =>
    command.startsWith('EHLO') ? '250-mx.test DSN 8BITMIME\r\n250 HELP' : undefined;
  const session = await clientOf().open(host.hop());
  assert.equal(session.hasDsn, false);
  assert.deepEqual(short(await session.send(mailOf({ message: latin1('\xe9') }))), [
    'failed 0 5.6.3',
    'failed 0 5.6.3',
  ]);
  session.close();
});

test('a host that knows only HELO gets plain mail (RFC 5321 section 3.2)', async (t) => {
  const host = await ScriptedHost.start(t);
  host.script = (command) => (command.startsWith('EHLO') ? '502 5.5.1 What?' : undefined);
  assert.deepEqual(short(await sendBy(clientOf(), host.hop())), [
    'delivered 250 2.0.0',
    'delivered 250 2.0.0',
  ]);
});

const STEPS = ['greeting', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'END'] as const;
const FAULTS = {
  closes: 'close',
  'says nothing': 'hang',
  'says 421': '421 4.3.2 Going down',
  'says 451': '451 4.3.0 Trouble',
  'says 554': '554 5.0.0 No',
  'talks nonsense': 'nonsense',
} as const;

/** A host with a fault at one step, and what came of it. */
async function withFault(
  t: TestContext,
  step: (typeof STEPS)[number],
  fault: keyof typeof FAULTS,
): Promise<string[] | SessionError> {
  const host = await ScriptedHost.start(t);
  if (step === 'greeting') host.greeting = FAULTS[fault];
  else host.script = (command) => (command.startsWith(step) ? FAULTS[fault] : undefined);
  try {
    return short(await sendBy(hasty, host.hop()));
  } catch (error) {
    if (error instanceof SessionError) return error;
    throw error;
  }
}

for (const step of STEPS) {
  for (const fault of Object.keys(FAULTS) as (keyof typeof FAULTS)[]) {
    test(`a host that ${fault} at ${step} delivers nothing and breaks nothing`, async (t) => {
      const result = await withFault(t, step, fault);
      if (result instanceof SessionError) {
        assert.notEqual(step, 'END', 'what was handed over must not go to the next host');
        return;
      }
      const expected = fault === 'says 554' ? 'failed' : 'deferred';
      assert.ok(['MAIL', 'RCPT', 'DATA', 'END', 'EHLO'].includes(step));
      if (step === 'EHLO') assert.deepEqual(result, ['delivered 250 2.0.0', 'delivered 250 2.0.0']);
      else for (const one of result) assert.match(one, new RegExp(`^${expected} `));
    });
  }
}

test('a host that says an octet now and then is not waited for longer than a message may take', async (t) => {
  const host = await ScriptedHost.start(t);
  host.script = (command) => (command.startsWith('MAIL') ? 'hang' : undefined);
  const client = clientOf({
    limits: { ...limits, command: Milliseconds(60_000), message: Milliseconds(400) },
  });
  assert.match((await sessionError(sendBy(client, host.hop()))).message, /it took too long/);
});

test('a reply without end closes the connection', async (t) => {
  const host = await ScriptedHost.start(t);
  host.script = (command) => (command.startsWith('MAIL') ? '250-more\r\n'.repeat(100_000) : undefined);
  await sessionError(sendBy(hasty, host.hop()));
});

test('a host that cannot take EHLO now is tried later, not spoken to as one that knows only HELO', async (t) => {
  const host = await ScriptedHost.start(t);
  host.script = (command) => (command.startsWith('EHLO') ? '450 4.3.2 Not now' : undefined);
  const error = await sessionError(sendBy(clientOf(), host.hop()));
  assert.deepEqual(error.reply, { code: 450, enhanced: '4.3.2', text: 'Not now' });
  assert.deepEqual(host.commands, ['EHLO mail.office.example']);
});

test('a host that hangs up between two commands is noticed at once', async (t) => {
  // Everything it is going to say, before it was asked, and the end.
  const host = createServer((socket) => {
    socket.on('error', () => {});
    socket.end('220 mx.test\r\n250 mx.test\r\n250 Good\r\n250 Good\r\n250 Good\r\n');
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  t.after(() => host.close());
  const { port } = host.address() as AddressInfo;
  const hop = {
    host: 'localhost',
    address: parseIpv4('127.0.0.1'),
    port,
    tls: 'none',
    verify: false,
  } as const;
  const error = await sessionError(sendBy(clientOf(), { ...hop, login: undefined }));
  assert.match(error.message, /closed unexpectedly|Unexpected Response/);
});

test('a host that answers DATA with anything but 354 never sees the message, whose lines could be commands to it (RFC 5321 section 4.1.1.4)', async (t) => {
  const host = await ScriptedHost.start(t);
  for (const extensions of [[], ['PIPELINING']]) {
    host.extensions = extensions;
    host.script = (command) => (command === 'DATA' ? '250 2.0.0 Fine' : undefined);
    const error = await sessionError(sendBy(hasty, host.hop()));
    assert.match(error.message, /it answered DATA with 250 2\.0\.0 Fine/);
  }
  assert.ok(!host.commands.includes('Subject: hello'));
});

test('encryption is used where it is offered, whoever the host is', async (t) => {
  const host = await ScriptedHost.start(t);
  host.extensions = ['STARTTLS', 'PIPELINING'];
  const session = await clientOf().open(host.hop({ tls: 'opportunistic' }));
  assert.equal(session.isEncrypted, true);
  assert.deepEqual(short(await session.send(mailOf())), ['delivered 250 2.0.0', 'delivered 250 2.0.0']);
  session.close();
  assert.deepEqual(host.commands.slice(0, 3), [
    'EHLO mail.office.example',
    'STARTTLS',
    'EHLO mail.office.example',
  ]);
});

test('a host that refuses STARTTLS is sent to without it, unless encryption is demanded', async (t) => {
  const host = await ScriptedHost.start(t);
  host.extensions = ['STARTTLS'];
  host.script = (command) => (command === 'STARTTLS' ? '454 4.7.0 Not now' : undefined);
  assert.deepEqual(short(await sendBy(clientOf(), host.hop({ tls: 'opportunistic' }))), [
    'delivered 250 2.0.0',
    'delivered 250 2.0.0',
  ]);
  await sessionError(sendBy(clientOf(), host.hop({ tls: 'starttls' })));
  host.extensions = [];
  host.script = (command) => (command === 'STARTTLS' ? '502 5.5.1 What?' : undefined);
  await sessionError(sendBy(clientOf(), host.hop({ tls: 'starttls' })));
});

test('a failed handshake is told apart: the mail may be tried in the open', async (t) => {
  const host = await ScriptedHost.start(t);
  host.extensions = ['STARTTLS'];
  for (const badHandshake of ['this is no TLS at all, not even nearly\r\n', '']) {
    host.badHandshake = badHandshake;
    const error = await sessionError(sendBy(hasty, host.hop({ tls: 'opportunistic' })));
    assert.equal(error.isTls, true, error.message);
  }
});

test('a certificate of somebody else is refused where it must be valid', async (t) => {
  const host = await ScriptedHost.start(t);
  host.extensions = ['STARTTLS'];
  const error = await sessionError(sendBy(clientOf(), host.hop({ tls: 'starttls', verify: true })));
  assert.equal(error.isTls, true, error.message);
  assert.match(error.message, /: self-signed certificate in certificate chain$/);
  const trusting = clientOf({ authorities: [identity.cert] });
  assert.deepEqual(short(await sendBy(trusting, host.hop({ tls: 'starttls', verify: true }))), [
    'delivered 250 2.0.0',
    'delivered 250 2.0.0',
  ]);
  const other = await sessionError(
    sendBy(trusting, host.hop({ tls: 'starttls', verify: true, host: 'mx.other.example' })),
  );
  assert.equal(other.isTls, true, other.message);
});

test('a smart host gets name and password under TLS from the start; a refused login makes the mail wait', async (t) => {
  const host = await ScriptedHost.start(t);
  host.isImplicit = true;
  const client = clientOf({ authorities: [identity.cert] });
  const hop = host.hop({ tls: 'implicit', verify: true, login: { user: 'office', password: 'se cret' } });
  assert.deepEqual(short(await sendBy(client, hop)), ['delivered 250 2.0.0', 'delivered 250 2.0.0']);
  assert.equal(host.commands[1], `AUTH PLAIN ${Buffer.from('\0office\0se cret').toString('base64')}`);
  host.script = (command) => (command.startsWith('AUTH') ? '535 5.7.8 Wrong' : undefined);
  const error = await sessionError(sendBy(client, hop));
  assert.equal(error.reply.code, 535);
  assert.doesNotMatch(error.message, /se cret/);
});

test('nobody there is said in one sentence', async () => {
  const error = await sessionError(
    hasty.open({
      host: 'mx.else.example',
      address: 0x7f000001 as never,
      port: 1,
      tls: 'none',
      verify: false,
      login: undefined,
    }),
  );
  assert.equal(error.reply.enhanced, '4.4.1');
  assert.match(error.reply.text, /^Cannot reach mx\.else\.example \(127\.0\.0\.1\) port 1: /);
});

test('whatever a host says, a session ends with results or a SessionError', async (t) => {
  const host = await ScriptedHost.start(t);
  const reply = fc.oneof(
    fc.constantFrom(
      '250',
      '250-',
      '250 ',
      '2',
      '999 x',
      '250-a\r\n350 b',
      '354 go',
      '550 5.1.1',
      '421 bye',
      '\0\x80',
      'close',
      '334 x',
      '220 x\r\n220 y',
    ),
    fc.string({ unit: 'binary-ascii', maxLength: 30 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(reply, { maxLength: 6 }), async (replies) => {
      const left = [...replies];
      host.greeting = left.shift() ?? '220 hi';
      host.script = () => left.shift();
      try {
        for (const { outcome } of await sendBy(hasty, host.hop()))
          assert.ok(['delivered', 'deferred', 'failed'].includes(outcome));
      } catch (error) {
        assert.ok(error instanceof SessionError, String(error));
      }
    }),
    { numRuns: 40 },
  );
});
