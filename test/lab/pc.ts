import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';
import { waitFor } from './wait-for.ts';

export type DhcpClient = 'dhclient' | 'udhcpc';

/** What a DHCP client says it was given. */
export interface Lease {
  readonly address: string;
  readonly length: number;
  readonly gateway: string;
  readonly dns: string;
  readonly domain: string;
  readonly ntp: string;
  /** Address of the DHCP server that answered. */
  readonly server: string;
  readonly seconds: number;
  /** The client's own word for what happened last: BOUND, RENEW, bound, ... */
  readonly event: string;
}

// Retries fast, because the lab's server answers at once or a test is waiting for it to come back.
const DHCLIENT_CONFIG = (hostName: string): string => `
send host-name "${hostName}";
request subnet-mask, broadcast-address, routers, domain-name, domain-name-servers, ntp-servers;
timeout 20;
retry 1;
select-timeout 0;
initial-interval 1;
backoff-cutoff 2;
`;

/** A LAN client whose one device `eth0` a real DHCP client configures. */
export class Pc {
  readonly namespace: Namespace;
  readonly client: DhcpClient;
  #program: Program | undefined;

  constructor(namespace: Namespace, client: DhcpClient) {
    this.namespace = namespace;
    this.client = client;
  }

  get name(): string {
    return this.namespace.name;
  }

  /** The running DHCP client. */
  get program(): Program {
    if (this.#program === undefined)
      throw new Error(`Cannot use ${this.client} of ${this.name}: not started`);
    return this.#program;
  }

  /** Plugs the computer in: starts its DHCP client, which keeps running and renews. */
  start(): void {
    const { namespace } = this;
    const env = { FACTS: this.#facts };
    if (this.client === 'dhclient') {
      writeFileSync(namespace.file('dhclient.conf'), DHCLIENT_CONFIG(this.name));
      this.#program = namespace.start('dhclient', this.#dhclient(), env);
    } else {
      this.#program = namespace.start('udhcpc', this.#udhcpc(), env);
    }
  }

  /** Pulls the cable out and plugs it in again: what the client was given before does not count any more. */
  async replug(): Promise<Lease> {
    await this.#program?.stop();
    rmSync(this.#facts, { force: true });
    this.start();
    return await this.lease();
  }

  /** Waits for the lease the client has or gets. */
  lease(): Promise<Lease> {
    return waitFor(`a lease of ${this.name} (${this.program.log.tail()})`, () => this.#read());
  }

  /** The lease of now, if any. */
  get current(): Lease | undefined {
    return this.#read();
  }

  get #facts(): string {
    return this.namespace.file('lease');
  }

  #read(): Lease | undefined {
    if (!existsSync(this.#facts)) return undefined;
    const text = readFileSync(this.#facts, 'utf8');
    const facts = new Map(
      text.split('\n').map((line) => {
        const [key = '', value = ''] = line.split('=');
        return [key, value];
      }),
    );
    if (facts.get('state') !== 'bound') return undefined;
    const fact = (key: string): string => facts.get(key) ?? '';
    return {
      address: fact('address'),
      length: Number(fact('length')),
      gateway: fact('gateway'),
      dns: fact('dns'),
      domain: fact('domain'),
      ntp: fact('ntp'),
      server: fact('server'),
      seconds: Number(fact('seconds')),
      event: fact('event'),
    };
  }

  #dhclient(): string[] {
    const { namespace } = this;
    const files = [
      '-cf',
      namespace.file('dhclient.conf'),
      '-lf',
      namespace.file('dhclient.leases'),
      '-pf',
      namespace.file('dhclient.pid'),
    ];
    const script = ['-sf', scriptPath('dhclient-script.sh'), '-e', `FACTS=${this.#facts}`];
    return ['dhclient', '-4', '-d', '-v', ...files, ...script, 'eth0'];
  }

  #udhcpc(): string[] {
    const retry = ['-t', '5', '-T', '1', '-A', '1'];
    const options = ['-O', 'ntpsrv', '-x', `hostname:${this.name}`, '-s', scriptPath('udhcpc-script.sh')];
    return ['udhcpc', '-f', '-i', 'eth0', ...retry, ...options];
  }
}

function scriptPath(name: string): string {
  return join(import.meta.dirname, name);
}
