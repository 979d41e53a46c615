import assert from 'node:assert/strict';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import {
  CLIENT_PROGRAMS,
  type ClientKind,
  type ClientSettings,
  type ClientWish,
} from './dhcp-client-kinds.ts';
import type { Namespace } from './namespace.ts';
import { Program } from './program.ts';
import { type CommandResult, outputOf, runCommand } from './run-command.ts';
import { waitFor } from './wait-for.ts';

const ENTER = join(import.meta.dirname, 'dhcp-client-enter.sh');
const RESOLV_CONF = '/etc/resolv.conf';

/** What a client configured, read from the kernel and from its own record of the lease. */
export interface Configured {
  /** With prefix length. */
  readonly address: string;
  readonly gateway: string;
  readonly dns: string;
  readonly domain: string;
  readonly ntp: string;
  readonly server: string;
}

/** A real DHCP client on a host of its own, which sees nothing of the machine's state and keeps its own over its restarts. */
export class RealClient {
  readonly kind: ClientKind;
  readonly host: Namespace;
  readonly mac: string;
  readonly settings: ClientSettings;
  #program: Program | undefined;

  constructor(kind: ClientKind, host: Namespace, mac: string, settings: ClientSettings = {}) {
    this.kind = kind;
    this.host = host;
    this.mac = mac;
    this.settings = settings;
  }

  get program(): Program {
    if (this.#program === undefined) throw new Error(`Cannot use ${this.kind}: it has not been started`);
    return this.#program;
  }

  /** Everything the client has said, for the text of a failure. */
  get said(): string {
    return `${this.kind} on ${this.host.name} said:\n${this.#program?.log.text() ?? ''}`;
  }

  get #own(): string {
    return this.host.file('own');
  }

  #entered(argv: readonly string[]): string[] {
    const { dev, ino } = statSync(RESOLV_CONF);
    const { own } = CLIENT_PROGRAMS[this.kind];
    return this.host.command([ENTER, `${dev}:${ino}`, this.#own, ...own, '--', ...argv]);
  }

  /** Starts the client, for the first time or again on what it kept. */
  async start(): Promise<void> {
    const kind = CLIENT_PROGRAMS[this.kind];
    await this.#prepare();
    if (kind.companion !== undefined) await this.#run('companion', kind.companion).line(/^unix:/m);
    this.#program = this.#run(this.kind, kind.command(this.host, this.settings));
  }

  #run(name: string, argv: readonly string[]): Program {
    const env = { FACTS: this.host.file('facts'), ...CLIENT_PROGRAMS[this.kind].env };
    return new Program(name, this.#entered(argv), { logPath: this.host.file(`${name}.log`), env });
  }

  async #prepare(): Promise<void> {
    const written = CLIENT_PROGRAMS[this.kind].files?.(this.settings) ?? {};
    for (const [path, text] of Object.entries(written)) {
      mkdirSync(dirname(join(this.#own, path)), { recursive: true });
      writeFileSync(join(this.#own, path), text);
    }
    if (this.kind !== 'networkd') return;
    // What its unit makes before it starts; the program gives its rights up to this user.
    const uid = Number(await outputOf(['id', '-u', 'systemd-network']));
    mkdirSync(join(this.#own, 'run/dbus'), { recursive: true });
    for (const folder of ['', 'links', 'leases', 'lldp']) {
      const path = join(this.#own, 'run/systemd/netif', folder);
      mkdirSync(path, { recursive: true });
      chownSync(path, uid, -1);
    }
  }

  /** Runs the client's program beside the one that runs, on the same files. */
  beside(argv: readonly string[]): Promise<CommandResult> {
    return runCommand(this.#entered(argv), { env: { FACTS: this.host.file('facts') } });
  }

  /** Asserts that nothing the client may write to is the machine's own. */
  async assertApart(): Promise<void> {
    const machine = readlinkSync('/proc/self/ns/mnt');
    for (const pid of await this.host.pids()) {
      assert.notEqual(
        readlinkSync(`/proc/${pid}/ns/mnt`),
        machine,
        `process ${pid} of ${this.kind} is not apart`,
      );
      // One that has changed its root sees, and reaches, nothing but an empty folder.
      if (readlinkSync(`/proc/${pid}/root`) !== '/') continue;
      const mountPoints = readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
        .split('\n')
        .map((line) => line.split(' ')[4]);
      for (const path of [RESOLV_CONF, ...CLIENT_PROGRAMS[this.kind].own])
        assert.ok(mountPoints.includes(path), `${path} of ${this.kind} is the machine's own`);
    }
  }

  /** Waits until the client has configured its device. */
  configured(): Promise<Configured> {
    return waitFor(`the lease of ${this.kind}`, () => this.current()).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.said}`);
    });
  }

  /** What is configured now, if all of it is. */
  async current(): Promise<Configured | undefined> {
    const [address, gateway] = [await this.address(), await this.#gateway()];
    const facts = this.facts();
    if (address === undefined || gateway === undefined || facts === undefined) return undefined;
    return { address, gateway, ...facts };
  }

  /** The address of the device, with prefix length. */
  async address(): Promise<string | undefined> {
    return /inet (\S+)/.exec(await this.host.ip('-4', 'addr', 'show', 'dev', 'eth0'))?.[1];
  }

  async #gateway(): Promise<string | undefined> {
    return /default via (\S+)/.exec(await this.host.ip('route'))?.[1];
  }

  /** What the client's own record says beside the address. */
  facts(): Omit<Configured, 'address' | 'gateway'> | undefined {
    return this.kind === 'networkd' ? this.#networkdLease() : this.#facts();
  }

  #facts(): Omit<Configured, 'address' | 'gateway'> | undefined {
    const facts = assignments(this.host.file('facts'));
    if (facts.get('state') !== 'bound') return undefined;
    const of = (key: string): string => facts.get(key) ?? '';
    return { dns: of('dns'), domain: of('domain'), ntp: of('ntp'), server: of('server') };
  }

  #networkdLease(): Omit<Configured, 'address' | 'gateway'> | undefined {
    const folder = join(this.#own, 'run/systemd/netif/leases');
    const [file] = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+$/.test(name)) : [];
    if (file === undefined) return undefined;
    const facts = assignments(join(folder, file));
    const of = (key: string): string => facts.get(key) ?? '';
    return {
      dns: of('DNS'),
      domain: of('DOMAINNAME'),
      ntp: of('NTP'),
      server: of('SERVER_ADDRESS'),
    };
  }

  /** The power fails: no last word, but what was written stays. The device loses what was configured, as in a reboot. */
  async crash(): Promise<void> {
    for (const pid of await this.host.pids()) killIfThere(pid);
    await this.program.ended;
    await this.host.ip('addr', 'flush', 'dev', 'eth0');
    await this.host.ip('link', 'set', 'eth0', 'down');
    await this.host.ip('link', 'set', 'eth0', 'up');
    writeFileSync(this.host.file('facts'), '');
  }

  /** Has the client extend its lease, in the client's own way. */
  async renew(): Promise<void> {
    await this.#wish(CLIENT_PROGRAMS[this.kind].renew);
  }

  /** Has the client give its lease back, in the client's own way. */
  async release(): Promise<void> {
    await this.#wish(CLIENT_PROGRAMS[this.kind].release);
  }

  async #wish(wish: ClientWish | undefined): Promise<void> {
    if (wish === undefined) return;
    if ('signal' in wish) {
      this.program.kill(wish.signal);
      return;
    }
    const { status, stdout, stderr } = await this.beside(wish.command(this.host, this.settings));
    assert.equal(status, 0, `${stdout}${stderr}`);
  }
}

function assignments(path: string): ReadonlyMap<string, string> {
  if (!existsSync(path)) return new Map();
  const lines = readFileSync(path, 'utf8').split('\n');
  return new Map(
    lines.map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It fell with its parent.
  }
}
