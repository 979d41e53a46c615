import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ADDRESSES } from './addresses.ts';
import { BUNDLE, Box, ROLES, type Role } from './box.ts';
import { PEOPLE, boxConfig } from './box-config.ts';
import { Office } from './office.ts';
import type { CommandResult } from './run-command.ts';

// The users of the roles, a part of what the box promises: files keep their owner on another machine.
const UIDS: Readonly<Record<Role, number>> = { net: 0, post: 64_201, web: 64_202 };
// include/uapi/linux/capability.h
const MAY_NET = new Map([
  ['CAP_KILL', 5n],
  ['CAP_SETGID', 6n],
  ['CAP_SETUID', 7n],
  ['CAP_NET_BIND_SERVICE', 10n],
  ['CAP_NET_ADMIN', 12n],
  ['CAP_NET_RAW', 13n],
  ['CAP_SYS_TIME', 25n],
]);
const EVERYTHING_ALLOWED = [...MAY_NET.values()].reduce((set, bit) => set | (1n << bit), 0n);

let office: Office;
let box: Box;

before(async () => {
  office = await Office.create();
  box = await Box.start(office.box);
  await box.online();
  // So that the mail server and the control API have seen passwords.
  await box.cli(['user', 'passwd', 'alice'], { input: `${PEOPLE.alice}\n` });
  const login = ['curl', '-sS', '--insecure', '--user', `alice:${PEOPLE.alice}`];
  office.pc1.start();
  await office.pc1.lease();
  await office.pc1.namespace.output([...login, `pop3s://${ADDRESSES.boxLan}/`]);
  await office.pc1.namespace.run([
    ...login.slice(0, -1),
    'alice:a-wrong-guess',
    `pop3s://${ADDRESSES.boxLan}/`,
  ]);
});

after(() => office.remove());

/** The status of every thread of a process. */
function threadsOf(pid: number): ReadonlyMap<string, string>[] {
  return readdirSync(`/proc/${pid}/task`).map((task) => {
    const lines = readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8').split('\n');
    return new Map(lines.map((line) => line.split(':\t', 2) as [string, string]));
  });
}

function capabilities(status: ReadonlyMap<string, string>, set: string): bigint {
  return BigInt(`0x${status.get(set)}`);
}

async function pidOf(role: Role): Promise<number> {
  const pid = (await box.rolePids()).get(role);
  assert.ok(pid !== undefined, `${role} runs`);
  return pid;
}

/** Runs a command with the rights of a role. */
function asRole(role: Role, argv: readonly string[]): Promise<CommandResult> {
  const id = String(UIDS[role]);
  return office.box.run([
    'setpriv',
    '--reuid',
    id,
    '--regid',
    id,
    '--clear-groups',
    '--no-new-privs',
    ...argv,
  ]);
}

function callApi(role: Role, argv: readonly string[]): Promise<CommandResult> {
  const show = ['-sS', '-m', '10', '-w', '\n%{http_code}'];
  return asRole(role, ['curl', ...show, '--unix-socket', `${box.runPath}/api.sock`, ...argv]);
}

for (const role of ROLES)
  test(`every thread of ${role} has its user and no capability it does not need`, async () => {
    const threads = threadsOf(await pidOf(role));
    assert.ok(threads.length > 1);
    for (const status of threads) {
      const id = String(UIDS[role]);
      assert.equal(status.get('Uid'), [id, id, id, id].join('\t'));
      assert.equal(status.get('Gid'), [id, id, id, id].join('\t'));
      if (role !== 'net') {
        assert.equal(status.get('Groups')?.trim(), '', 'no further groups');
        for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'])
          assert.equal(capabilities(status, set), 0n, `${set} of ${status.get('Name')}`);
      }
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
        assert.equal(capabilities(status, set) & ~EVERYTHING_ALLOWED, 0n, `${set} of ${status.get('Name')}`);
      assert.equal(status.get('NoNewPrivs'), '1');
    }
  });

test('the parent of all roles has no more capabilities than they may have', async () => {
  for (const status of threadsOf(box.program.pid))
    for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapInh', 'CapAmb'])
      assert.equal(capabilities(status, set) & ~EVERYTHING_ALLOWED, 0n, set);
});

test('the user of web may read from the control API and change nothing', async () => {
  const read = await callApi('web', ['http://box/api/status']);
  assert.match(read.stdout, /\n200$/, read.stderr);
  const config = await callApi('web', ['http://box/api/config']);
  assert.doesNotMatch(config.stdout, /scrypt/);
  const body = JSON.stringify(boxConfig({ mode: 'router' }));
  for (const change of [
    ['-X', 'PUT', '-d', body, 'http://box/api/config'],
    ['-X', 'PUT', '-d', '{"password":"mine"}', 'http://box/api/users/alice/password'],
    ['-X', 'POST', '-d', '{"name":"eve","password":"mine"}', 'http://box/api/users'],
  ]) {
    const refused = await callApi('web', ['-H', 'content-type: application/json', ...change]);
    assert.match(refused.stdout, /only root may.*\n403$/s);
  }
  assert.equal((await box.status()).mode, 'firewall');
});

test('the user of post cannot even connect to the control API', async () => {
  const { status, stderr } = await callApi('post', ['http://box/api/status']);
  assert.equal(status, 7, stderr);
});

test('a command of somebody who may not talk to the box says so, which is not "the box is not running"', async () => {
  const { status, stderr } = await asRole('post', [BUNDLE, 'status', '--run', box.runPath]);
  assert.equal(status, 4, stderr);
  assert.match(stderr, /^Cannot reach the box at \S+: only root may talk to it \(EACCES\)\n$/);
});

test('each directory of the data opens to its own role only', async () => {
  const owners = { config: 0, state: 0, tls: 0, mail: UIDS.post };
  for (const [name, uid] of Object.entries(owners)) {
    const path = join(box.dataPath, name);
    const { mode, uid: owner } = statSync(path);
    assert.equal(owner, uid, path);
    assert.equal(mode & 0o777, 0o700, path);
    for (const role of ['post', 'web'] as const) {
      const { status } = await asRole(role, ['ls', path]);
      assert.equal(status === 0, UIDS[role] === uid, `${role} in ${path}`);
    }
  }
  const key = await asRole('post', ['sh', '-c', `cat ${join(box.dataPath, 'tls')}/*`]);
  assert.notEqual(key.status, 0);
  for (const name of readdirSync(join(box.dataPath, 'tls')))
    assert.equal(statSync(join(box.dataPath, 'tls', name)).mode & 0o077, 0, name);
});

test('no secret is in a command line, an environment or the log', async () => {
  const secrets = ['scrypt', PEOPLE.alice, 'a-wrong-guess', 'PRIVATE KEY'];
  const texts = new Map<string, string>([
    ['the log', (await box.cli(['log', '--level', 'debug', '--limit', '2000'])).stdout],
    ['the output', box.program.log.text()],
    ['config show', (await box.cli(['config', 'show'])).stdout],
  ]);
  for (const pid of await box.pids())
    for (const file of ['cmdline', 'environ'])
      texts.set(`${file} of ${pid}`, readFileSync(`/proc/${pid}/${file}`, 'latin1'));
  assert.ok(texts.size > 8);
  for (const [where, text] of texts)
    for (const secret of secrets) assert.ok(!text.includes(secret), `"${secret}" is in ${where}`);
  assert.match(texts.get('the output') ?? '', /gatepost ready/);
});
