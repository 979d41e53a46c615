import { chmodSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { Timestamp } from '../../src/base/instant.ts';
import { UserError } from '../../src/base/errors.ts';
import { makeIdentity } from '../fake/make-identity.ts';
import { Program } from '../lab/program.ts';
import { Dovecot } from '../service/pop3/dovecot.ts';
import type { Figure } from './figure.ts';
import { MailOutClient } from './mail-out-client.ts';
import type { MailOutPorts } from './mail-out-program.ts';
import { slowReaders } from './mail-out-slow.ts';
import { mailText } from './mail-text.ts';
import { cpuSeconds } from './process-use.ts';
import { processTree } from './process-tree.ts';
import { POST_FLAGS } from '../../src/role/post-flags.ts';

const MESSAGES = 10_000;
const SIZE = 8192;
const ROUNDS = 7;
const LOGINS = 7;
/** Users who each read one large message at a time, slowly. */
const READERS = Array.from({ length: 10 }, (_, index) => `reader${index}`);
const IDLE_MEMORY = 'PSS, 10 users logged in';
const LARGE = 25 * 2 ** 20;
const PATIENCE = 600_000;
const TMPFS = 0x0102_1994;
/** As the roles run. */
const FLAGS = [...POST_FLAGS, '--disable-warning=ExperimentalWarning'];

interface Server {
  readonly pid: number;
  readonly ports: MailOutPorts;
  stop(): Promise<void>;
}

/** Figures of one server, by name. */
type Measured = Map<string, { readonly unit: string; readonly values: number[] }>;

/**
 * Mail read by POP3 from a mailbox of ten thousand messages: what a message costs all processes of the server, and how long a login takes. Both servers
 * have the mail on the same disk, in the page cache, and check a readable password.
 */
export async function mailOutBench(): Promise<readonly Figure[]> {
  if (Dovecot.hindrance !== undefined) throw new UserError(`Cannot measure mail out: ${Dovecot.hindrance}`);
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-mail-out-'));
  // Dovecot's processes reach their mail as other users.
  chmodSync(directory, 0o755);
  if (statfsSync(directory).type === TMPFS)
    throw new UserError(`Cannot measure mail out: ${directory} is in memory, a disk is wanted`);
  try {
    return figuresOf(await compareServers([await startOurs(directory), await startDovecot(directory)]));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function compareServers(servers: readonly Server[]): Promise<readonly Measured[]> {
  const compared = servers.map((server) => ({ server, measured: new Map() as Measured }));
  try {
    for (let round = 0; round < ROUNDS; round++)
      for (const { server, measured } of compared) await measure(server, measured);
  } finally {
    for (const server of servers) await server.stop();
  }
  return compared.map(({ measured }) => measured);
}

async function startOurs(directory: string): Promise<Server> {
  const data = join(directory, 'data');
  mkdirSync(data);
  const program = new Program(
    'mail-out',
    [
      process.execPath,
      ...FLAGS,
      join(import.meta.dirname, 'mail-out-program.ts'),
      data,
      String(MESSAGES),
      String(SIZE),
      String(LARGE),
      ...READERS,
    ],
    { logPath: join(directory, 'mail-out.log'), env: { MALLOC_ARENA_MAX: '1' } },
  );
  const [, ports = ''] = await program.line(/^ports (.*)$/m, PATIENCE);
  return {
    pid: program.pid,
    ports: JSON.parse(ports) as MailOutPorts,
    stop: async () => void (await program.stop()),
  };
}

async function startDovecot(directory: string): Promise<Server> {
  const identity = makeIdentity('mail.office.example', Timestamp(Date.now()));
  const dovecot = await Dovecot.start({ directory, identity });
  dovecot.addMailbox(
    'alice',
    Array.from({ length: MESSAGES }, (_, index) => ({
      uid: `m${100_000 + index}`,
      content: mailText(SIZE, index),
    })),
  );
  const large = [{ uid: 'm1', content: mailText(LARGE, 0) }];
  for (const reader of READERS) dovecot.addMailbox(reader, large);
  const ports = { plain: dovecot.port, tls: dovecot.tlsPort };
  return { pid: dovecot.pid, ports, stop: () => dovecot[Symbol.asyncDispose]() };
}

async function measure(server: Server, measured: Measured): Promise<void> {
  const note = (name: string, unit: string, value: number): void => {
    const known = measured.get(name) ?? { unit, values: [] };
    known.values.push(value);
    measured.set(name, known);
  };
  if (measured.size === 0) note('first login', 'ms', await login(server));
  for (let n = 0; n < LOGINS; n++) note('login', 'ms', await login(server));
  note('CPU of a login', 'ms', ((await cpuOf(server, () => logins(server))) / LOGINS) * 1e3);
  for (const isTls of [false, true]) {
    const name = isTls ? 'with TLS' : 'without TLS';
    const begun = performance.now();
    const cpu = await cpuOf(server, () => fetchAll(server, isTls));
    note(`CPU of a message ${name}`, 'us', (cpu / MESSAGES) * 1e6);
    note(`messages ${name}`, '/s', MESSAGES / ((performance.now() - begun) / 1e3));
  }
  if (measured.has(IDLE_MEMORY)) return;
  const { idle, reading } = await slowReaders({ ...server, users: READERS, octets: LARGE });
  note(IDLE_MEMORY, 'MiB', idle);
  note('PSS, they read 25 MiB slowly', 'MiB', reading);
}

/** CPU seconds of all processes of the server, those included that end with the connection. */
async function cpuOf(server: Server, act: () => Promise<void>): Promise<number> {
  const before = cpuSeconds(processTree(server.pid));
  await act();
  // A child that has ended counts when its parent has waited for it.
  await new Promise((resolve) => setTimeout(resolve, 500));
  return cpuSeconds(processTree(server.pid)) - before;
}

async function login({ ports }: Server): Promise<number> {
  const client = await MailOutClient.connect(ports.plain, false);
  const milliseconds = await client.login('alice');
  await client.quit();
  return milliseconds;
}

async function logins(server: Server): Promise<void> {
  for (let n = 0; n < LOGINS; n++) await login(server);
}

/** As mail programs do: one message after the other, each asked for when the last one is there. */
async function fetchAll({ ports }: Server, isTls: boolean): Promise<void> {
  const client = await MailOutClient.connect(isTls ? ports.tls : ports.plain, isTls);
  await client.login('alice');
  await client.ask('UIDL', true);
  await client.ask('LIST', true);
  for (let number = 1; number <= MESSAGES; number++) await client.ask(`RETR ${number}`, true);
  if (client.octets < MESSAGES * SIZE) throw new Error(`Only ${client.octets} octets came`);
  await client.quit();
}

function figuresOf([ours, theirs]: readonly Measured[]): Figure[] {
  return [...(ours ?? [])].map(([name, { unit, values }]) => ({
    bench: 'mail-out',
    name,
    unit,
    ours: values,
    peers: { Dovecot: theirs?.get(name)?.values ?? [] },
  }));
}
