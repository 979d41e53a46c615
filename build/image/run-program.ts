import { spawn } from 'node:child_process';
import process from 'node:process';
import { UserError } from '../../src/base/errors.ts';

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** What says how a registry is reached; it does not get into what is made. */
const WAY_OUT =
  /^(?:https?_proxy|no_proxy|npm_config_(?:registry|cache|userconfig|cafile)|NODE_EXTRA_CA_CERTS)$/i;

/** How much of what a failed program said is shown. */
const SHOWN = 2000;

/**
 * Runs a program to its end and returns what it printed. Time zone, language and the rest of the environment are the same everywhere,
 * so that nothing of the machine gets into what it makes. @throws UserError with what the program said
 */
export async function runProgram(argv: readonly string[], options: ProgramOptions = {}): Promise<Buffer> {
  const [command = '', ...args] = argv;
  const { PATH = '', HOME = '/' } = process.env;
  const ways = Object.entries(process.env).filter(([name]) => WAY_OUT.test(name));
  const child = spawn(command, args, {
    cwd: options.cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...Object.fromEntries(ways),
      PATH: `${PATH}:/usr/sbin:/sbin`,
      HOME,
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
      ...options.env,
    },
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A program that ends without reading its input breaks the pipe; its exit code tells what matters.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => reject(cannotStart(command, error)));
    child.on('close', resolve);
  });
  if (code === 0) return Buffer.concat(stdout);
  const said = Buffer.concat([...stderr, ...stdout])
    .toString()
    .trim()
    .slice(-SHOWN);
  throw new UserError(`Cannot go on: "${argv.join(' ').slice(0, SHOWN)}" ended with ${code}: ${said}`);
}

function cannotStart(command: string, error: Error): Error {
  return 'code' in error && error.code === 'ENOENT'
    ? new UserError(
        `Cannot run "${command}": it is not installed; the Debian packages of build/apt-packages-image.txt bring it`,
      )
    : error;
}
