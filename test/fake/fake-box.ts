import { UserError } from '../../src/base/errors.ts';
import type { Box, BoxStatus, HealthReport, LeaseStatus, NameStatus, NewUser } from '../../src/port/box.ts';

export const STATUS: BoxStatus = {
  version: '0.1.0',
  name: 'gatepost',
  domain: 'office.example',
  mode: 'firewall',
  uptimeMs: 93_784_000,
  ready: true,
  wan: {
    device: 'wan0',
    method: 'dhcp',
    link: 'up',
    state: 'BOUND',
    address: '203.0.113.50/24',
    gateway: '203.0.113.1',
    dnsServers: ['203.0.113.1'],
    lease: {
      server: '203.0.113.1',
      obtained: '2026-11-22T10:00:00.000Z',
      tookMs: 41,
      expires: '2026-11-22T22:00:00.000Z',
    },
  },
  lan: {
    device: 'lan0',
    devices: [{ name: 'lan0', link: 'up' }],
    address: '192.168.77.1/24',
    pool: { first: '192.168.77.1', last: '192.168.77.100' },
  },
  roles: [{ name: 'net', state: 'running', pid: 100, restarts: 0 }],
  services: [{ name: 'dns', ok: true, detail: '192.168.77.1 port 53' }],
  mailboxes: [{ user: 'alice', messages: 3, octets: 4096 }],
  firewall: [{ name: 'wan-dropped', packets: 12, bytes: 720 }],
  dns: { queries: 5 },
};

export const HEALTH: HealthReport = {
  ok: false,
  firstError: 'name server: no answer',
  tree: {
    name: 'box',
    state: 'failed',
    reason: '',
    children: [
      { name: 'link', state: 'ok', reason: 'up', children: [] },
      { name: 'name server', state: 'failed', reason: 'no answer', children: [] },
    ],
  },
};

export const LEASES: readonly LeaseStatus[] = [
  {
    address: '192.168.77.12',
    mac: '02:00:00:00:00:12',
    name: '<script>alert(1)</script>',
    state: 'bound',
    expires: '2026-11-22T22:00:00.000Z',
  },
];

export const NAMES: readonly NameStatus[] = [
  { name: 'www.office.example', type: 'A', value: '203.0.113.50', origin: 'built-in' },
];

/** A box without a network, whose answers are fixed and whose changes are remembered. */
export class FakeBox implements Box {
  readonly added: NewUser[] = [];
  readonly applied: unknown[] = [];
  readonly #listeners = new Set<() => void>();

  status(): Promise<BoxStatus> {
    return Promise.resolve(STATUS);
  }
  leases(): readonly LeaseStatus[] {
    return LEASES;
  }
  names(): readonly NameStatus[] {
    return NAMES;
  }
  log(): ReturnType<Box['log']> {
    return [{ time: '1970-01-01T00:00:00.000Z', level: 'notice', source: 'wan', text: 'Lease obtained' }];
  }
  health(): Promise<HealthReport> {
    return Promise.resolve(HEALTH);
  }
  config(): unknown {
    return { version: 1 };
  }
  applyConfig(value: unknown): Promise<readonly string[]> {
    this.applied.push(value);
    return Promise.resolve(['firewall replaced']);
  }
  users(): ReturnType<Box['users']> {
    return [];
  }
  addUser(user: NewUser): Promise<void> {
    if (user.name === 'alice')
      return Promise.reject(new UserError('Cannot add the user "alice": there is one of that name'));
    this.added.push(user);
    return Promise.resolve();
  }
  setPassword(): Promise<void> {
    return Promise.resolve();
  }
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  change(): void {
    for (const listener of this.#listeners) listener();
  }
}
