import {
  type FileHandle,
  chown,
  constants,
  open,
  readFile,
  readdir,
  rename,
  statfs,
  unlink,
} from 'node:fs/promises';
import { fdatasync, writevSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { InvariantError, KernelError } from '../../base/errors.ts';
import type { Files, OpenFile } from '../../port/files.ts';
import { kernelErrorFrom } from './errors.ts';
import { makeDirectories } from './make-directories.ts';

/** The state holds mail and names of clients: for the owning user only. */
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

const OPEN_FLAGS = {
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
  existing: constants.O_RDWR,
  // Else the opening of a pipe would wait for a writer.
  read: constants.O_RDONLY | constants.O_NONBLOCK,
} as const;

/** Written without a thread: copying so few octets into the kernel's memory takes less than handing them over; the storage is waited for in {@link OpenFile.sync} only. */
const SHORT_WRITE = 64 * 1024;

/** Whose files are. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The file port on the directory `root`, which must exist. What it makes belongs to the process, or to `owner`. */
export function nodeFiles(root: string, owner?: Owner): Files {
  return new NodeFiles(root, owner);
}

class NodeFiles implements Files {
  readonly #root: string;
  readonly #owner: Owner | undefined;
  /** The last replacement of each path: two at a time would share one temporary file. */
  readonly #replacing = new Map<string, Promise<void>>();

  constructor(root: string, owner: Owner | undefined) {
    this.#root = root;
    this.#owner = owner;
  }

  async open(path: string, mode: keyof typeof OPEN_FLAGS): Promise<OpenFile> {
    const full = this.#full(path);
    return asKernelError(`open ${path}`, async () => {
      const handle = await open(full, OPEN_FLAGS[mode], FILE_MODE);
      try {
        if (mode === 'create') await this.#own(handle);
        if (mode === 'read') await requireFile(handle, path);
      } catch (error) {
        await handle.close();
        throw error;
      }
      return new NodeFile(handle, path);
    });
  }

  async list(directory: string): Promise<readonly string[]> {
    const full = this.#full(directory);
    return asKernelError(`list ${directory}`, async () => {
      const names = await orIfMissing(readdir(full), []);
      return names.toSorted((a, b) => (a < b ? -1 : 1));
    });
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const full = this.#full(path);
    return asKernelError(`read ${path}`, () => orIfMissing(readFile(full), undefined));
  }

  async replace(path: string, content: Uint8Array): Promise<void> {
    const earlier = this.#replacing.get(path) ?? Promise.resolve();
    const mine = earlier.catch(() => {}).then(() => this.#replaceNow(path, content));
    this.#replacing.set(path, mine);
    try {
      await mine;
    } finally {
      if (this.#replacing.get(path) === mine) this.#replacing.delete(path);
    }
  }

  async #replaceNow(path: string, content: Uint8Array): Promise<void> {
    const full = this.#full(path);
    const temporary = `${full}.new`;
    await asKernelError(`replace ${path}`, async () => {
      try {
        await this.#writeAnew(temporary, content);
        await rename(temporary, full);
      } catch (error) {
        // On a full disk, a part of what did not fit would take room from others.
        await unlink(temporary).catch(() => undefined);
        throw error;
      }
      await syncDirectoryAt(dirname(full));
    });
  }

  async #writeAnew(full: string, content: Uint8Array): Promise<void> {
    const handle = await open(full, 'w', FILE_MODE);
    try {
      await this.#own(handle);
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async remove(path: string): Promise<void> {
    const full = this.#full(path);
    await asKernelError(`remove ${path}`, () => unlink(full));
  }

  async rename(from: string, to: string): Promise<void> {
    const [source, target] = [this.#full(from), this.#full(to)];
    await asKernelError(`rename ${from} to ${to}`, () => rename(source, target));
  }

  async makeDirectory(path: string): Promise<void> {
    const full = this.#full(path);
    await asKernelError(`make the directory ${path}`, async () => {
      if (makeDirectories(full, DIRECTORY_MODE) && this.#owner !== undefined)
        await chown(full, this.#owner.uid, this.#owner.gid);
    });
  }

  async syncDirectory(path: string): Promise<void> {
    const full = this.#full(path);
    await asKernelError(`sync the directory ${path}`, () => syncDirectoryAt(full));
  }

  async freeSpace(): Promise<number> {
    const { bavail, bsize } = await asKernelError('ask for the free space', () => statfs(this.#root));
    return bavail * bsize;
  }

  async #own(handle: FileHandle): Promise<void> {
    if (this.#owner !== undefined) await handle.chown(this.#owner.uid, this.#owner.gid);
  }

  #full(path: string): string {
    const clean = normalize(path);
    if (isAbsolute(clean) || clean === '..' || clean.startsWith('../')) {
      throw new InvariantError(`Cannot use the path ${path}: it leads out of the data directory`);
    }
    return join(this.#root, clean);
  }
}

class NodeFile implements OpenFile {
  readonly #handle: FileHandle;
  readonly #path: string;

  constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  async append(parts: readonly Uint8Array[]): Promise<void> {
    await this.write(await this.size(), parts);
  }

  async write(offset: number, parts: readonly Uint8Array[]): Promise<void> {
    await asKernelError(`write to ${this.#path}`, async () => {
      let [at, left] = [offset, parts.filter((part) => part.length > 0)];
      const isShort = left.reduce((sum, part) => sum + part.length, 0) <= SHORT_WRITE;
      while (left.length > 0) {
        const count = isShort
          ? writevSync(this.#handle.fd, left, at)
          : (await this.#handle.writev(left, at)).bytesWritten;
        left = withoutFirst(left, count);
        at += count;
      }
    });
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return asKernelError(`read ${this.#path}`, async () => {
      const buffer = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await this.#handle.read(buffer, filled, length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    });
  }

  async size(): Promise<number> {
    const { size } = await asKernelError(`ask for the size of ${this.#path}`, () => this.#handle.stat());
    return size;
  }

  async truncate(length: number): Promise<void> {
    await asKernelError(`truncate ${this.#path}`, () => this.#handle.truncate(length));
  }

  async sync(): Promise<void> {
    // By callback: a FileHandle's promise costs twice the processor time, and this is what every message waits for.
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    fdatasync(this.#handle.fd, (error) => (error === null ? resolve() : reject(error)));
    await asKernelError(`sync ${this.#path}`, () => promise);
  }

  async close(): Promise<void> {
    await asKernelError(`close ${this.#path}`, () => this.#handle.close());
  }
}

/** Else closes it: a device has no end, and of a pipe nothing can be read at a place. */
async function requireFile(handle: FileHandle, path: string): Promise<void> {
  const about = await handle.stat();
  if (about.isFile()) return;
  const [errno, what] = about.isDirectory() ? ['EISDIR', 'a directory'] : ['ENXIO', 'no regular file'];
  throw new KernelError(`open ${path}`, errno ?? '', `it is ${what}`);
}

/** What is left to write when the kernel took only the first `count` bytes, as it does on a nearly full disk. */
function withoutFirst(parts: readonly Uint8Array[], count: number): Uint8Array[] {
  let skip = count;
  const left: Uint8Array[] = [];
  for (const part of parts) {
    if (skip >= part.length) skip -= part.length;
    else {
      left.push(part.subarray(skip));
      skip = 0;
    }
  }
  return left;
}

async function syncDirectoryAt(full: string): Promise<void> {
  const handle = await open(full, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function orIfMissing<T, D>(work: Promise<T>, whenMissing: D): Promise<T | D> {
  try {
    return await work;
  } catch (error) {
    const mapped = kernelErrorFrom('look for a file', error);
    if (mapped instanceof KernelError && mapped.errno === 'ENOENT') return whenMissing;
    throw error;
  }
}

async function asKernelError<T>(operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw kernelErrorFrom(operation, error);
  }
}
