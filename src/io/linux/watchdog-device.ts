import { type FileHandle, constants, open } from 'node:fs/promises';
import type { WatchdogDevice, WatchdogDevices } from '../../port/watchdog.ts';
import { kernelErrorFrom } from '../node/errors.ts';

const FOOD = Uint8Array.of(0);
/** "Magic close": without this last word the kernel takes the end of the program for a crash (Documentation/watchdog/watchdog-api.rst). */
const FAREWELL = new TextEncoder().encode('V');

/** The kernel's watchdog device. */
export const linuxWatchdogs: WatchdogDevices = {
  async open(path) {
    try {
      // Not 'w': that would make a file of a device that is not there, and feed it.
      return new LinuxWatchdog(path, await open(path, constants.O_WRONLY));
    } catch (error) {
      throw kernelErrorFrom(`open the watchdog ${path}`, error);
    }
  },
};

class LinuxWatchdog implements WatchdogDevice {
  readonly #path: string;
  readonly #handle: FileHandle;

  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  async feed(): Promise<void> {
    try {
      await this.#handle.write(FOOD);
    } catch (error) {
      throw kernelErrorFrom(`feed the watchdog ${this.#path}`, error);
    }
  }

  async release(): Promise<void> {
    await this.#handle.write(FAREWELL);
    await this.#handle.close();
  }
}
