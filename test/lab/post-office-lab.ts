import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { scryptSync } from 'node:crypto';
import type { FromRole, PostOptions, ToPost } from '../../src/role/ipc.ts';
import { ENVIRONMENT, ROLE_IDS } from '../../src/role/settings.ts';
import { identity } from '../service/smtp/running-smtp.ts';
import { LETTER_SUBJECT, nameOf } from './mail-letter.ts';
import { type Told, toldBy } from './mail-account.ts';
import { Lab } from './lab.ts';
import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';
import { outputOf, runCommand } from './run-command.ts';

const DIST = join(import.meta.dirname, '../../dist');
const BOX = '10.9.0.1';
const SINK = '10.9.0.2';
const SINK_PORT = 2525;
const SENDERS = 20;

/** Ends quickly when a password is wrong or right: the lab is not about the hash. */
function quickHash(password: string): string {
  const salt = Buffer.alloc(16, 7);
  const hash = scryptSync(password, salt, 32, { N: 16, r: 8, p: 1 });
  return `scrypt$16$8$1$${salt.toString('base64')}$${hash.toString('base64')}`;
}

function optionsOfPost(): PostOptions {
  const password = quickHash('secret');
  const users = ['rita', 'kurt', 'load'].map((name) => ({ name, password, quota: null, keepDays: null }));
  const via = { host: SINK, port: SINK_PORT, security: 'none', verify: false, login: undefined } as const;
  return {
    hostName: 'mail.office.example',
    domains: ['office.example'],
    users,
    aliases: {},
    maxMessage: 25_000_000,
    keepDays: null,
    relaysLan: true,
    routes: [{ from: [], to: [], via: [via] }],
    lan: '127.0.0.0/8',
    listeners: [
      { service: 'smtp', address: '127.0.0.1', port: 25 },
      { service: 'pop3s', address: '127.0.0.1', port: 995 },
    ],
    tls: identity,
  };
}

/** The post role of the bundle as the box runs it, with people who use it and a host outside that takes everything. */
export class PostOfficeLab {
  readonly lab: Lab;
  readonly box: Namespace;
  readonly world: Namespace;
  readonly #options = optionsOfPost();
  #people: Program | undefined;
  #kill: (() => Promise<void>) | undefined;

  private constructor(lab: Lab, box: Namespace, world: Namespace) {
    this.lab = lab;
    this.box = box;
    this.world = world;
  }

  static async create(): Promise<PostOfficeLab> {
    const lab = new Lab();
    try {
      const [box, world] = [await lab.namespace('box'), await lab.namespace('world')];
      await lab.cable({ namespace: box, device: 'eth0' }, { namespace: world, device: 'eth0' });
      await box.ip('addr', 'add', `${BOX}/24`, 'dev', 'eth0');
      await world.ip('addr', 'add', `${SINK}/24`, 'dev', 'eth0');
      await box.sysctl('net.ipv4.ip_unprivileged_port_start', 0);
      return new PostOfficeLab(lab, box, world);
    } catch (error) {
      lab.remove();
      throw error;
    }
  }

  get data(): string {
    return this.box.file('data');
  }

  /** Makes the data directory the role's; call it when what is to be mounted there is. */
  async prepare(): Promise<void> {
    mkdirSync(this.data, { recursive: true });
    await outputOf(['chown', `${ROLE_IDS.post.uid}:${ROLE_IDS.post.gid}`, this.data]);
    const dump = this.world.file('dump');
    mkdirSync(dump);
    chmodSync(dump, 0o777);
    this.world.start('sink', [
      'smtp-sink',
      '-u',
      'nobody',
      '-D',
      `${dump}/taken`,
      `${SINK}:${SINK_PORT}`,
      '100',
    ]);
  }

  /** Starts the role; `ready` resolves when it listens. */
  launch(): { readonly ready: Promise<void> } {
    const settings = { config: '', data: this.data, run: this.box.file('run'), teardown: false };
    const ids = ['--reuid', `${ROLE_IDS.post.uid}`, '--regid', `${ROLE_IDS.post.gid}`, '--clear-groups'];
    const node = [join(DIST, 'node'), '--disable-warning=ExperimentalWarning', join(DIST, 'gatepost.mjs')];
    const role = ['--role', 'post', JSON.stringify(settings)];
    const [command = '', ...args] = this.box.command(['setpriv', ...ids, ...node, ...role]);
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: ENVIRONMENT });
    const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
    const ready = new Promise<void>((resolve, reject) => {
      child.on('message', (message) => {
        const report = message as FromRole;
        if (report.kind !== 'services') return;
        if (report.services.every(({ ok }) => ok)) resolve();
        else reject(new Error(`The post role does not serve: ${JSON.stringify(report.services)}`));
      });
    });
    ready.catch(() => {});
    const send = (message: ToPost): void => void child.send(message, () => undefined);
    send({ kind: 'configure', options: this.#options });
    send({ kind: 'uplink', isUp: true });
    this.#kill = async () => {
      child.kill('SIGKILL');
      await ended;
    };
    return { ready };
  }

  /** SIGKILL, and nothing of it is left. */
  async kill(): Promise<void> {
    await this.#kill?.();
  }

  /** People come: twenty senders and a reader who are told things, and smtp-source as load. */
  async bringPeople(): Promise<void> {
    const program = join(import.meta.dirname, 'mail-people.ts');
    this.#people = this.box.start('people', [process.execPath, program, String(SENDERS)]);
    const load =
      'smtp-source -s 4 -l 4096 -m 50 -f load@elsewhere.example -t load@office.example 127.0.0.1:25';
    this.box.start('load', ['sh', '-c', `while :; do ${load}; sleep 0.3; done`]);
    await this.#people.line(/^deleted /m);
  }

  async sendPeopleHome(): Promise<void> {
    await this.#people?.stop();
  }

  /** Lets them stand still, or go on. */
  holdPeople(isHeld: boolean): void {
    this.#people?.kill(isHeld ? 'SIGSTOP' : 'SIGCONT');
  }

  told(): Told {
    return toldBy(this.#people?.log.text() ?? '');
  }

  /** Letters that the host outside has taken, as often as it has. */
  async taken(): Promise<readonly string[]> {
    const dump = join(this.world.file('dump'), 'taken');
    const { stdout } = await runCommand(['grep', '-aE', `^${LETTER_SUBJECT}`, dump]);
    return stdout.split('\n').flatMap((line) => nameOf(line) ?? []);
  }

  async remove(): Promise<void> {
    await this.kill();
    this.lab.remove();
  }
}
