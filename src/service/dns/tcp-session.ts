import { Seconds } from '../../base/duration.ts';
import { after } from '../../base/instant.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import type { TcpConnection } from '../../port/tcp.ts';
import { FrameSplitter, frameMessage } from '../../wire/dns/stream-frame.ts';

/** How long a connection may stay without a message under way (RFC 7766 section 6.2.3 wants seconds). */
export const IDLE_TIMEOUT = Seconds(10);

/** Questions of one connection that are worked on at a time; at the cap its further bytes wait. */
const MOST_PIPELINED = 32;

/** Yields the response to a message, or undefined if there is none to give. */
export type Respond = (message: Uint8Array) => Promise<Uint8Array | undefined>;

/** Serves one connection: messages in, responses out as they become ready, in any order (RFC 7766 section 6.2.1.1). */
export class TcpSession {
  readonly #connection: TcpConnection;
  readonly #clock: Clock;
  readonly #respond: Respond;
  readonly #splitter = new FrameSplitter();
  readonly #waiting: Uint8Array[] = [];
  #underWay = 0;
  #isClogged = false;
  #isClosed = false;
  #idle: Cancel | undefined;

  constructor(connection: TcpConnection, clock: Clock, respond: Respond) {
    this.#connection = connection;
    this.#clock = clock;
    this.#respond = respond;
  }

  /** Serves until the connection ends. */
  start(onEnd: () => void): void {
    this.#connection.onClose(() => {
      this.#isClosed = true;
      this.#idle?.cancel();
      this.#waiting.length = 0;
      onEnd();
    });
    this.#connection.onDrain(() => {
      this.#isClogged = false;
      this.#work();
    });
    this.#connection.onData((chunk) => {
      this.#waiting.push(...this.#splitter.push(chunk));
      this.#work();
    });
    this.#restartIdle();
  }

  #work(): void {
    while (!this.#isClogged && this.#underWay < MOST_PIPELINED) {
      const message = this.#waiting.shift();
      if (message === undefined) break;
      this.#underWay++;
      void this.#serve(message);
    }
    if (this.#waiting.length > 0) this.#connection.pause();
    else this.#connection.resume();
  }

  async #serve(message: Uint8Array): Promise<void> {
    const response = await this.#respond(message);
    this.#underWay--;
    if (this.#isClosed) return;
    if (response !== undefined && !this.#connection.write(frameMessage(response))) this.#isClogged = true;
    this.#restartIdle();
    this.#work();
  }

  /** Counted from the last answer, or from the start: a peer that sends octet by octet gains nothing. */
  #restartIdle(): void {
    this.#idle?.cancel();
    this.#idle = this.#clock.wake(after(this.#clock.now(), IDLE_TIMEOUT), () => {
      if (this.#underWay > 0 && !this.#isClogged) this.#restartIdle();
      else this.#connection.destroy();
    });
  }
}
