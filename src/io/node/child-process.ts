import { type ChildProcess as NodeChild, fork, type ForkOptions } from 'node:child_process';
import { KernelError, messageOf } from '../../base/errors.ts';
import type { ChildHandlers, ChildProcess, ProcessPort, SpawnOptions } from '../../port/process.ts';
import { LineSplitter } from './line-splitter.ts';
import { ALIVE } from './parent-channel.ts';

export interface ForkOptionsOfRoles {
  /** The module that each role starts in: the bundle itself. */
  readonly entry: string;
  /** The arguments of a role; by default its name. */
  readonly args?: (role: string) => readonly string[];
  /** Options of Node itself. Those of the parent are not inherited: a debugger's port must not be. */
  readonly execArgv?: (role: string) => readonly string[];
  /** The whole environment of the child: none of the parent's is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Takes what a role prints, line by line; without it the child shares the parent's output. */
  readonly onLine?: (role: string, line: string) => void;
}

/**
 * Roles as forks of this program. The user and group are set between fork and exec, where the change from root
 * also empties the permitted, effective and ambient capability sets (capabilities(7)) and the supplementary groups.
 */
export class ForkedRoles<Outgoing, Incoming> implements ProcessPort<Outgoing, Incoming> {
  readonly #options: ForkOptionsOfRoles;

  constructor(options: ForkOptionsOfRoles) {
    this.#options = options;
  }

  spawn(options: SpawnOptions, handlers: ChildHandlers<Incoming>): ChildProcess<Outgoing> {
    const child = this.#fork(options);
    let ended = false;
    const end = (reason: string): void => {
      if (ended) return;
      ended = true;
      handlers.onExit(reason);
    };
    child.on('message', (message) => {
      if (message === ALIVE) handlers.onAlive();
      else handlers.onMessage(message as Incoming);
    });
    // Also emitted for a failed send or kill of a living child, which is no end.
    child.on('error', (error) => {
      if (child.pid === undefined) end(messageOf(error));
    });
    child.on('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    this.#readOutput(options.role, child);
    // A message that races with the end of the child is lost; onExit tells.
    const send = (message: object | string): void => {
      if (child.connected) child.send(message, () => undefined);
    };
    return {
      pid: child.pid ?? 0,
      send: (message) => send(message as object),
      ask: () => send(ALIVE),
      kill: (signal) => void child.kill(signal),
    };
  }

  #fork(options: SpawnOptions): NodeChild {
    const { entry, args, execArgv, env, onLine } = this.#options;
    const output = onLine === undefined ? 'inherit' : 'pipe';
    const settings: ForkOptions = {
      uid: options.uid,
      gid: options.gid,
      env: { ...env },
      execArgv: [...(execArgv?.(options.role) ?? [])],
      // Structured clone: messages may carry bytes and big integers.
      serialization: 'advanced',
      stdio: ['ignore', output, output, 'ipc'],
    };
    try {
      return fork(entry, args?.(options.role) ?? [options.role], settings);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
      throw new KernelError(`start the role "${options.role}"`, code);
    }
  }

  #readOutput(role: string, child: NodeChild): void {
    const { onLine } = this.#options;
    if (onLine === undefined) return;
    for (const stream of [child.stdout, child.stderr]) {
      const splitter = new LineSplitter((line) => onLine(role, line));
      stream?.on('data', (chunk: Uint8Array) => splitter.push(chunk));
      stream?.on('end', () => splitter.end());
      stream?.on('error', () => undefined);
    }
  }
}
