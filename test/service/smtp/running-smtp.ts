import type { TestContext } from 'node:test';
import { Timestamp } from '../../../src/base/instant.ts';
import { makeIdentity } from '../../fake/make-identity.ts';
import { LoginGuard } from '../../../src/service/login-guard.ts';
import { type SmtpOptions, type SmtpService, startSmtp } from '../../../src/service/smtp/start-smtp.ts';
import type { FakeClock } from '../../fake/fake-clock.ts';
import { HastyClock } from '../../fake/hasty-clock.ts';
import { LineClient } from '../../fake/line-client.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import { MemoryMailStore } from '../../fake/memory-mail-store.ts';

export const identity = makeIdentity('localhost', Timestamp(0));

export interface RunningSmtp {
  readonly service: SmtpService;
  readonly store: MemoryMailStore;
  readonly log: MemoryLog;
  readonly clock: FakeClock;
  /** Port 25, 587 and 465 of the real thing. */
  readonly mx: number;
  readonly submission: number;
  readonly submissions: number;
}

/** A post office on 127.0.0.1: users alice and bob with the password `se cret`, closed when the test ends. */
export async function startTestSmtp(
  t: TestContext,
  options: Partial<SmtpOptions> = {},
): Promise<RunningSmtp> {
  const [store, log, clock] = [new MemoryMailStore(), new MemoryLog(), new HastyClock()];
  const service = await startSmtp({
    hostName: 'mail.office.example',
    directory: {
      users: ['alice', 'bob'],
      domains: ['office.example', 'xn--bro-hoa.example'],
      aliases: { all: ['alice', 'bob'], mixed: ['alice', 'partner@elsewhere.example'] },
    },
    listeners: [
      { address: '127.0.0.1', port: 0, kind: 'mx', tls: 'starttls' },
      { address: '127.0.0.1', port: 0, kind: 'submission', tls: 'starttls' },
      { address: '127.0.0.1', port: 0, kind: 'submission', tls: 'implicit' },
    ],
    identity,
    isLan: () => false,
    guard: new LoginGuard({ isLan: options.isLan ?? (() => false), clock }),
    verify: async (login, password) => (password === 'se cret' ? login.split('@')[0] : undefined),
    store,
    clock,
    log,
    ...options,
  });
  t.after(() => service.close());
  const [mx = 0, submission = 0, submissions = 0] = service.ports;
  return { service, store, log, clock, mx, submission, submissions };
}

/** A client that has been greeted and said EHLO. */
export async function greeted(port: number): Promise<LineClient> {
  const client = await LineClient.connect(port);
  await client.expect(/^220 .*\r\n/);
  await client.ask('EHLO client.world.example', /^250 .*\r\n/m);
  return client;
}

/** A transaction up to the 354; returns the client. */
export async function atData(port: number, recipient = 'alice@office.example'): Promise<LineClient> {
  const client = await greeted(port);
  await client.ask('MAIL FROM:<x@world.example>', /^250 .*\r\n/);
  await client.ask(`RCPT TO:<${recipient}>`, /^250 .*\r\n/);
  await client.ask('DATA', /^354 .*\r\n/);
  return client;
}
