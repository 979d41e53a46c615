import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { Lab } from './lab.ts';
import { Program } from './program.ts';
import { removeLeftOvers } from './remove-lab.ts';
import { outputOf } from './run-command.ts';
import { waitFor } from './wait-for.ts';

interface Made {
  readonly directory: string;
  readonly namespace: string;
  readonly pid: number;
}

/** Runs the victim in a process of its own until it has made its lab. */
async function startVictim(lab: Lab, manner: string): Promise<{ victim: Program; made: Made }> {
  const argv = [process.execPath, join(import.meta.dirname, 'lab-victim.ts'), manner];
  const victim = new Program('victim', argv, { logPath: join(lab.directory, `${manner}.log`) });
  const [, directory = '', namespace = '', pid] = await victim.line(/made (\S+) (\S+) (\d+)/);
  return { victim, made: { directory, namespace, pid: Number(pid) } };
}

async function assertNothingLeft({ directory, namespace, pid }: Made): Promise<void> {
  assert.equal(existsSync(directory), false, 'the directory is gone');
  assert.equal(existsSync(`/etc/netns/${namespace}`), false, 'the files over /etc are gone');
  assert.doesNotMatch(await outputOf(['ip', 'netns', 'list']), new RegExp(`^${namespace}\\b`, 'm'));
  assert.doesNotMatch(readFileSync('/proc/self/mounts', 'utf8'), new RegExp(namespace));
  await waitFor('the end of the program', () => !isRunning(pid));
}

function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('Lab.cable() joins two namespaces that nobody else sees', async () => {
  await using lab = new Lab();
  const [a, b] = [await lab.namespace('a'), await lab.namespace('b')];
  await lab.cable({ namespace: a, device: 'eth0' }, { namespace: b, device: 'eth0' });
  await a.ip('addr', 'add', '198.18.0.1/24', 'dev', 'eth0');
  await b.ip('addr', 'add', '198.18.0.2/24', 'dev', 'eth0');
  await a.output(['ping', '-c', '1', '-W', '10', '198.18.0.2']);
  assert.doesNotMatch(await outputOf(['ip', 'addr']), /198\.18\.0\./);
});

test('Lab.bridge() makes one Ethernet of several devices', async () => {
  await using lab = new Lab();
  const middle = await lab.namespace('switch');
  for (const [name, address] of [
    ['a', '198.18.0.1/24'],
    ['b', '198.18.0.2/24'],
  ] as const) {
    const host = await lab.namespace(name);
    await lab.cable({ namespace: middle, device: name }, { namespace: host, device: 'eth0' });
    await host.ip('addr', 'add', address, 'dev', 'eth0');
  }
  await lab.bridge(middle, 'br0', ['a', 'b']);
  await outputOf([
    'ip',
    'netns',
    'exec',
    `gp${process.pid}.1-a`,
    'ping',
    '-c',
    '1',
    '-W',
    '10',
    '198.18.0.2',
  ]);
});

test('Lab.remove() leaves no namespace, program or file', async () => {
  const lab = new Lab();
  const host = await lab.namespace('host');
  const program = host.start('sleeper', ['sleep', '600']);
  await waitFor('the program inside', async () => (await host.pids()).includes(program.pid));
  lab.remove();
  await assertNothingLeft({ directory: lab.directory, namespace: host.kernelName, pid: program.pid });
  assert.equal((await program.ended).signal, 'SIGKILL');
});

test('Namespace.resolver() sets the resolv.conf of its programs and not of the machine', async () => {
  await using lab = new Lab();
  const host = await lab.namespace('host');
  const before = readFileSync('/etc/resolv.conf', 'utf8');
  host.resolver(['192.0.2.53']);
  assert.equal(await host.output(['cat', '/etc/resolv.conf']), 'nameserver 192.0.2.53\n');
  await host.output(['sh', '-c', 'echo nameserver 192.0.2.54 >/etc/resolv.conf']);
  assert.equal(await host.output(['cat', '/etc/resolv.conf']), 'nameserver 192.0.2.54\n');
  assert.equal(readFileSync('/etc/resolv.conf', 'utf8'), before);
});

test('Program.line() fails at once, with the last words, when the program ends first', async () => {
  await using lab = new Lab();
  const host = await lab.namespace('host');
  const program = host.start('short', ['sh', '-c', 'echo a last word; exit 3']);
  await assert.rejects(program.line(/never/), /the program ended\na last word/);
  assert.equal((await program.ended).code, 3);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  test(`Lab: ${signal} leaves nothing`, async () => {
    await using lab = new Lab();
    const { victim, made } = await startVictim(lab, 'wait');
    victim.kill(signal);
    await victim.ended;
    await assertNothingLeft(made);
  });

for (const manner of ['throw', 'reject'])
  test(`Lab: an uncaught error (${manner}) leaves nothing and is still an error`, async () => {
    await using lab = new Lab();
    const { victim, made } = await startVictim(lab, manner);
    assert.equal((await victim.ended).code, 1);
    await assertNothingLeft(made);
  });

test('removeLeftOvers() removes the lab of a killed run, and not that of a living one', async () => {
  await using lab = new Lab();
  const killed = await startVictim(lab, 'wait');
  killed.victim.kill('SIGKILL');
  await killed.victim.ended;
  assert.equal(isRunning(killed.made.pid), true, 'its program outlived it');
  removeLeftOvers();
  await assertNothingLeft(killed.made);
  assert.equal(existsSync(lab.directory), true);
});
