// Sends many frames by one call to the kernel (sendmmsg(2)), straight to the device: a sender that costs as little as
// can be, so that the machine it shares with the box is the box's.
import process from 'node:process';

const MESSAGE = 64;
const VECTOR = 16;
const ADDRESS_LENGTH = 20;

function load() {
  const ffi = process.getBuiltinModule('node:ffi');
  const { functions } = ffi.dlopen(null, {
    sendmmsg: { arguments: ['i32', 'pointer', 'u32', 'i32'], return: 'i32' },
  });
  return { ffi, sendmmsg: functions.sendmmsg };
}

/** Room for a burst of frames of one length to one address; all of it is memory whose place the kernel is told. */
export class FrameBurst {
  readonly #libc = load();
  readonly #frames: ArrayBuffer;
  readonly #messages: ArrayBuffer;
  readonly #vectors: ArrayBuffer;
  readonly #address: ArrayBuffer;
  readonly #views: readonly Uint8Array[];

  constructor(count: number, length: number, address: Uint8Array) {
    const { ffi } = this.#libc;
    this.#frames = new ArrayBuffer(count * length);
    this.#messages = new ArrayBuffer(count * MESSAGE);
    this.#vectors = new ArrayBuffer(count * VECTOR);
    this.#address = new ArrayBuffer(ADDRESS_LENGTH);
    new Uint8Array(this.#address).set(address);
    this.#views = Array.from(
      { length: count },
      (_, index) => new Uint8Array(this.#frames, index * length, length),
    );
    const [messages, vectors] = [new DataView(this.#messages), new DataView(this.#vectors)];
    const [frames, to, parts] = [this.#frames, this.#address, this.#vectors].map((memory) =>
      ffi.getRawPointer(memory),
    );
    if (frames === undefined || to === undefined || parts === undefined) throw new Error('no memory');
    for (let index = 0; index < count; index++) {
      vectors.setBigUint64(index * VECTOR, frames + BigInt(index * length), true);
      vectors.setBigUint64(index * VECTOR + 8, BigInt(length), true);
      const at = index * MESSAGE;
      messages.setBigUint64(at, to, true);
      messages.setUint32(at + 8, address.length, true);
      messages.setBigUint64(at + 16, parts + BigInt(index * VECTOR), true);
      messages.setBigUint64(at + 24, 1n, true);
    }
  }

  /** How many frames of a burst the kernel took. */
  send(socket: number, next: () => Uint8Array): number {
    for (const view of this.#views) view.set(next());
    return Math.max(0, this.#libc.sendmmsg(socket, this.#messages, this.#views.length, 0));
  }
}
