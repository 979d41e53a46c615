import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { freePort } from '../../fake/free-port.ts';
import { Program } from '../../lab/program.ts';

const PROGRAM = '/usr/sbin/dovecot';
const NOBODY = 65_534;

export interface StoredFile {
  readonly uid: string;
  readonly content: Uint8Array;
}

export interface DovecotOptions {
  /** Also TLS from the first octet. */
  readonly identity?: { readonly key: string; readonly cert: string };
  /** Further settings. */
  readonly settings?: string;
  /** Where the mailboxes are to be; a fresh directory otherwise. */
  readonly directory?: string;
}

/** Dovecot's POP3 server on 127.0.0.1 with mailboxes of its own; every user's password is `secret`. */
export class Dovecot implements AsyncDisposable {
  /** Why it cannot be started here; undefined if it can. */
  static readonly hindrance = hindrance();
  readonly port: number;
  readonly tlsPort: number;
  readonly #directory: string;
  readonly #program: Program;

  private constructor(ports: readonly [number, number], directory: string, program: Program) {
    [this.port, this.tlsPort] = ports;
    this.#directory = directory;
    this.#program = program;
  }

  static async start(options: DovecotOptions = {}): Promise<Dovecot> {
    const directory = mkdtempSync(join(options.directory ?? tmpdir(), 'gatepost-dovecot-'));
    const ports = [await freePort(), await freePort()] as const;
    const { identity } = options;
    if (identity !== undefined) {
      writeFileSync(join(directory, 'key.pem'), identity.key, { mode: 0o600 });
      writeFileSync(join(directory, 'cert.pem'), identity.cert);
    }
    const file = join(directory, 'dovecot.conf');
    writeFileSync(file, configuration(directory, ports, options));
    mkdirSync(join(directory, 'mail'));
    for (const path of [directory, join(directory, 'mail')]) chownSync(path, NOBODY, NOBODY);
    const logPath = join(directory, 'log');
    const program = new Program('dovecot', [PROGRAM, '-F', '-c', file], { logPath });
    await program.line(/starting up/);
    return new Dovecot(ports, directory, program);
  }

  get pid(): number {
    return this.#program.pid;
  }

  /** Makes a user with these messages, in this order; the name of a message's file is its UID. */
  addMailbox(user: string, messages: readonly StoredFile[]): void {
    const home = join(this.#directory, 'mail', user);
    for (const path of [home, ...['cur', 'new', 'tmp'].map((name) => join(home, name))]) {
      mkdirSync(path);
      chownSync(path, NOBODY, NOBODY);
    }
    for (const { uid, content } of messages) {
      const path = join(home, 'cur', `${uid}:2,`);
      writeFileSync(path, content);
      chownSync(path, NOBODY, NOBODY);
    }
  }

  /** The UIDs of what is in a mailbox. */
  uids(user: string): string[] {
    const names = readdirSync(join(this.#directory, 'mail', user, 'cur'));
    return names.map((name) => name.split(':')[0] ?? '').toSorted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.stop();
    rmSync(this.#directory, { recursive: true });
  }
}

function hindrance(): string | undefined {
  if (!existsSync(PROGRAM)) return 'Dovecot is not installed';
  return process.getuid?.() === 0 ? undefined : 'Dovecot is started by root only';
}

/**
 * As the package sets it up, but: UIDs are file names, so that both servers can have the same; one session at a time; no waiting after wrong
 * passwords, which is no matter of the protocol.
 */
function configuration(
  directory: string,
  [port, tlsPort]: readonly [number, number],
  { identity, settings = '' }: DovecotOptions,
): string {
  return `
base_dir = ${directory}/run
state_dir = ${directory}/run
protocols = pop3
listen = 127.0.0.1
${identity === undefined ? 'ssl = no' : `ssl = yes\nssl_key = <${directory}/key.pem\nssl_cert = <${directory}/cert.pem`}
disable_plaintext_auth = no
log_path = ${directory}/log
mail_location = maildir:${directory}/mail/%n
first_valid_uid = 100
pop3_uidl_format = %f
pop3_lock_session = yes
auth_failure_delay = 0 secs
mail_max_userip_connections = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service pop3-login {
  inet_listener pop3 {
    port = ${port}
  }
  inet_listener pop3s {
    port = ${identity === undefined ? 0 : tlsPort}
  }
}
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=${NOBODY} gid=${NOBODY} home=${directory}/mail/%n
}
${settings}
`;
}
