import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { Program } from '../../lab/program.ts';
import { outputOf } from '../../lab/run-command.ts';
import { waitFor } from '../../lab/wait-for.ts';
import { startTestSmtp } from './running-smtp.ts';

// A real mail server that sends to us, in a directory of its own on loopback.
const run = promisify(execFile);
const skip = process.getuid?.() === 0 ? false : 'Postfix must be started by root';

const MASTER = `
PORT      inet       n  -  n  -      -  smtpd
pickup    unix       n  -  n  60     1  pickup
cleanup   unix       n  -  n  -      0  cleanup
qmgr      unix       n  -  n  300    1  qmgr
tlsmgr    unix       -  -  n  1000?  1  tlsmgr
rewrite   unix       -  -  n  -      -  trivial-rewrite
bounce    unix       -  -  n  -      0  bounce
defer     unix       -  -  n  -      0  bounce
trace     unix       -  -  n  -      0  bounce
smtp      unix       -  -  n  -      -  smtp
anvil     unix       -  -  n  -      1  anvil
scache    unix       -  -  n  -      1  scache
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

/** Starts a Postfix that sends everything to `relay`; its port, and its log. */
async function startPostfix(
  t: TestContext,
  relay: number,
): Promise<{ port: number; log: () => Promise<string> }> {
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-postfix-'));
  const inside = (name: string): string => join(directory, name);
  chmodSync(directory, 0o755);
  for (const folder of ['conf', 'queue', 'data']) mkdirSync(inside(folder));
  chownSync(inside('data'), Number(await outputOf(['id', '-u', 'postfix'])), 0);
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
myhostname = mx.world.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
relayhost = [127.0.0.1]:${relay}
smtp_tls_security_level = may
smtp_tls_loglevel = 1
alias_maps =
local_recipient_maps =
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
  return { port, log: () => outputOf(['cat', inside('mail.log')]) };
}

async function swaks(port: number, ...more: readonly string[]): Promise<void> {
  await run('swaks', [
    '--server',
    '127.0.0.1',
    '--port',
    String(port),
    '--from',
    'bob@world.example',
    ...more,
  ]);
}

test(
  'Postfix sends to us with TLS, 8-bit text and dots, several recipients at once, and gets back what we refuse',
  { skip },
  async (t) => {
    const { mx, store } = await startTestSmtp(t);
    const { port, log } = await startPostfix(t, mx);
    const body = 'gr\u00fc\u00dfe\n.\n..dots\n';
    await swaks(port, '--to', 'alice@office.example,bob@office.example', '--body', body);
    await waitFor('the message', () => store.deliveries.length === 1);
    const [delivery] = store.deliveries;
    assert.deepEqual(delivery?.envelope, { sender: 'bob@world.example', users: ['alice', 'bob'] });
    assert.match(
      delivery?.text ?? '',
      /Received: from mx\.world\.example \(\[127\.0\.0\.1\]\)\r\n\tby mail\.office\.example with ESMTPS\r\n[^]*\r\n\r\ngr\xc3\xbc\xc3\x9fe\r\n\.\r\n\.\.dots\r\n/,
    );
    await swaks(port, '--to', 'nobody@office.example');
    // The bounce of Postfix to bob@world.example comes to us too, who are its relay, and is refused as well.
    await waitFor('the bounce', async () => /status=bounced .*5\.1\.1 There is no mailbox/.test(await log()));
    assert.match(await log(), /status=sent \(250 2\.6\.0 Stored as /);
  },
);
