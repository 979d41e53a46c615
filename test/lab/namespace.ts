import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from './program.ts';
import { type CommandOptions, type CommandResult, outputOf, runCommand } from './run-command.ts';

/** A host of the lab: its own devices, routes, sockets, firewall and resolv.conf. */
export class Namespace {
  /** Name within the lab, such as `isp`. */
  readonly name: string;
  /** Name the kernel's reference tools know it by. */
  readonly kernelName: string;
  /** Its logs and files. */
  readonly directory: string;

  constructor(name: string, kernelName: string, directory: string) {
    this.name = name;
    this.kernelName = kernelName;
    this.directory = directory;
  }

  async create(): Promise<void> {
    // `ip netns exec` mounts what lies here over /etc, so that a DHCP client inside cannot touch the host's file.
    mkdirSync(this.#etc, { recursive: true, mode: 0o755 });
    this.resolver([]);
    writeFileSync(join(this.#etc, 'hosts'), `127.0.0.1 localhost ${this.name}\n::1 localhost\n`);
    await outputOf(['ip', 'netns', 'add', this.kernelName]);
    await this.ip('link', 'set', 'lo', 'up');
  }

  get #etc(): string {
    return `/etc/netns/${this.kernelName}`;
  }

  /** The file seen as /etc/resolv.conf by programs of this namespace. */
  get resolvConf(): string {
    return join(this.#etc, 'resolv.conf');
  }

  resolver(servers: readonly string[]): void {
    writeFileSync(this.resolvConf, servers.map((server) => `nameserver ${server}\n`).join(''));
  }

  file(name: string): string {
    return join(this.directory, name);
  }

  /** The command line that runs `argv` inside; `ip` replaces itself by the program, so the pid stays. */
  command(argv: readonly string[]): string[] {
    return ['ip', 'netns', 'exec', this.kernelName, ...argv];
  }

  run(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return runCommand(this.command(argv), options);
  }

  /** Runs a command that must succeed and returns its standard output. */
  output(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
    return outputOf(this.command(argv), options);
  }

  /** Runs the reference tool `ip` on this namespace. */
  ip(...args: string[]): Promise<string> {
    return outputOf(['ip', '-n', this.kernelName, ...args]);
  }

  async sysctl(key: string, value: string | number): Promise<void> {
    await this.output(['sysctl', '-q', '-w', `${key}=${value}`]);
  }

  /** Starts a program that keeps running; its output is in `file(NAME.log)`. */
  start(name: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
    return new Program(name, this.command(argv), { logPath: this.file(`${name}.log`), env });
  }

  /** Pids of the processes inside, whoever started them. */
  async pids(): Promise<number[]> {
    const text = await outputOf(['ip', 'netns', 'pids', this.kernelName]);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
  }
}
