import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { BoxStatus, LeaseStatus } from '../../src/port/box.ts';
import type { HealthReport } from '../../src/port/health-report.ts';
import { type ConfigFile, boxConfig } from './box-config.ts';
import type { Namespace } from './namespace.ts';
import type { Program, ProgramEnd } from './program.ts';
import type { CommandOptions, CommandResult } from './run-command.ts';
import { waitFor } from './wait-for.ts';

export const BUNDLE = join(import.meta.dirname, '../../dist/gatepost');

export const ROLES = ['net', 'post', 'web'] as const;
export type Role = (typeof ROLES)[number];

/** Gatepost as built, in a namespace. Its data stay when it ends, so that it can be started again on them. */
export class Box {
  readonly namespace: Namespace;
  readonly configPath: string;
  readonly dataPath: string;
  readonly runPath: string;
  /** Further options of `gatepost run`. */
  options: readonly string[] = [];
  /** Whether the configuration is a file of the command line; else it is the one in the data directory. */
  isConfigGiven = true;
  #program: Program | undefined;

  constructor(namespace: Namespace, config: ConfigFile = boxConfig()) {
    this.namespace = namespace;
    this.configPath = namespace.file('config.json');
    this.dataPath = namespace.file('data');
    this.runPath = namespace.file('run');
    mkdirSync(this.dataPath, { recursive: true });
    this.configure(config);
  }

  /** Makes a box and waits until it is ready. */
  static async start(namespace: Namespace, config?: ConfigFile): Promise<Box> {
    const box = new Box(namespace, config);
    await box.start();
    return box;
  }

  /** Replaces the configuration file; the box reads it at its next start. */
  configure(config: ConfigFile): void {
    writeFileSync(this.configPath, JSON.stringify(config, undefined, 2));
  }

  /** The running (or last) `gatepost run`; its log is the box's output. */
  get program(): Program {
    if (this.#program === undefined) throw new Error('Cannot use the box: it has not been started');
    return this.#program;
  }

  /** Starts the program without waiting. */
  launch(): Program {
    const given = this.isConfigGiven ? ['--config', this.configPath] : [];
    const paths = [...given, '--data', this.dataPath, '--run', this.runPath];
    this.#program = this.namespace.start('gatepost', [BUNDLE, 'run', ...paths, ...this.options]);
    return this.#program;
  }

  /** Starts the box and returns the milliseconds from exec to `gatepost ready`. */
  async start(): Promise<number> {
    const begun = performance.now();
    await this.launch().line(/^gatepost ready$/m);
    return performance.now() - begun;
  }

  /** Ends the box in order, as an update or a reboot does. */
  stop(): Promise<ProgramEnd> {
    return this.program.stop();
  }

  /** Pulls the plug: every process of the box dies at once, without a last word. */
  async crash(): Promise<void> {
    await waitFor('the end of every process of the box', async () => {
      const pids = await this.pids();
      for (const pid of pids) killIfThere(pid);
      return pids.length === 0;
    });
    await this.program.ended;
  }

  status(): Promise<BoxStatus> {
    return this.json('status') as Promise<BoxStatus>;
  }

  leases(): Promise<readonly LeaseStatus[]> {
    return this.json('leases') as Promise<readonly LeaseStatus[]>;
  }

  health(): Promise<HealthReport> {
    return this.json('health') as Promise<HealthReport>;
  }

  /** Waits until the WAN has its address, and returns the status then. */
  online(): Promise<BoxStatus> {
    return waitFor('the WAN address of the box', async () => {
      const status = await this.status();
      return status.wan.address !== null && status;
    });
  }

  /** The processes of the roles, by what they are told to be on their command line. */
  async rolePids(): Promise<ReadonlyMap<Role, number>> {
    const found = new Map<Role, number>();
    for (const pid of await this.pids()) {
      const role = roleOf(pid);
      if (role !== undefined) found.set(role, pid);
    }
    return found;
  }

  /** Kills one role with SIGKILL and returns the pid it had. */
  async killRole(role: Role): Promise<number> {
    const pid = (await this.rolePids()).get(role);
    if (pid === undefined) throw new Error(`Cannot kill the role ${role}: it is not running`);
    process.kill(pid, 'SIGKILL');
    return pid;
  }

  /** Runs a command of the `gatepost` program against this box. */
  cli(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return this.namespace.run([BUNDLE, ...argv, '--run', this.runPath], options);
  }

  /** What a reading command says with `--json`. */
  async json(...argv: readonly string[]): Promise<unknown> {
    const text = await this.namespace.output([BUNDLE, ...argv, '--json', '--run', this.runPath]);
    return JSON.parse(text);
  }

  /** Applies a configuration as its owner would. @throws Error with what the command says when it is refused */
  async apply(config: ConfigFile): Promise<void> {
    const file = this.namespace.file('new.json');
    writeFileSync(file, JSON.stringify(config));
    const { status, stderr } = await this.cli(['config', 'apply', file]);
    if (status !== 0) throw new Error(stderr);
  }

  /** Pids of everything that belongs to the box: the program and what descends from it. */
  async pids(): Promise<number[]> {
    return (await this.namespace.pids()).filter((pid) => commandLine(pid).includes('dist/gatepost'));
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function roleOf(pid: number): Role | undefined {
  const [, name] = / --role (\w+) /.exec(commandLine(pid)) ?? [];
  return ROLES.find((role) => role === name);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It fell with its parent.
  }
}
