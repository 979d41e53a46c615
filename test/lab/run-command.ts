import { spawn } from 'node:child_process';
import { PROGRAM_ENVIRONMENT } from './program-environment.ts';

const COMMAND_PATIENCE = 120_000;

export interface CommandResult {
  /** Exit code; 128 plus the signal's effect is never used, a killed command has -1. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly input?: string | Buffer;
  readonly patience?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command to its end, whatever its exit code. */
export function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [command = '', ...args] = argv;
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...PROGRAM_ENVIRONMENT, ...options.env },
    timeout: options.patience ?? COMMAND_PATIENCE,
    killSignal: 'SIGKILL',
    // Its own process group: Ctrl-C in the terminal reaches the lab, which then ends things in order.
    detached: true,
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A command that ends without reading its input breaks the pipe; its exit code tells what matters.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({
        status: code ?? -1,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
  });
}

/** Runs a command that must succeed and returns its standard output. */
export async function outputOf(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { status, stdout, stderr } = await runCommand(argv, options);
  if (status !== 0)
    throw new Error(`Cannot run "${argv.join(' ')}": it ended with ${status}\n${stderr}${stdout}`.trim());
  return stdout;
}
