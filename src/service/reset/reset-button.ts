import { Milliseconds } from '../../base/duration.ts';
import { concatBytes } from '../../base/bytes.ts';
import { messageOf } from '../../base/errors.ts';
import { after } from '../../base/instant.ts';
import { type ButtonState, RELEASED, judgeButton, pressButton } from '../../engine/reset-button/step.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import type { InputDevice, InputDevices } from '../../port/input-device.ts';
import { decodeInputEvents } from '../../wire/input-event/input-event.ts';

/** The button as the board describes it. */
export interface ResetButtonPlace {
  /** `/dev/input/event0`. */
  readonly device: string;
  /** Of linux/input-event-codes.h. */
  readonly key: number;
}

export interface ResetButtonPorts {
  readonly devices: InputDevices;
  readonly clock: Clock;
  /** It was held for long enough. */
  readonly onHeld: () => void;
  /** Why it cannot be read. */
  readonly onProblem: (sentence: string) => void;
}

/** Against ten seconds it is exact enough, and costs an idle board next to nothing. */
const LOOK_EVERY = Milliseconds(500);

/** Looks after the button that resets the box when it is held. */
export class ResetButton {
  readonly #place: ResetButtonPlace;
  readonly #ports: ResetButtonPorts;
  #device: InputDevice | undefined;
  #state: ButtonState = RELEASED;
  #rest: Uint8Array = new Uint8Array(0);
  #next: Cancel | undefined;

  constructor(place: ResetButtonPlace, ports: ResetButtonPorts) {
    this.#place = place;
    this.#ports = ports;
  }

  start(): void {
    const { devices } = this.#ports;
    this.#guarded(() => {
      this.#device = devices.open(this.#place.device);
      this.#lookSoon();
    });
  }

  stop(): void {
    this.#next?.cancel();
    this.#device?.close();
    this.#device = undefined;
  }

  #lookSoon(): void {
    const { clock } = this.#ports;
    this.#next = clock.wake(after(clock.now(), LOOK_EVERY), () =>
      this.#guarded(() => {
        this.#look();
        if (this.#device !== undefined) this.#lookSoon();
      }),
    );
  }

  #look(): void {
    const { clock, onHeld } = this.#ports;
    const now = clock.now();
    const { events, rest } = decodeInputEvents(
      concatBytes([this.#rest, this.#device?.read() ?? new Uint8Array(0)]),
    );
    this.#rest = rest;
    const pressed = pressButton(this.#state, events, { code: this.#place.key, now });
    const { state, isHeld } = judgeButton(pressed, now);
    this.#state = state;
    if (isHeld) onHeld();
  }

  /** Without its button the box is as good as before. */
  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.stop();
      this.#ports.onProblem(messageOf(error));
    }
  }
}
