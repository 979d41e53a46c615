import { messageOf } from '../base/errors.ts';
import { type Timestamp, after } from '../base/instant.ts';
import { BEAT, beatDue } from '../engine/supervise/heartbeat.ts';
import {
  DEFAULT_POLICY,
  type Effect,
  type Event,
  INITIAL,
  type Policy,
  type State,
  stepRole,
} from '../engine/supervise/supervise.ts';
import type { Cancel, Clock } from '../port/clock.ts';
import type { Log } from '../port/log.ts';
import type { ChildProcess, ProcessPort, SpawnOptions } from '../port/process.ts';
import type { Random } from '../port/random.ts';

export interface SupervisorOptions<Outgoing> {
  readonly roles: readonly SpawnOptions[];
  /** The message that asks a role to finish its work and end. */
  readonly stopMessage: Outgoing;
  readonly policy?: Policy;
}

export interface SupervisorPorts<Outgoing, Incoming> {
  readonly processes: ProcessPort<Outgoing, Incoming>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface SupervisorCallbacks<Incoming> {
  onMessage(role: string, message: Incoming): void;
  /** The process exists; it has said nothing yet. Also called after each restart: its settings are to be sent again. */
  onStarted(role: string): void;
  onExited(role: string, reason: string): void;
}

/** What the page and `gatepost health` show of a role. */
export interface RoleStatus {
  readonly role: string;
  readonly phase: State['phase'];
  /** While there is a process. */
  readonly pid: number | undefined;
  readonly startedAt: Timestamp | undefined;
  /** Restarts since the box started. */
  readonly restarts: number;
  /** How it ended the last time, if it has ended by itself. */
  readonly lastExit: string | undefined;
}

export interface Supervisor<Outgoing> {
  /** False when the role has no process just now: the message is not kept. */
  send(role: string, message: Outgoing): boolean;
  status(): readonly RoleStatus[];
  /** Ends all roles in an orderly way; resolves when no process is left. */
  stop(): Promise<void>;
}

/** Starts the roles and keeps them running until {@link Supervisor.stop}. */
export function startSupervisor<Outgoing, Incoming>(
  options: SupervisorOptions<Outgoing>,
  ports: SupervisorPorts<Outgoing, Incoming>,
  callbacks: SupervisorCallbacks<Incoming>,
): Supervisor<Outgoing> {
  const keepers = new Map(
    options.roles.map((role) => [role.role, new RoleKeeper(role, options, { ports, callbacks })]),
  );
  for (const keeper of keepers.values()) keeper.handle({ kind: 'start' });
  return {
    send: (role, message) => keepers.get(role)?.send(message) ?? false,
    status: () => [...keepers.values()].map((keeper) => keeper.status()),
    stop: async () => {
      await Promise.all([...keepers.values()].map((keeper) => keeper.stop()));
    },
  };
}

interface Surroundings<Outgoing, Incoming> {
  readonly ports: SupervisorPorts<Outgoing, Incoming>;
  readonly callbacks: SupervisorCallbacks<Incoming>;
}

class RoleKeeper<Outgoing, Incoming> {
  readonly #role: SpawnOptions;
  readonly #stopMessage: Outgoing;
  readonly #policy: Policy;
  readonly #ports: SupervisorPorts<Outgoing, Incoming>;
  readonly #callbacks: SupervisorCallbacks<Incoming>;
  #state: State = INITIAL;
  #child: ChildProcess<Outgoing> | undefined;
  #startedAt: Timestamp | undefined;
  #starts = 0;
  #lastExit: string | undefined;
  #onStopped: (() => void)[] = [];
  #beat: Cancel | undefined;
  #unanswered = 0;

  constructor(
    role: SpawnOptions,
    options: SupervisorOptions<Outgoing>,
    surroundings: Surroundings<Outgoing, Incoming>,
  ) {
    this.#role = role;
    this.#stopMessage = options.stopMessage;
    this.#policy = options.policy ?? DEFAULT_POLICY;
    this.#ports = surroundings.ports;
    this.#callbacks = surroundings.callbacks;
  }

  handle(event: Event): void {
    const { clock, random } = this.#ports;
    const { state, effects } = stepRole(this.#state, event, {
      now: clock.now(),
      random: (limit) => random.below(limit),
      policy: this.#policy,
    });
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
    if (this.#state.phase !== 'stopped') return;
    for (const resolve of this.#onStopped.splice(0)) resolve();
  }

  send(message: Outgoing): boolean {
    this.#child?.send(message);
    return this.#child !== undefined;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#onStopped.push(resolve);
      this.handle({ kind: 'stop' });
    });
  }

  status(): RoleStatus {
    return {
      role: this.#role.role,
      phase: this.#state.phase,
      pid: this.#child?.pid,
      startedAt: this.#startedAt,
      restarts: Math.max(0, this.#starts - 1),
      lastExit: this.#lastExit,
    };
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'spawn':
        return this.#spawn();
      case 'askToStop':
        this.#child?.send(this.#stopMessage);
        return;
      case 'signal':
        this.#ports.log.warn(`The role ${this.#role.role} has not stopped in time: ${effect.signal} sent`);
        this.#child?.kill(effect.signal);
        return;
      case 'wake':
        this.#ports.clock.wake(effect.at, () => this.handle({ kind: 'wake' }));
    }
  }

  #spawn(): void {
    const { processes, clock } = this.#ports;
    const { role } = this.#role;
    this.#starts++;
    try {
      this.#child = processes.spawn(this.#role, {
        onMessage: (message) => this.#callbacks.onMessage(role, message),
        onAlive: () => (this.#unanswered = 0),
        onExit: (reason) => this.#exited(reason),
      });
    } catch (error) {
      this.#exited(messageOf(error));
      return;
    }
    this.#startedAt = clock.wallTime();
    this.#unanswered = 0;
    this.#beatAgain();
    this.#callbacks.onStarted(role);
  }

  /** A role that runs in circles never ends by itself: it is ended, and then started like any other that fell. */
  #beatAgain(): void {
    const { clock, log } = this.#ports;
    this.#beat = clock.wake(after(clock.now(), BEAT), () => {
      if (beatDue(this.#unanswered) === 'end') {
        log.error(`The role ${this.#role.role} has not answered ${this.#unanswered} times and is ended`);
        this.#child?.kill('SIGKILL');
        return;
      }
      this.#unanswered += 1;
      this.#child?.ask();
      this.#beatAgain();
    });
  }

  #exited(reason: string): void {
    const { role } = this.#role;
    const asked = this.#state.phase === 'stopping';
    this.#child = undefined;
    this.#startedAt = undefined;
    this.#beat?.cancel();
    if (!asked) {
      this.#lastExit = reason;
      this.#ports.log.error(`The role ${role} has ended by itself (${reason}) and is started again`);
    }
    this.#callbacks.onExited(role, reason);
    this.handle({ kind: 'exited' });
  }
}
