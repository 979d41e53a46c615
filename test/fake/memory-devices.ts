import { KernelError } from '../../src/base/errors.ts';
import type { BlockDevice, BlockDevices } from '../../src/port/block-device.ts';
import { PowerCutError } from './faulty-files.ts';

const SECTOR = 512;

export interface DeviceFaults {
  /** The write or sync, counted from 1 over all devices, in which the power goes. */
  readonly cutAt?: number;
  /** Sectors of this device that take writes and do not keep them. */
  readonly worn?: { readonly path: string; readonly from: number; readonly to: number };
}

interface Disk {
  durable: Uint8Array;
  current: Uint8Array;
}

/** Devices in memory that lose power at a chosen step: of what was not settled, any sector may be old or new. */
export class MemoryDevices implements BlockDevices {
  readonly #disks = new Map<string, Disk>();
  #faults: DeviceFaults;
  #steps = 0;

  constructor(sizes: Readonly<Record<string, number>>, faults: DeviceFaults = {}) {
    this.#faults = faults;
    for (const [path, octets] of Object.entries(sizes))
      this.#disks.set(path, { durable: new Uint8Array(octets), current: new Uint8Array(octets) });
  }

  get steps(): number {
    return this.#steps;
  }

  content(path: string): Uint8Array {
    return this.#disk(path).current;
  }

  /** Puts something onto a device as if it had always been there. */
  put(path: string, offset: number, bytes: Uint8Array): void {
    const { durable, current } = this.#disk(path);
    durable.set(bytes, offset);
    current.set(bytes, offset);
  }

  /** The power comes back: `isKept` says of each sector that was not settled whether it had reached the medium. */
  restart(isKept: () => boolean, faults: DeviceFaults = {}): void {
    this.#faults = faults;
    this.#steps = 0;
    for (const disk of this.#disks.values()) {
      for (let at = 0; at < disk.current.length; at += SECTOR) {
        const now = disk.current.subarray(at, at + SECTOR);
        if (!Buffer.from(now).equals(disk.durable.subarray(at, at + SECTOR)) && isKept())
          disk.durable.set(now, at);
      }
      disk.current = disk.durable.slice();
    }
  }

  open(path: string): Promise<BlockDevice> {
    if (!this.#disks.has(path)) return Promise.reject(new KernelError(`open ${path}`, 'ENOENT'));
    return Promise.resolve({
      octets: this.#disk(path).current.length,
      read: async (offset, length) => this.#disk(path).current.slice(offset, offset + length),
      write: async (offset, content) => {
        this.#step();
        this.#disk(path).current.set(content, offset);
      },
      settle: async () => {
        this.#step();
        this.#settle(path);
      },
      close: () => Promise.resolve(),
    });
  }

  #disk(path: string): Disk {
    const disk = this.#disks.get(path);
    if (disk === undefined) throw new KernelError(`use ${path}`, 'ENOENT');
    return disk;
  }

  #step(): void {
    this.#steps += 1;
    if (this.#faults.cutAt !== undefined && this.#steps >= this.#faults.cutAt)
      throw new PowerCutError('The power is off');
  }

  #settle(path: string): void {
    const disk = this.#disk(path);
    const { worn } = this.#faults;
    if (worn?.path === path) disk.current.fill(0xff, worn.from, worn.to);
    disk.durable = disk.current.slice();
  }
}
