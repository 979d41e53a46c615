import process from 'node:process';
import { InvariantError } from '../base/errors.ts';
import { EXIT } from '../cli/exit.ts';
import { RingLog } from '../io/log/ring-log.ts';
import { ForkedRoles } from '../io/node/child-process.ts';
import { NodeClock } from '../io/node/clock.ts';
import { NodeRandom } from '../io/node/random.ts';
import type { RoleStatus } from '../port/box.ts';
import type { Log } from '../port/log.ts';
import { type Supervisor, type SupervisorCallbacks, startSupervisor } from '../service/supervisor.ts';
import type { ChildRole, Down, Up } from './ipc.ts';
import { POST_FLAGS } from './post-flags.ts';
import { ENVIRONMENT, ROLE_IDS, type RunSettings } from './settings.ts';

const ROLES = [
  { role: 'net', uid: 0, gid: 0 },
  { role: 'post', ...ROLE_IDS.post },
  { role: 'web', ...ROLE_IDS.web },
] as const;

function isChildRole(role: string): role is ChildRole {
  return role === 'post' || role === 'web';
}

/**
 * The process that `gatepost run` becomes: parent of all roles. It does nothing else, so that it has no reason to
 * fall: a crashed role is restarted while the others go on, `net` included, and what they say to each other is passed on.
 */
export class Guardian {
  readonly #log: Log;
  readonly #supervisor: Supervisor<Down>;
  #ready = false;
  #ending = false;

  constructor(settings: RunSettings, entry: string) {
    const clock = new NodeClock();
    const startedAt = process.hrtime()[0] * 1000;
    const log = new RingLog({ clock });
    const processes = new ForkedRoles<Down, Up>({
      entry,
      execArgv: (role) => [...process.execArgv, ...(role === 'post' ? POST_FLAGS : [])],
      args: (role) => ['--role', role, JSON.stringify({ ...settings, startedAt })],
      env: ENVIRONMENT,
    });
    this.#log = log.logFor('run');
    const ports = { processes, clock, random: new NodeRandom(), log: this.#log };
    // Before there is a role: a signal then ends all of them in order.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void this.#end(EXIT.done));
    this.#supervisor = startSupervisor(
      { roles: ROLES, stopMessage: { kind: 'stop' } },
      ports,
      this.#callbacks(),
    );
  }

  #callbacks(): SupervisorCallbacks<Up> {
    return {
      onMessage: (role, message) =>
        role === 'net' ? this.#fromNet(message) : this.#fromChild(role, message),
      onStarted: (role) => this.#started(role),
      onExited: () => this.#tellRoles(),
    };
  }

  #started(role: string): void {
    // The supervisor starts its roles before its constructor returns; they can say nothing before that.
    queueMicrotask(() => {
      if (isChildRole(role)) this.#supervisor.send('net', { kind: 'started', role });
      this.#tellRoles();
    });
  }

  #tellRoles(): void {
    if (this.#ending) return;
    this.#supervisor.send('net', { kind: 'roles', roles: this.#roles() });
  }

  #roles(): readonly RoleStatus[] {
    return this.#supervisor.status().map(({ role, pid, restarts }) => ({
      name: role,
      state: pid === undefined ? 'waiting' : 'running',
      pid: pid ?? null,
      restarts,
    }));
  }

  #fromChild(role: string, message: Up): void {
    if (!isChildRole(role)) throw new InvariantError(`Cannot pass on a message of the role "${role}"`);
    if (
      message.kind === 'to' ||
      message.kind === 'ready' ||
      message.kind === 'fatal' ||
      message.kind === 'restart'
    )
      return;
    this.#supervisor.send('net', { kind: 'from', role, message });
  }

  #fromNet(message: Up): void {
    switch (message.kind) {
      case 'to':
        this.#supervisor.send(message.role, message.message);
        return;
      case 'ready':
        if (!this.#ready) process.stdout.write('gatepost ready\n');
        this.#ready = true;
        return;
      case 'fatal':
        this.#giveUp(message.sentence);
        return;
      case 'restart':
        this.#log.notice(message.reason);
        void this.#end(EXIT.restart);
        return;
      case 'log':
      case 'services':
      case 'mailboxes':
      case 'storage':
      case 'answer':
      case 'outgoing':
        return;
    }
  }

  /** Only a box that never worked gives up: one that did is repaired by its roles, and says so in health. */
  #giveUp(sentence: string): void {
    if (this.#ready) this.#log.error(sentence);
    else if (!this.#ending) {
      process.stderr.write(`${sentence}\n`);
      void this.#end(EXIT.failed);
    }
  }

  async #end(code: number): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    await this.#supervisor.stop();
    process.exit(code);
  }
}
