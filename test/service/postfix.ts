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
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { TestContext } from 'node:test';
import { freePort } from '../fake/free-port.ts';
import { Program } from '../lab/program.ts';
import { outputOf } from '../lab/run-command.ts';
import { waitFor } from '../lab/wait-for.ts';
import { postfixMain, postfixMaster } from './postfix-settings.ts';

/** For `skip` of a test: Postfix starts its parts as other users. */
export const withoutPostfix: string | false =
  process.getuid?.() === 0 ? false : 'Postfix must be started by root';

/** Domain of the mailboxes that it has: any name is one of them, and all their mail is in one place. */
const MAILBOXES = `
virtual_mailbox_domains = elsewhere.example
virtual_mailbox_base = MAIL
virtual_mailbox_maps = static:inbox/
virtual_mailbox_limit = 0
virtual_uid_maps = static:OWNER
virtual_gid_maps = static:OWNER
`;

export interface Postfix {
  readonly port: number;
  readonly log: () => string;
  /** Messages for elsewhere.example, lines ended by LF. */
  readonly mail: () => string[];
}

/**
 * Starts a real mail server in a directory of its own on loopback, ended with the test. It keeps mail for elsewhere.example; `settings` are lines of its main.cf.
 * With an `identity` it speaks TLS.
 */
export async function startPostfix(
  t: TestContext,
  settings: string,
  identity?: { readonly key: string; readonly cert: string },
): Promise<Postfix> {
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-postfix-'));
  const inside = (name: string): string => join(directory, name);
  chmodSync(directory, 0o755);
  for (const folder of ['conf', 'queue', 'data', 'mail']) mkdirSync(inside(folder));
  chownSync(inside('data'), Number(await outputOf(['id', '-u', 'postfix'])), 0);
  const owner = Number(await outputOf(['id', '-u', 'nobody']));
  chownSync(inside('mail'), owner, owner);
  const port = await freePort();
  writeFileSync(inside('conf/master.cf'), postfixMaster(port));
  const tls =
    identity === undefined
      ? ''
      : `smtpd_tls_chain_files = ${inside('conf/tls.pem')}\nsmtpd_tls_security_level = may\nsmtpd_tls_received_header = yes\n`;
  if (identity !== undefined) writeFileSync(inside('conf/tls.pem'), identity.key + identity.cert);
  writeFileSync(
    inside('conf/main.cf'),
    `${postfixMain(directory, '127.0.0.1')}
message_size_limit = 100000000
${MAILBOXES.replace('MAIL', inside('mail')).replaceAll('OWNER', String(owner))}${tls}${settings}
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
