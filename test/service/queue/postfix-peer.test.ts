import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { latin1 } from '../../../src/base/text.ts';
import { NodeClock } from '../../../src/io/node/clock.ts';
import { NodeRandom } from '../../../src/io/node/random.ts';
import { openMailStore } from '../../../src/service/mail-store/mail-store.ts';
import { NodeSmtpClient } from '../../../src/service/queue/smtp-client.ts';
import { startQueue } from '../../../src/service/queue/start-queue.ts';
import { FakeNames } from '../../fake/fake-names.ts';
import { MemoryFiles } from '../../fake/memory-files.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import { Program } from '../../lab/program.ts';
import { outputOf } from '../../lab/run-command.ts';
import { waitFor } from '../../lab/wait-for.ts';
import { OPTIONS } from './running-queue.ts';
import { identity } from './scripted-host.ts';
import { wholeContent } from '../../fake/whole-content.ts';

// A real mail server that we send to, in a directory of its own on loopback.
const skip = process.getuid?.() === 0 ? false : 'Postfix must be started by root';

const MASTER = `
PORT      inet       n  -  n  -      -  smtpd
cleanup   unix       n  -  n  -      0  cleanup
qmgr      unix       n  -  n  300    1  qmgr
tlsmgr    unix       -  -  n  1000?  1  tlsmgr
rewrite   unix       -  -  n  -      -  trivial-rewrite
bounce    unix       -  -  n  -      0  bounce
defer     unix       -  -  n  -      0  bounce
trace     unix       -  -  n  -      0  bounce
virtual   unix       -  n  n  -      -  virtual
anvil     unix       -  -  n  -      1  anvil
proxymap  unix       -  -  n  -      -  proxymap
postlog   unix-dgram n  -  n  -      1  postlogd
`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a Postfix that keeps all mail for elsewhere.example but that for `refused` and `later`; its port, its log and what it has. */
async function startPostfix(
  t: TestContext,
): Promise<{ port: number; log: () => string; mail: () => string[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-postfix-'));
  const inside = (name: string): string => join(directory, name);
  chmodSync(directory, 0o755);
  for (const folder of ['conf', 'queue', 'data', 'mail']) mkdirSync(inside(folder));
  const uid = Number(await outputOf(['id', '-u', 'postfix']));
  chownSync(inside('data'), uid, 0);
  const owner = Number(await outputOf(['id', '-u', 'nobody']));
  chownSync(inside('mail'), owner, owner);
  writeFileSync(inside('conf/tls.pem'), identity.key + identity.cert);
  const port = await freePort();
  writeFileSync(inside('conf/master.cf'), MASTER.replace('PORT', String(port)));
  writeFileSync(
    inside('conf/main.cf'),
    `
compatibility_level = 3.6
queue_directory = ${inside('queue')}
data_directory = ${inside('data')}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = ${inside('mail.log')}
maillog_file_prefixes = ${directory}
myhostname = mx.elsewhere.example
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_tls_chain_files = ${inside('conf/tls.pem')}
smtpd_tls_security_level = may
smtpd_tls_received_header = yes
virtual_mailbox_domains = elsewhere.example
virtual_mailbox_base = ${inside('mail')}
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:${owner}
virtual_gid_maps = static:${owner}
smtpd_recipient_restrictions = check_recipient_access inline:{ {refused@elsewhere.example = 550 5.7.1 Not you}, {later@elsewhere.example = 450 4.7.1 Not now} }, reject_unauth_destination
alias_maps =
`,
  );
  const program = new Program('postfix', ['postfix', '-c', inside('conf'), 'start-fg'], {
    logPath: inside('out.log'),
  });
  t.after(async () => {
    await outputOf(['postfix', '-c', inside('conf'), 'stop']);
    await program.ended;
    rmSync(directory, { recursive: true });
  });
  await waitFor('Postfix', async () => (await outputOf(['ss', '-Hltn', `sport = ${port}`])) !== '');
  const inbox = inside('mail/inbox/new');
  return {
    port,
    log: () => readFileSync(inside('mail.log'), 'utf8'),
    mail: () =>
      existsSync(inbox) ? readdirSync(inbox).map((name) => readFileSync(join(inbox, name), 'latin1')) : [],
  };
}

test(
  'Postfix takes our mail under TLS, byte for byte, one transaction for all recipients; what it refuses comes back, what it puts off stays',
  { skip },
  async (t) => {
    const { port, log, mail } = await startPostfix(t);
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
