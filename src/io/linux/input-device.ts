import { closeSync, constants, openSync, readSync } from 'node:fs';
import { KernelError } from '../../base/errors.ts';
import type { InputDevice, InputDevices } from '../../port/input-device.ts';
import { kernelErrorFrom } from '../node/errors.ts';

/** More than a button can say between two looks. */
const ROOM = 24 * 64;

/** The kernel's input devices, `/dev/input/event0`. Never waited for: a read that waits would take one of Node's four threads for ever. */
export const linuxInputDevices: InputDevices = {
  open(path) {
    try {
      return new LinuxInputDevice(path, openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
    } catch (error) {
      throw kernelErrorFrom(`open the button ${path}`, error);
    }
  },
};

class LinuxInputDevice implements InputDevice {
  readonly #path: string;
  readonly #fd: number;
  readonly #room = new Uint8Array(ROOM);

  constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  read(): Uint8Array {
    try {
      return this.#room.slice(0, readSync(this.#fd, this.#room));
    } catch (error) {
      const known = kernelErrorFrom(`read the button ${this.#path}`, error);
      if (known instanceof KernelError && known.errno === 'EAGAIN') return new Uint8Array(0);
      throw known;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
