import { Buffer } from 'node:buffer';
import type { Socket } from 'raw-socket';
import type { Duration } from '../../base/duration.ts';
import { KernelError, messageOf } from '../../base/errors.ts';
import { type Ipv4, formatIpv4 } from '../../base/ipv4.ts';
import type { IcmpPort } from '../../port/icmp.ts';
import type { Random } from '../../port/random.ts';

/** The codec of echo messages, injected because adapters parse no protocol: `wire/icmp/echo.ts` fits. */
export interface EchoCodec {
  encodeRequest(identity: { readonly identifier: number; readonly sequence: number }): Uint8Array;
  /** The reply in a whole IPv4 datagram, or undefined for anything else. */
  decodeReply(
    datagram: Uint8Array,
  ): { readonly source: Ipv4; readonly identifier: number; readonly sequence: number } | undefined;
}

const IPPROTO_ICMP = 1;
/** Echoes under way at the same time; one more is refused with `EAGAIN`. */
const MAX_PENDING = 1024;

/** The package gives strerror(3) texts instead of codes. */
const ERRNO_OF_TEXT: Readonly<Record<string, string>> = {
  'Operation not permitted': 'EPERM',
  'Permission denied': 'EACCES',
  'Network is unreachable': 'ENETUNREACH',
  'No route to host': 'EHOSTUNREACH',
  'Network is down': 'ENETDOWN',
  'No such device': 'ENODEV',
};
/** Nobody can answer from where no packet can go. */
const UNREACHABLE = ['ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN', 'ENODEV'];

function kernelError(operation: string, error: unknown): KernelError {
  const text = messageOf(error);
  return new KernelError(operation, ERRNO_OF_TEXT[text] ?? 'EIO', text);
}

interface Pending {
  readonly address: Ipv4;
  readonly settle: (outcome: boolean | KernelError) => void;
}

/** Echo requests by a raw socket that is open only while an answer is awaited: otherwise every ICMP packet wakes the process. */
export class RawSocketIcmp implements IcmpPort {
  readonly #codec: EchoCodec;
  readonly #identifier: number;
  readonly #pending = new Map<number, Pending>();
  #sequence = 0;
  #socket: Socket | undefined;
  #createSocket: ((options: { readonly protocol: number }) => Socket) | undefined;

  constructor(codec: EchoCodec, random: Random) {
    this.#codec = codec;
    this.#identifier = random.below(0x1_0000);
  }

  async echo(address: Ipv4, timeout: Duration): Promise<boolean> {
    // Loaded on first use: the other roles and commands of the bundle do without the native add-on.
    this.#createSocket ??= (await import('raw-socket')).createSocket;
    if (this.#pending.size >= MAX_PENDING) {
      throw new KernelError(
        `ask ${formatIpv4(address)} for an echo`,
        'EAGAIN',
        'too many are awaited already',
      );
    }
    const socket = this.#open(this.#createSocket);
    const sequence = this.#freeSequence();
    const outcome = await new Promise<boolean | KernelError>((settle) => {
      const timer = setTimeout(settle, timeout, false);
      this.#pending.set(sequence, {
        address,
        settle: (value) => {
          clearTimeout(timer);
          settle(value);
        },
      });
      this.#send(socket, address, sequence);
    });
    this.#pending.delete(sequence);
    this.#closeWhenIdle();
    if (outcome instanceof KernelError) throw outcome;
    return outcome;
  }

  #freeSequence(): number {
    do this.#sequence = (this.#sequence + 1) % 0x1_0000;
    while (this.#pending.has(this.#sequence));
    return this.#sequence;
  }

  #open(createSocket: (options: { readonly protocol: number }) => Socket): Socket {
    if (this.#socket !== undefined) return this.#socket;
    let socket: Socket;
    try {
      socket = createSocket({ protocol: IPPROTO_ICMP });
    } catch (error) {
      throw kernelError('open a raw socket for ICMP', error);
    }
    socket.on('message', (datagram) => this.#receive(datagram));
    // What was asked through it ends by its own time-out; the next request opens another.
    socket.on('error', () => this.#drop(socket));
    this.#socket = socket;
    return socket;
  }

  #send(socket: Socket, address: Ipv4, sequence: number): void {
    const request = this.#codec.encodeRequest({ identifier: this.#identifier, sequence });
    const to = formatIpv4(address);
    socket.send(Buffer.from(request), 0, request.length, to, (error) => {
      if (error === null) return;
      const failure = kernelError(`ask ${to} for an echo`, error);
      this.#pending.get(sequence)?.settle(UNREACHABLE.includes(failure.errno) ? false : failure);
    });
  }

  #receive(datagram: Uint8Array): void {
    const reply = this.#codec.decodeReply(datagram);
    if (reply === undefined || reply.identifier !== this.#identifier) return;
    const pending = this.#pending.get(reply.sequence);
    if (pending?.address === reply.source) pending.settle(true);
  }

  #drop(socket: Socket): void {
    if (this.#socket === socket) this.#socket = undefined;
    // Not at once: the package may be in the middle of handing over a packet of this socket.
    setImmediate(() => socket.close());
  }

  #closeWhenIdle(): void {
    if (this.#pending.size === 0 && this.#socket !== undefined) this.#drop(this.#socket);
  }
}
