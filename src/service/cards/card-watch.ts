import { Seconds } from '../../base/duration.ts';
import { messageOf } from '../../base/errors.ts';
import { after } from '../../base/instant.ts';
import { type CardReset, type CardState, newCard, watchCard } from '../../engine/cards/watch-card.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import type { NetworkCards } from '../../port/network-card.ts';

/** A device that is to be looked after. */
export interface WatchedCard {
  readonly device: string;
  readonly carrier: boolean;
}

export interface CardWatchPorts {
  readonly clock: Clock;
  readonly cards: NetworkCards;
  /** The ports of the box that are there now. */
  readonly devices: () => readonly WatchedCard[];
  /** Gives a device something harmless to send; false if there is nothing that it could. */
  readonly send: (device: string) => Promise<boolean>;
  /** Switches it off and on. */
  readonly restartLink: (device: string) => Promise<void>;
  /** A card was reset, and why. */
  readonly onReset: (device: string, sentence: string) => void;
  /** What resets have not mended; undefined when it works. */
  readonly onProblem: (sentence: string | undefined) => void;
}

const LOOK_EVERY = Seconds(5);

/** Looks whether the network cards send what they are given, and resets one that does not: most hang in a way that this mends. */
export class CardWatch {
  readonly #ports: CardWatchPorts;
  readonly #states = new Map<string, CardState>();
  readonly #hopeless = new Map<string, string>();
  /** Cards that were taken from their drivers, until as many devices are there again: a card may come back by another name. */
  readonly #taken = new Map<string, number>();
  #count = 0;
  #next: Cancel | undefined;
  #isStopped = false;

  constructor(ports: CardWatchPorts) {
    this.#ports = ports;
  }

  start(): void {
    const { clock } = this.#ports;
    this.#next = clock.wake(after(clock.now(), LOOK_EVERY), () => void this.#look());
  }

  stop(): void {
    this.#isStopped = true;
    this.#next?.cancel();
  }

  /** Why the board is to be started anew: a card that resets have not mended. */
  get problem(): string | undefined {
    const [first] = this.#hopeless;
    return first === undefined ? undefined : `The network card ${first[0]} does not send: ${first[1]}`;
  }

  async #look(): Promise<void> {
    const devices = this.#ports.devices();
    for (const name of this.#states.keys())
      if (devices.every(({ device }) => device !== name)) this.#forget(name);
    this.#count = devices.length;
    for (const [name, count] of this.#taken) this.#lookForTaken(name, count);
    for (const device of devices) await this.#lookAt(device);
    this.#ports.onProblem(this.problem);
    if (!this.#isStopped) this.start();
  }

  #forget(device: string): void {
    this.#states.delete(device);
    this.#hopeless.delete(device);
  }

  /** One that its driver has not taken back looks as if it had been pulled out; only a start of the board finds it again. */
  #lookForTaken(device: string, count: number): void {
    if (this.#count < count)
      this.#hopeless.set(device, 'it has not come back since it was taken from its driver');
    else if (this.#taken.delete(device)) this.#hopeless.delete(device);
  }

  async #lookAt({ device, carrier }: WatchedCard): Promise<void> {
    const { clock, cards, send } = this.#ports;
    const counters = cards.counters(device);
    if (counters === undefined) return;
    const look = { ...counters, carrier };
    const now = clock.now();
    const before = this.#states.get(device) ?? newCard(look, now);
    const { state, verdict } = watchCard(before, look, now);
    this.#states.set(device, state);
    if (verdict.kind === 'hopeless') this.#hopeless.set(device, verdict.reason);
    else if (!carrier || look.sent !== before.sent) this.#hopeless.delete(device);
    if (verdict.kind === 'try' && !(await send(device).catch(() => false)))
      this.#states.set(device, { ...before, movedAt: now });
    if (verdict.kind === 'reset') await this.#reset(device, verdict);
  }

  async #reset(
    device: string,
    { how, reason }: { readonly how: CardReset; readonly reason: string },
  ): Promise<void> {
    const { cards, restartLink, onReset } = this.#ports;
    if (how === 'driver') this.#taken.set(device, this.#count);
    try {
      const isRebound = how === 'driver' && cards.rebind(device);
      if (!isRebound) await restartLink(device);
      const what = isRebound ? 'was given back to its driver anew' : 'was switched off and on';
      onReset(device, `The network card ${device} ${what}: ${reason}`);
    } catch (error) {
      onReset(
        device,
        `The network card ${device} does not send (${reason}), and cannot be reset: ${messageOf(error)}`,
      );
    }
  }
}
