import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { LogEntry } from '../../../src/port/log.ts';
import type { ServiceStatus } from '../../../src/port/box.ts';
import type { FromRole, PostOptions, ToPost, ToWeb, WebOptions } from '../../../src/role/ipc.ts';
import { Peers } from '../../../src/role/net/peers.ts';

const TLS = { key: '', cert: '' };
const POST: PostOptions = {
  hostName: 'mail.office.example',
  domains: ['office.example'],
  users: [],
  aliases: {},
  maxMessage: 1000,
  keepDays: null,
  relaysLan: true,
  routes: [],
  lan: '192.168.77.1/24',
  listeners: [],
  tls: TLS,
};
const WEB: WebOptions = {
  address: '192.168.77.1',
  http: 8080,
  https: 8443,
  front: { http: 80, https: 443 },
  hostNames: ['admin'],
  tls: TLS,
  apiSocket: '/run/api.sock',
};
const smtp: ServiceStatus = { name: 'smtp', ok: true, detail: '' };
const web: ServiceStatus = { name: 'web', ok: true, detail: '' };

function answer(...services: readonly ServiceStatus[]): FromRole {
  return { kind: 'services', services, taken: undefined };
}

interface Harness {
  readonly peers: Peers;
  readonly sent: { readonly role: string; readonly message: ToPost | ToWeb }[];
  readonly logged: LogEntry[];
  readonly changes: () => number;
  /** What has been answered so far, by the name given to {@link ask}. */
  readonly answered: string[];
  readonly ask: (name: string, asked: Promise<void>) => void;
}

/** Two roles that say nothing of themselves, and a clock that stands still. */
function harness(t: TestContext): Harness {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const sent: Harness['sent'] = [];
  const logged: LogEntry[] = [];
  const answered: string[] = [];
  let changes = 0;
  const peers = new Peers({
    send: (role, message) => sent.push({ role, message }),
    onLog: (entry) => logged.push(entry),
    onChange: () => changes++,
  });
  const ask = (name: string, asked: Promise<void>): void => void asked.then(() => answered.push(name));
  return { peers, sent, logged, changes: () => changes, answered, ask };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('Peers tells a role its settings and waits until it says how its services do', async (t) => {
  const { peers, sent, ask, answered, changes } = harness(t);
  ask('post', peers.configurePost(POST));
  assert.deepEqual(sent, [{ role: 'post', message: { kind: 'configure', options: POST } }]);
  await settled();
  assert.deepEqual(answered, []);
  peers.heard('web', answer(web));
  await settled();
  assert.deepEqual(answered, [], 'another role answered');
  peers.heard('post', answer(smtp));
  await settled();
  assert.deepEqual(answered, ['post']);
  assert.deepEqual(
    peers.services.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    [smtp, web],
  );
  assert.equal(changes(), 2);
});

test('Peers does not wait for ever for a role that says nothing', async (t) => {
  const { peers, ask, answered } = harness(t);
  ask('post', peers.configurePost(POST));
  t.mock.timers.tick(60_000);
  await settled();
  assert.deepEqual(answered, ['post']);
});

test('Peers does not count an answer that never came against the settings after it', async (t) => {
  const { peers, ask, answered } = harness(t);
  ask('lost', peers.configurePost(POST));
  t.mock.timers.tick(60_000);
  ask('next', peers.configurePost({ ...POST, maxMessage: 2000 }));
  peers.heard('post', answer(smtp));
  await settled();
  assert.deepEqual(answered, ['lost', 'next']);
});

test('Peers answers several settings in the order of the role', async (t) => {
  const { peers, ask, answered } = harness(t);
  ask('first', peers.configurePost(POST));
  ask('second', peers.configurePost({ ...POST, maxMessage: 2000 }));
  peers.heard('post', answer(smtp));
  await settled();
  assert.deepEqual(answered, ['first']);
  peers.heard('post', answer(smtp));
  await settled();
  assert.deepEqual(answered, ['first', 'second']);
});

test('Peers does not tell a role again what it knows', async (t) => {
  const { peers, sent, ask, answered } = harness(t);
  ask('web', peers.configureWeb(WEB));
  peers.heard('web', answer(web));
  await settled();
  ask('again', peers.configureWeb({ ...WEB }));
  await settled();
  assert.deepEqual(answered, ['web', 'again']);
  assert.equal(sent.length, 1);
});

test('Peers tells a new process what the one before it knew, and nothing if that was nothing', (t) => {
  const { peers, sent, ask } = harness(t);
  peers.started('post');
  assert.deepEqual(sent, []);
  ask('post', peers.configurePost(POST));
  peers.started('web');
  peers.started('post');
  assert.equal(sent.length, 2);
  assert.deepEqual(sent[1], sent[0]);
});

test('Peers.haveReported is true when all roles that were told something have answered since their start', (t) => {
  const { peers, ask } = harness(t);
  assert.equal(peers.haveReported, false);
  ask('post', peers.configurePost(POST));
  ask('web', peers.configureWeb(WEB));
  peers.heard('post', answer(smtp));
  assert.equal(peers.haveReported, false);
  peers.heard('web', answer(web));
  assert.equal(peers.haveReported, true);
  peers.rolesChanged([{ name: 'post', state: 'waiting', pid: null, restarts: 1 }]);
  assert.equal(peers.haveReported, false);
  assert.deepEqual(peers.services, [web]);
});

test('Peers keeps what roles report and passes their log on', (t) => {
  const { peers, logged, changes } = harness(t);
  const roles = [{ name: 'post', state: 'running', pid: 7, restarts: 0 }] as const;
  peers.rolesChanged(roles);
  assert.deepEqual(peers.roles, roles);
  const mailboxes = [{ user: 'alice', messages: 1, octets: 10 }];
  peers.heard('post', { kind: 'mailboxes', mailboxes });
  assert.deepEqual(peers.mailboxes, mailboxes);
  assert.equal(peers.storageProblem, null);
  const health = { lastScrub: undefined, damage: [], problem: undefined };
  peers.heard('post', { kind: 'storage', problem: 'no room', health });
  assert.equal(peers.storageProblem, 'no room');
  assert.equal(peers.storage, health);
  peers.heard('post', { kind: 'storage', problem: null, health });
  assert.equal(peers.storageProblem, null);
  assert.equal(changes(), 4);
  const entry = { level: 'info', text: 'x' } as unknown as LogEntry;
  peers.heard('post', { kind: 'log', entry });
  assert.deepEqual(logged, [entry]);
  assert.equal(changes(), 4, 'a line of the log changes nothing of the status');
});

test('Peers forgets what the post office said when its process ends', (t) => {
  const { peers } = harness(t);
  const health = { lastScrub: undefined, damage: [], problem: 'damaged' };
  peers.heard('post', { kind: 'storage', problem: 'damaged', health });
  const waiting = { messages: 2, held: 0, oldest: '2026-11-22T09:00:00.000Z' };
  peers.heard('post', {
    kind: 'outgoing',
    troubles: [{ isSevere: true, reason: 'no way out' }],
    waiting,
  });
  assert.deepEqual(peers.mailTroubles, [{ isSevere: true, reason: 'no way out' }]);
  assert.deepEqual(peers.queue, waiting);
  peers.rolesChanged([{ name: 'post', state: 'waiting', pid: null, restarts: 1 }]);
  assert.deepEqual([peers.storageProblem, peers.storage, peers.mailTroubles], [null, undefined, []]);
  assert.equal(peers.queue, null);
});
