/** A child role of the supervisor, seen from its parent. */
export interface ChildProcess<Outgoing> {
  /** 0 if the operating system could not start it; `onExit` follows. */
  readonly pid: number;
  send(message: Outgoing): void;
  /** Asks whether its event loop turns; {@link ChildHandlers.onAlive} is the answer. */
  ask(): void;
  /** SIGTERM or SIGKILL. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export interface ChildHandlers<Incoming> {
  onMessage(message: Incoming): void;
  onAlive(): void;
  /** The process has ended: exit code, or the signal's name. */
  onExit(reason: string): void;
}

export interface SpawnOptions {
  readonly role: string;
  /** Numeric user and group; both capabilities and supplementary groups are gone after the change. */
  readonly uid: number;
  readonly gid: number;
}

export interface ProcessPort<Outgoing, Incoming> {
  spawn(options: SpawnOptions, handlers: ChildHandlers<Incoming>): ChildProcess<Outgoing>;
}

/** The supervisor, seen from a child role. */
export interface ParentChannel<Outgoing> {
  /** Lost without a word once the parent is gone. */
  send(message: Outgoing): void;
  close(): void;
}

export interface ParentHandlers<Incoming> {
  onMessage(message: Incoming): void;
  /** The parent has ended or closed the channel: the role ends too. */
  onGone(): void;
}
