import { type FileHandle, open, readFile, realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { KernelError } from '../../base/errors.ts';
import type { BlockDevice, BlockDevices } from '../../port/block-device.ts';
import { kernelErrorFrom } from '../node/errors.ts';
import { dropCached } from './ffi.ts';

/** The unit of /sys/class/block/NAME/size, whatever the device's own sectors are. */
const SYSFS_SECTOR = 512;

/** Partitions and cards by their device file; an image in a regular file is one as well. */
export const linuxBlockDevices: BlockDevices = {
  async open(path) {
    try {
      const octets = await sizeOf(path);
      return new LinuxBlockDevice(path, await open(path, 'r+'), octets);
    } catch (error) {
      throw kernelErrorFrom(`open ${path}`, error);
    }
  },
};

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path);
  if (!found.isBlockDevice()) return found.size;
  const name = basename(await realpath(path));
  return Number(await readFile(`/sys/class/block/${name}/size`, 'utf8')) * SYSFS_SECTOR;
}

class LinuxBlockDevice implements BlockDevice {
  readonly octets: number;
  readonly #path: string;
  readonly #handle: FileHandle;

  constructor(path: string, handle: FileHandle, octets: number) {
    this.#path = path;
    this.#handle = handle;
    this.octets = octets;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await this.#do('read', () =>
        this.#handle.read(bytes, done, length - done, offset + done),
      );
      if (bytesRead === 0)
        throw new KernelError(`read ${this.#path}`, 'EIO', `it ends at octet ${offset + done}`);
      done += bytesRead;
    }
    return bytes;
  }

  async write(offset: number, content: Uint8Array): Promise<void> {
    let done = 0;
    while (done < content.length) {
      const { bytesWritten } = await this.#do('write', () =>
        this.#handle.write(content, done, content.length - done, offset + done),
      );
      done += bytesWritten;
    }
  }

  async settle(): Promise<void> {
    await this.#do('sync', () => this.#handle.datasync());
    dropCached(this.#handle.fd);
  }

  async close(): Promise<void> {
    await this.#do('close', () => this.#handle.close());
  }

  async #do<T>(operation: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw kernelErrorFrom(`${operation} ${this.#path}`, error);
    }
  }
}
