import { UserError } from '../../src/base/errors.ts';
import { RESET_SCOPES } from '../../src/engine/reset/scopes.ts';
import type { CertificateStatus } from '../../src/port/certificate.ts';
import type { ClientSetup } from '../../src/base/client-setup.ts';
import type {
  AliasStatus,
  Box,
  BoxStatus,
  LeaseStatus,
  NameStatus,
  NewUser,
  RemovedUser,
} from '../../src/port/box.ts';
import type {
  ExplainAnswer,
  ExplainQuestion,
  FirewallView,
  FlowFilter,
  FlowListing,
  FlowStatus,
} from '../../src/port/gate-status.ts';
import type { HealthReport } from '../../src/port/health-report.ts';
import type { MailQueueView } from '../../src/port/mail-queue-view.ts';
import type { ConfigChange } from '../../src/port/config-history.ts';
import type { MailImport, MailImported, MailList, MailStoreStatus } from '../../src/port/mail-import.ts';

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
  mailboxes: [{ user: 'alice', messages: 3, octets: 4096, quota: null }],
  queue: { messages: 2, held: 1, oldest: '2026-11-22T09:00:00.000Z' },
  firewall: [{ name: 'wan-dropped', packets: 12, bytes: 720 }],
  dns: { queries: 5 },
  dhcp: { received: 4, dropped: 0, sent: 4 },
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
    clientId: '01020000000012',
    vendor: null,
    since: '2026-11-20T08:00:00.000Z',
    reserved: false,
    nameProblem: null,
  },
];

export const NAMES: readonly NameStatus[] = [
  { name: 'www.office.example', type: 'A', value: '203.0.113.50', origin: 'built-in' },
];

export const FLOW: FlowStatus = {
  id: 7,
  protocol: 'tcp',
  state: 'ESTABLISHED',
  source: '192.168.77.11:50000',
  destination: '198.51.100.2:443',
  replySource: '198.51.100.2:443',
  replyDestination: '203.0.113.50:50000',
  device: 'pc1',
  sent: { packets: 10, bytes: 1000 },
  received: { packets: 20, bytes: 20_000 },
  timeoutSeconds: 7440,
};

export const FIREWALL: FirewallView = {
  mode: 'firewall',
  reduced: [],
  lines: [
    {
      source: 'firewall.forwards[0]',
      text: 'TCP port 8443 of the WAN leads to 192.168.77.20 port 443 ("camera")',
      packets: 3,
      bytes: 180,
    },
  ],
  devices: [
    {
      address: '192.168.77.11',
      name: 'pc1',
      mac: '02:00:00:00:00:11',
      up: { packets: 10, bytes: 1000 },
      down: { packets: 20, bytes: 20_000 },
    },
  ],
};

export const EXPLANATION: ExplainAnswer = {
  verdict: 'accepted',
  way: 'through the box',
  decidedBy: 'firewall.forwards[0]',
  text: 'TCP port 8443 from the WAN is led to 192.168.77.20 port 443 by firewall.forwards[0] "camera"',
  destination: '192.168.77.20:443',
  source: null,
  steps: ['port-forwards: firewall.forwards[0] camera'],
};

export const MAIL_QUEUE: MailQueueView = {
  isOnline: true,
  total: 2,
  destinations: [
    {
      destination: 'elsewhere.example',
      messages: 2,
      octets: 24_000,
      held: 1,
      oldest: '2026-11-22T09:00:00.000Z',
      problem: '4.4.1 Cannot reach mx.elsewhere.example (192.0.2.1) port 25: no answer',
      nextTry: '2026-11-22T10:05:00.000Z',
    },
  ],
  entries: [
    {
      id: 7,
      message: 6,
      sender: 'alice@office.example',
      recipient: 'ann@elsewhere.example',
      destination: 'elsewhere.example',
      octets: 23_000,
      accepted: '2026-11-22T09:00:00.000Z',
      nextAttempt: '2026-11-22T10:05:00.000Z',
      lastAttempt: '2026-11-22T10:00:00.000Z',
      attempts: 3,
      state: 'waiting',
      reason: '450 4.2.0 Greylisted (mx.elsewhere.example)',
    },
    {
      id: 5,
      message: 4,
      sender: '',
      recipient: 'bob@elsewhere.example',
      destination: 'elsewhere.example',
      octets: 1000,
      accepted: '2026-11-22T09:30:00.000Z',
      nextAttempt: null,
      lastAttempt: null,
      attempts: 0,
      state: 'held',
      reason: '',
    },
  ],
};

export const CLIENT_SETUP: ClientSetup = {
  office: 'office.example',
  domains: ['office.example', 'shop.example'],
  incoming: [
    { service: 'pop3s', host: 'mail.office.example', port: 995, tls: 'implicit' },
    { service: 'pop3', host: 'mail.office.example', port: 110, tls: 'starttls' },
  ],
  outgoing: [
    { service: 'submissions', host: 'mail.office.example', port: 465, tls: 'implicit' },
    { service: 'submission', host: 'mail.office.example', port: 587, tls: 'starttls' },
  ],
  trust: [
    {
      name: 'office.example (Gatepost 0a1b2c3d)',
      certificate: '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n',
      fingerprint: 'AB:CD:EF',
    },
  ],
};

export const CERTIFICATE: CertificateStatus = {
  kind: 'own',
  subject: 'mail.office.example',
  issuer: 'office.example (Gatepost 0a1b2c3d)',
  names: ['mail.office.example', 'pop.office.example'],
  from: '2026-11-22T10:00:00.000Z',
  until: '2029-02-20T10:00:00.000Z',
  fingerprint: '01:23:45',
  missing: ['autoconfig.shop.example'],
  authority: {
    name: 'office.example (Gatepost 0a1b2c3d)',
    domains: ['office.example'],
    until: '2046-11-22T10:00:00.000Z',
    fingerprint: 'AB:CD:EF',
    certificate: '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n',
  },
  problems: ['The certificate is not for autoconfig.shop.example'],
};

/** A box without a network, whose answers are fixed and whose changes are remembered. */
export class FakeBox implements Box {
  readonly added: NewUser[] = [];
  readonly applied: unknown[] = [];
  /** The other calls, each with its arguments. */
  readonly calls: string[] = [];
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
    return Promise.resolve(['firewall changed']);
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
  configHistory(): Promise<readonly ConfigChange[]> {
    return Promise.resolve([{ number: 7, time: '2026-11-22T10:00:00.000Z', cause: 'user add bob' }]);
  }
  rollbackConfig(number: number | undefined): Promise<readonly string[]> {
    this.calls.push(`rollbackConfig ${number ?? '-'}`);
    return Promise.resolve(['mode: firewall']);
  }
  removeUser(name: string, deletesMail: boolean): Promise<RemovedUser> {
    this.calls.push(`removeUser ${name} ${deletesMail}`);
    return Promise.resolve({ kept: deletesMail ? 0 : 3, deleted: deletesMail ? 3 : 0 });
  }
  setPassword(): Promise<void> {
    return Promise.resolve();
  }
  setQuota(name: string, quota: string | null): Promise<void> {
    this.calls.push(`setQuota ${name} ${quota ?? '-'}`);
    return Promise.resolve();
  }
  mailList(user: string, after: string | undefined): Promise<MailList> {
    this.calls.push(`mailList ${user} ${after ?? '-'}`);
    return Promise.resolve({ messages: [{ uid: 'a-1', size: 10, received: 0 }], more: false });
  }
  mailStore(): Promise<MailStoreStatus> {
    return Promise.resolve({ lastCheck: null, problem: null, damage: [] });
  }
  importMail(user: string, mail: MailImport): Promise<MailImported> {
    this.calls.push(`importMail ${user} ${JSON.stringify(mail)}`);
    return Promise.resolve({ stored: 1, upload: null, problem: null });
  }
  aliases(): readonly AliasStatus[] {
    return [{ name: 'sales', members: ['alice'] }];
  }
  setAlias(name: string, members: readonly string[]): Promise<void> {
    this.calls.push(`setAlias ${name} ${members.join(',')}`);
    return Promise.resolve();
  }
  removeAlias(name: string): Promise<void> {
    this.calls.push(`removeAlias ${name}`);
    return Promise.resolve();
  }
  endLease(address: string): Promise<void> {
    this.calls.push(`endLease ${address}`);
    return Promise.resolve();
  }
  pinLease(address: string, name: string | undefined): Promise<readonly string[]> {
    this.calls.push(`pinLease ${address} ${name ?? '-'}`);
    return Promise.resolve(['DHCP server changed']);
  }
  flows(filter: FlowFilter): Promise<FlowListing> {
    this.calls.push(`flows ${JSON.stringify(filter)}`);
    return Promise.resolve({ total: 3, flows: [FLOW] });
  }
  endFlows(filter: FlowFilter): Promise<number> {
    this.calls.push(`endFlows ${JSON.stringify(filter)}`);
    return Promise.resolve(1);
  }
  firewall(): Promise<FirewallView> {
    return Promise.resolve(FIREWALL);
  }
  explain(question: ExplainQuestion): Promise<ExplainAnswer> {
    this.calls.push(`explain ${JSON.stringify(question)}`);
    return Promise.resolve(EXPLANATION);
  }
  blockDevice(device: string): Promise<readonly string[]> {
    this.calls.push(`blockDevice ${device}`);
    return Promise.resolve(['firewall changed']);
  }
  unblockDevice(device: string): Promise<readonly string[]> {
    this.calls.push(`unblockDevice ${device}`);
    return Promise.resolve(['firewall changed']);
  }
  mailQueue(entries: number): Promise<MailQueueView> {
    return Promise.resolve({ ...MAIL_QUEUE, entries: MAIL_QUEUE.entries.slice(0, entries) });
  }
  mailHistory(id: number): ReturnType<Box['mailHistory']> {
    const detail = '450 4.2.0 Greylisted (mx.elsewhere.example)';
    const event = { time: '2026-11-22T10:00:00.000Z', recipient: 'ann@elsewhere.example', what: 'deferred' };
    return Promise.resolve(id === 7 ? [{ ...event, detail }] : []);
  }
  changeMailQueue(action: string, id: number): Promise<void> {
    if (id > 7) return Promise.reject(new UserError(`Cannot find message ${id} in the queue`));
    this.calls.push(`changeMailQueue ${action} ${id}`);
    return Promise.resolve();
  }
  update(): ReturnType<Box['update']> {
    return { board: 'rpi', version: '1.2.3', slot: 'a', onTrial: false, problem: null };
  }
  /** Every file is an update of as many octets; one of none is refused. */
  async installUpdate(
    file: AsyncIterable<Uint8Array>,
    onProgress: Parameters<Box['installUpdate']>[1],
  ): Promise<string> {
    let octets = 0;
    for await (const chunk of file) octets += chunk.length;
    if (octets === 0) throw new UserError('Cannot update: the file ends too early');
    onProgress({ stage: 'writing', done: octets, octets });
    onProgress({ stage: 'verifying', done: octets / 2, octets });
    return `of ${octets} octets`;
  }
  startOtherSystem(): Promise<void> {
    this.calls.push('startOtherSystem');
    return Promise.resolve();
  }
  resetScopes(): ReturnType<Box['resetScopes']> {
    return RESET_SCOPES;
  }
  reset(kind: string): Promise<void> {
    this.calls.push(`reset ${kind}`);
    return Promise.resolve();
  }
  dataState(): ReturnType<Box['dataState']> {
    return { directory: '/data', problem: null, canFormat: false };
  }
  formatData(): Promise<void> {
    return Promise.reject(new UserError('Cannot format the data: they are not broken'));
  }
  restart(): void {
    this.calls.push('restart');
  }
  clientSetup(): ClientSetup {
    return CLIENT_SETUP;
  }
  certificate(): CertificateStatus {
    return CERTIFICATE;
  }
  setCertificate(certificate: string, key: string): Promise<readonly string[]> {
    if (certificate !== 'good')
      return Promise.reject(new UserError('Cannot use the certificate: it is not good'));
    this.calls.push(`setCertificate ${certificate} ${key}`);
    return Promise.resolve(['the certificate of the owner is in force', 'warning: it ends soon']);
  }
  removeCertificate(): Promise<readonly string[]> {
    this.calls.push('removeCertificate');
    return Promise.resolve(['the certificate of the box is in force']);
  }
  renewCertificate(): Promise<readonly string[]> {
    this.calls.push('renewCertificate');
    return Promise.resolve(['the box has a new authority']);
  }
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  /** How many are told of changes. */
  get listeners(): number {
    return this.#listeners.size;
  }
  change(): void {
    for (const listener of this.#listeners) listener();
  }
}
