import { chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { freePort } from '../fake/free-port.ts';
import { outputOf } from '../lab/run-command.ts';
import { Program } from '../lab/program.ts';
import { waitFor } from '../lab/wait-for.ts';
import { postfixMaster } from '../service/postfix-settings.ts';
import { officePostfix } from './peer-settings.ts';
import { POST_FLAGS } from '../../src/role/post-flags.ts';

/** As the roles run. */
const FLAGS = [...POST_FLAGS, '--disable-warning=ExperimentalWarning'];
const NOBODY = 65_534;

/** A server that takes mail on 127.0.0.1. */
export interface MailInServer extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  /** Waits until so many messages since its start are where their readers find them. */
  delivered(messages: number): Promise<void>;
}

/** Gatepost on a directory: what it has said 250 to is delivered. */
export async function startOurs(directory: string, logPath: string): Promise<MailInServer> {
  const program = new Program(
    'mail-in',
    [process.execPath, ...FLAGS, join(import.meta.dirname, 'mail-in-program.ts'), directory],
    { logPath, env: { MALLOC_ARENA_MAX: '1', NODE_ENV: 'production' } },
  );
  const [, port] = await program.line(/^port (\d+)$/m);
  return {
    name: 'Gatepost',
    port: Number(port),
    pid: program.pid,
    delivered: () => Promise.resolve(),
    [Symbol.asyncDispose]: async () => void (await program.stop()),
  };
}

/** Postfix with Maildir folders, everything in one directory. */
export async function startPostfix(directory: string, logPath: string): Promise<MailInServer> {
  const port = await freePort();
  const postfixUser = Number(await outputOf(['id', '-u', 'postfix']));
  const inside = (name: string): string => join(directory, name);
  for (const folder of ['postfix', 'queue', 'data', 'mail']) mkdirSync(inside(folder), { mode: 0o755 });
  chownSync(inside('data'), postfixUser, 0);
  chownSync(inside('mail'), NOBODY, NOBODY);
  // No TLS in this load, on neither side.
  const settings = officePostfix(directory, '127.0.0.1').replaceAll(/^smtpd_tls_.*\n/gm, '');
  writeFileSync(inside('postfix/main.cf'), settings);
  writeFileSync(inside('postfix/master.cf'), postfixMaster(port));
  const program = new Program('postfix', ['postfix', '-c', inside('postfix'), 'start-fg'], { logPath });
  await waitFor('Postfix', async () => (await outputOf(['ss', '-Hltn', `sport = ${port}`])) !== '');
  const folder = inside('mail/alice/new');
  return {
    name: 'Postfix+Maildir',
    port,
    pid: program.pid,
    delivered: async (messages) => {
      await waitFor('delivery', () => filesIn(folder) >= messages, 600_000);
    },
    [Symbol.asyncDispose]: async () => {
      await outputOf(['postfix', '-c', inside('postfix'), 'stop']);
      await program.ended;
    },
  };
}

function filesIn(folder: string): number {
  try {
    return readdirSync(folder).length;
  } catch {
    return 0;
  }
}
