import { Milliseconds, Minutes, Seconds } from '../../base/duration.ts';
import { messageOf } from '../../base/errors.ts';
import { after } from '../../base/instant.ts';
import type { Action } from '../../engine/console/actions.ts';
import { type BoxFacts, type ConsoleFacts, type Log, NOTHING_KNOWN } from '../../engine/console/facts.ts';
import { type Pending, readKeys } from '../../engine/console/keys.ts';
import { renderConsole } from '../../engine/console/render.ts';
import { paint, repaint } from '../../engine/console/screen.ts';
import {
  type ConsoleEffect,
  type ConsoleEvent,
  type ConsoleState,
  type Size,
  initialConsole,
  stepConsole,
} from '../../engine/console/step.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import type { Terminal, TerminalHandlers, TerminalSize } from '../../port/terminal.ts';

/** The box as the console asks it. Every call may fail: it is not there yet, or no more. */
export interface ConsoleBox {
  facts(): Promise<BoxFacts>;
  log(): Promise<Log>;
  act(action: Action): Promise<void>;
  /** What it does before it answers. */
  starting(): Promise<string | undefined>;
  /** What the start of the board has found of the data. */
  bootData(): Promise<string | undefined>;
}

export interface ConsolePorts {
  readonly clock: Clock;
  readonly box: ConsoleBox;
  readonly open: (handlers: TerminalHandlers) => Terminal;
  readonly onGone: (reason: string) => void;
}

const LOOK_EVERY = Seconds(4);
/** While an update is written its progress is watched. */
const LOOK_AT_UPDATE = Seconds(1);
/** Back to the status, so that nobody finds a half-typed word. */
const IDLE_AFTER = Minutes(2);
/** A line that was not ready for a screen gets the one of now. */
const BUSY_AGAIN = Milliseconds(200);
/** A line that does not say how large it is; the size of terminals since the VT100. */
const USUAL: Size = { columns: 80, rows: 24 };
/** Less is no terminal, more is noise. */
const LARGEST: Size = { columns: 240, rows: 100 };

const DONE: Readonly<Record<Action, string>> = {
  restart: 'The box restarts now.',
  'other-system': 'The box restarts into the other system now.',
  reset: 'The box restarts now, with factory settings.',
  format: 'The box restarts now, and formats its data.',
};

/** Shows the box on one terminal and does what its keys say. */
export class ConsoleService {
  readonly #ports: ConsolePorts;
  readonly #terminal: Terminal;
  #state: ConsoleState;
  #pending: Pending = [];
  #shown: readonly string[] | undefined;
  #facts: ConsoleFacts = NOTHING_KNOWN;
  #idle: Cancel | undefined;
  #again: Cancel | undefined;
  #nextLook: Cancel | undefined;
  #isStopped = false;

  constructor(ports: ConsolePorts) {
    this.#ports = ports;
    this.#terminal = ports.open({
      onOctets: (octets) => this.#heard(octets),
      onGone: (reason) => {
        this.stop();
        ports.onGone(reason);
      },
    });
    this.#state = initialConsole(boundedSize(this.#terminal.size()));
    this.#draw();
    void this.#look();
  }

  stop(): void {
    this.#isStopped = true;
    this.#idle?.cancel();
    this.#again?.cancel();
    this.#nextLook?.cancel();
    this.#terminal.close();
  }

  async #look(): Promise<void> {
    const { clock, box } = this.#ports;
    const [facts, starting, bootData] = await Promise.all([
      box.facts().catch(() => undefined),
      box.starting().catch(() => undefined),
      box.bootData().catch(() => undefined),
    ]);
    if (this.#isStopped) return;
    const hasAnswered = this.#facts.hasAnswered || facts !== undefined;
    this.#facts = { box: facts, hasAnswered, starting, bootData };
    this.#fire({ kind: 'facts', facts: this.#facts });
    const isUpdating = facts?.update?.progress !== undefined;
    const wait = isUpdating ? LOOK_AT_UPDATE : LOOK_EVERY;
    this.#nextLook = clock.wake(after(clock.now(), wait), () => void this.#look());
  }

  #heard(octets: Uint8Array): void {
    const { clock } = this.#ports;
    const { pending, keys } = readKeys(this.#pending, octets);
    this.#pending = pending;
    for (const key of keys) this.#fire({ kind: 'key', key });
    this.#idle?.cancel();
    this.#idle = clock.wake(after(clock.now(), IDLE_AFTER), () => this.#fire({ kind: 'idle' }));
  }

  #fire(event: ConsoleEvent): void {
    const { state, effects } = stepConsole(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
    this.#draw();
  }

  #carryOut(effect: ConsoleEffect): void {
    switch (effect.kind) {
      case 'repaint':
        this.#shown = undefined;
        return;
      case 'read-log':
        void this.#answer(async () => {
          this.#fire({ kind: 'log', lines: await this.#ports.box.log() });
        });
        return;
      case 'act':
        void this.#answer(async () => {
          await this.#ports.box.act(effect.action);
          this.#fire({ kind: 'answer', text: DONE[effect.action] });
        });
        return;
      default:
        return effect satisfies never;
    }
  }

  async #answer(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#fire({ kind: 'answer', text: messageOf(error) });
    }
  }

  /** Nothing is queued up for a line that is stopped or slow: what is drawn next is the screen of then. */
  #draw(): void {
    if (this.#isStopped) return;
    const { clock } = this.#ports;
    if (this.#terminal.isBusy) {
      this.#again ??= clock.wake(after(clock.now(), BUSY_AGAIN), () => {
        this.#again = undefined;
        this.#draw();
      });
      return;
    }
    const size = boundedSize(this.#terminal.size());
    const { size: before } = this.#state;
    if (size.columns !== before.columns || size.rows !== before.rows) {
      this.#state = stepConsole(this.#state, { kind: 'size', size }).state;
      this.#shown = undefined;
    }
    const lines = renderConsole(this.#state);
    const text = this.#shown === undefined ? paint(lines) : repaint(this.#shown, lines);
    this.#shown = lines;
    if (text !== '') this.#terminal.write(text);
  }
}

function boundedSize({ columns, rows }: TerminalSize): Size {
  return {
    columns: Math.min(LARGEST.columns, columns > 0 ? columns : USUAL.columns),
    rows: Math.min(LARGEST.rows, rows > 0 ? rows : USUAL.rows),
  };
}
