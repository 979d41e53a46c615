import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Milliseconds, Seconds } from '../../src/base/duration.ts';
import { KernelError } from '../../src/base/errors.ts';
import type { ChildHandlers, ProcessPort, SpawnOptions } from '../../src/port/process.ts';
import { startSupervisor, type Supervisor } from '../../src/service/supervisor.ts';
import { FakeClock } from '../fake/fake-clock.ts';
import { FakeRandom } from '../fake/fake-random.ts';
import { RingLog } from '../../src/io/log/ring-log.ts';

interface FakeChild {
  readonly role: string;
  readonly pid: number;
  readonly received: string[];
  readonly signals: string[];
  readonly handlers: ChildHandlers<string>;
  asked: number;
}

class FakeProcesses implements ProcessPort<string, string> {
  readonly children: FakeChild[] = [];
  refusal: Error | undefined;

  spawn(options: SpawnOptions, handlers: ChildHandlers<string>) {
    if (this.refusal !== undefined) throw this.refusal;
    const child: FakeChild = {
      role: options.role,
      pid: 100 + this.children.length,
      received: [],
      signals: [],
      handlers,
      asked: 0,
    };
    this.children.push(child);
    return {
      pid: child.pid,
      send: (message: string) => void child.received.push(message),
      ask: () => void (child.asked += 1),
      kill: (signal: string) => void child.signals.push(signal),
    };
  }
}

function setUp(prepare: (processes: FakeProcesses) => void = () => undefined) {
  const processes = new FakeProcesses();
  prepare(processes);
  const clock = new FakeClock();
  const told: string[] = [];
  const log = new RingLog({ clock, print: () => undefined });
  const supervisor: Supervisor<string> = startSupervisor(
    {
      roles: [
        { role: 'post', uid: 901, gid: 901 },
        { role: 'web', uid: 902, gid: 902 },
      ],
      stopMessage: 'stop',
    },
    { processes, clock, random: new FakeRandom(), log: log.logFor('supervisor') },
    {
      onMessage: (role, message) => void told.push(`${role} says ${message}`),
      onStarted: (role) => void told.push(`${role} started`),
      onExited: (role, reason) => void told.push(`${role} exited: ${reason}`),
    },
  );
  const child = (index: number): FakeChild => {
    const found = processes.children[index];
    assert.ok(found);
    return found;
  };
  return { processes, clock, told, log, supervisor, child };
}

test('startSupervisor() starts every role and passes messages both ways', () => {
  const { supervisor, told, child } = setUp();
  assert.equal(supervisor.send('web', 'hello'), true);
  assert.equal(supervisor.send('nobody', 'hello'), false);
  child(0).handlers.onMessage('ready');
  assert.deepEqual(child(1).received, ['hello']);
  assert.deepEqual(told, ['post started', 'web started', 'post says ready']);
});

test('startSupervisor() has a killed role back well within two seconds, and leaves the other alone', async () => {
  const { clock, told, supervisor, child, log } = setUp();
  await clock.advance(Seconds(60));
  child(0).handlers.onExit('SIGKILL');
  assert.equal(supervisor.send('post', 'lost'), false);
  await clock.advance(Milliseconds(200));
  assert.equal(child(2).role, 'post');
  assert.deepEqual(told.slice(2), ['post exited: SIGKILL', 'post started']);
  const [post, web] = supervisor.status();
  assert.deepEqual([post?.pid, post?.restarts, post?.lastExit], [102, 1, 'SIGKILL']);
  assert.deepEqual([web?.pid, web?.restarts, web?.lastExit], [101, 0, undefined]);
  assert.equal(log.entries().at(-1)?.level, 'error');
});

test('startSupervisor() ends a role that does not answer for a minute, and starts it again', async () => {
  const { clock, child, log, processes } = setUp();
  for (let round = 1; round <= 60; round++) {
    await clock.advance(Seconds(10));
    assert.equal(child(1).asked, round);
    child(1).handlers.onAlive();
    if (round === 30) child(0).handlers.onAlive();
  }
  assert.deepEqual(
    [child(0).asked, child(0).signals],
    [6, ['SIGKILL']],
    'it has never answered in the first minute',
  );
  assert.deepEqual(child(1).signals, []);
  assert.match(log.entries().at(-1)?.text ?? '', /post has not answered 6 times and is ended/);
  child(0).handlers.onExit('SIGKILL');
  await clock.advance(Milliseconds(200));
  assert.equal(processes.children.at(-1)?.role, 'post');
  await clock.advance(Seconds(10));
  assert.equal(child(2).asked, 1, 'the new process is asked anew');
});

test('startSupervisor() asks nobody who has ended, and counts anew for who has answered once', async () => {
  const { clock, child } = setUp();
  await clock.advance(Seconds(50));
  child(0).handlers.onAlive();
  await clock.advance(Seconds(60));
  assert.deepEqual(child(0).signals, []);
  child(1).handlers.onExit('SIGTERM');
  const { asked } = child(1);
  await clock.advance(Seconds(60));
  assert.equal(child(1).asked, asked);
});

test('startSupervisor() tries again with back-off when the system refuses a process', async () => {
  const { clock, processes, supervisor } = setUp((fresh) => {
    fresh.refusal = new KernelError('start the role "post"', 'EAGAIN');
  });
  assert.deepEqual(
    supervisor.status().map((role) => role.phase),
    ['waiting', 'waiting'],
  );
  await clock.advance(Milliseconds(200));
  assert.deepEqual(
    supervisor.status().map((role) => role.restarts),
    [1, 1],
  );
  processes.refusal = undefined;
  await clock.advance(Seconds(1));
  assert.deepEqual(
    supervisor.status().map((role) => role.phase),
    ['running', 'running'],
  );
});

test('stop() asks every role, insists on those that stay, and resolves when none is left', async () => {
  const { clock, supervisor, child, told } = setUp();
  const stopped = supervisor.stop();
  assert.deepEqual([child(0).received, child(1).received], [['stop'], ['stop']]);
  child(0).handlers.onExit('exit code 0');
  await clock.advance(Seconds(3));
  await clock.advance(Seconds(3));
  assert.deepEqual([child(0).signals, child(1).signals], [[], ['SIGTERM', 'SIGKILL']]);
  child(1).handlers.onExit('SIGKILL');
  await stopped;
  await clock.advance(Seconds(60));
  assert.deepEqual(told.slice(2), ['post exited: exit code 0', 'web exited: SIGKILL']);
  await supervisor.stop();
});
