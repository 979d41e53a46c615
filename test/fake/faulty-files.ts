import { KernelError } from '../../src/base/errors.ts';
import type { Files, OpenFile } from '../../src/port/files.ts';
import type { Random } from '../../src/port/random.ts';
import { alignUp } from '../../src/wire/record/layout.ts';
import {
  type Inode,
  MemoryFile,
  MemoryFiles,
  type Names,
  type PendingChange,
  directoryOf,
  resized,
} from './memory-files.ts';

const SECTOR = 512;

/** What everything after the power cut ends with: the program is no more. */
export class PowerCutError extends Error {
  override readonly name = 'PowerCutError';
}

export interface Faults {
  /** The changing operation, counted from 1, in which the power goes. */
  readonly cutAt?: number;
  /**
   * These operations fail. Of a write the first half is written all the same unless the file system has become read-only; what a failed sync
   * should have brought to the disk never gets there.
   */
  readonly refuse?: {
    readonly from: number;
    readonly count: number;
    readonly errno: 'ENOSPC' | 'EIO' | 'EROFS';
  };
  /** Called after each step that came to its end. */
  readonly onStep?: () => void;
  /** Waited for in each sync before it has an effect: a sync takes its time. */
  readonly delay?: () => Promise<void>;
}

/** Files on a disk that loses power, or refuses, at a chosen step. Every operation that changes something is a step. */
export class FaultyFiles implements Files {
  readonly disk: MemoryFiles;
  readonly #faults: Faults;
  #steps = 0;
  #isCut = false;
  #replacing: Promise<void> = Promise.resolve();

  constructor(disk: MemoryFiles, faults: Faults = {}) {
    this.disk = disk;
    this.#faults = faults;
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.#steps;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  async open(path: string, mode: 'create' | 'existing' | 'read'): Promise<OpenFile> {
    const file =
      mode === 'create'
        ? await this.change('open', () => this.disk.open(path, mode))
        : await this.look(() => this.disk.open(path, mode));
    return new FaultyFile(file, this);
  }

  async list(directory: string): Promise<readonly string[]> {
    return this.look(() => this.disk.list(directory));
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    return this.look(() => this.disk.read(path));
  }

  async replace(path: string, content: Uint8Array): Promise<void> {
    this.#replacing = this.#replacing.catch(() => {}).then(() => this.#replaceNow(path, content));
    await this.#replacing;
  }

  async #replaceNow(path: string, content: Uint8Array): Promise<void> {
    const temporary = `${path}.new`;
    if (this.disk.names.current.has(temporary)) await this.remove(temporary);
    try {
      const file = await this.open(temporary, 'create');
      await file.append([content]);
      await file.sync();
      await file.close();
      await this.rename(temporary, path);
    } catch (error) {
      if (error instanceof KernelError) await this.#removeIfCan(temporary);
      throw error;
    }
    await this.syncDirectory(directoryOf(path));
  }

  /** As the real ones do with what has failed: on a disk that refuses everything it stays. */
  async #removeIfCan(path: string): Promise<void> {
    try {
      await this.remove(path);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
    }
  }

  async remove(path: string): Promise<void> {
    await this.change('remove', () => this.disk.remove(path));
  }

  async rename(from: string, to: string): Promise<void> {
    await this.change('rename', () => this.disk.rename(from, to));
  }

  async makeDirectory(path: string): Promise<void> {
    await this.change('make a directory', () => this.disk.makeDirectory(path));
  }

  async syncDirectory(path: string): Promise<void> {
    await this.secure('sync a directory', () => this.disk.syncDirectory(path));
  }

  async freeSpace(): Promise<number> {
    return this.look(() => this.disk.freeSpace());
  }

  /** An operation whose effect is there, though not durable, when the power goes in it. */
  async change<T>(operation: string, apply: () => Promise<T>): Promise<T> {
    const isLast = this.#step(operation);
    const result = await apply();
    this.#faults.onStep?.();
    if (isLast) throw new PowerCutError();
    return result;
  }

  /** An operation that makes others durable: when the power goes in it, anything may have come to pass. */
  async secure(operation: string, apply: () => Promise<void>): Promise<void> {
    if (this.#step(operation)) throw new PowerCutError();
    await this.#faults.delay?.();
    await apply();
    this.#faults.onStep?.();
  }

  async look<T>(apply: () => Promise<T>): Promise<T> {
    if (this.#isCut) throw new PowerCutError();
    return apply();
  }

  /** The disk as it may look when the power is back. */
  afterPowerCut(random: Random): MemoryFiles {
    return afterPowerCut(this.disk.names, this.disk.capacity, random);
  }

  /** Whether the power goes in this step. */
  #step(operation: string): boolean {
    if (this.#isCut) throw new PowerCutError();
    this.#steps += 1;
    if (this.#steps === this.#faults.cutAt) this.#isCut = true;
    const { refuse } = this.#faults;
    if (refuse !== undefined && this.#steps >= refuse.from && this.#steps < refuse.from + refuse.count) {
      throw new KernelError(operation, refuse.errno);
    }
    return this.#isCut;
  }
}

class FaultyFile implements OpenFile {
  readonly #file: OpenFile;
  readonly #files: FaultyFiles;

  constructor(file: OpenFile, files: FaultyFiles) {
    this.#file = file;
    this.#files = files;
  }

  async append(parts: readonly Uint8Array[]): Promise<void> {
    await this.#change(parts, (some) => this.#file.append(some));
  }

  async write(offset: number, parts: readonly Uint8Array[]): Promise<void> {
    await this.#change(parts, (some) => this.#file.write(offset, some));
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return this.#files.look(() => this.#file.read(offset, length));
  }

  async size(): Promise<number> {
    return this.#files.look(() => this.#file.size());
  }

  async truncate(length: number): Promise<void> {
    await this.#files.change('truncate', () => this.#file.truncate(length));
  }

  async sync(): Promise<void> {
    try {
      await this.#files.secure('sync', () => this.#file.sync());
    } catch (error) {
      if (error instanceof KernelError && this.#file instanceof MemoryFile) this.#file.failSync();
      throw error;
    }
  }

  async close(): Promise<void> {
    if (!this.#files.isCut) await this.#file.close();
  }

  async #change(
    parts: readonly Uint8Array[],
    write: (parts: readonly Uint8Array[]) => Promise<void>,
  ): Promise<void> {
    try {
      await this.#files.change('write', () => write(parts));
    } catch (error) {
      const isPartial = error instanceof KernelError && error.errno !== 'EROFS';
      if (isPartial) await write(parts.slice(0, Math.ceil(parts.length / 2)));
      throw error;
    }
  }
}

/** A disk with these names as it may look when the power is back: each name old or new, each file with a part of what was not synced. */
export function afterPowerCut({ current, durable }: Names, capacity: number, random: Random): MemoryFiles {
  const content = new Map<string, Uint8Array>();
  const survivors = new Map<Inode, Uint8Array>();
  for (const path of new Set([...durable.keys(), ...current.keys()])) {
    const inode = random.below(2) === 0 ? durable.get(path) : current.get(path);
    if (inode === undefined) continue;
    const bytes = survivors.get(inode) ?? survive(inode, random);
    survivors.set(inode, bytes);
    content.set(path, bytes);
  }
  return new MemoryFiles(content, capacity);
}

/** A file's content after the cut: the durable bytes, and of each later change all, nothing, a part or garbage. */
function survive(inode: Inode, random: Random): Uint8Array {
  const mode = random.below(4);
  if (mode === 0) return inode.durable;
  if (mode === 1) return inode.current;
  let bytes: Uint8Array = inode.durable.slice();
  for (const change of inode.pending) bytes = surviveChange(bytes, change, random);
  // The length may have reached the disk where the data did not.
  if (mode === 2 && bytes.length < inode.current.length) bytes = resized(bytes, inode.current.length);
  return bytes;
}

function surviveChange(bytes: Uint8Array, change: PendingChange, random: Random): Uint8Array {
  const fate = random.below(4);
  if (fate === 0) return bytes;
  if (change.kind === 'truncate') return resized(bytes, change.length);
  const kept = fate === 1 ? random.below(change.bytes.length + 1) : change.bytes.length;
  const end = change.offset + kept;
  const written = resized(bytes, Math.max(bytes.length, end));
  written.set(change.bytes.subarray(0, kept), change.offset);
  if (fate === 2) tear(written.subarray(0, alignUp(end, SECTOR)), bytes, change.offset, random);
  return written;
}

/** Some sectors of a write from `from` on keep what was there before, or hold garbage, also before `from` in its first sector. */
function tear(written: Uint8Array, before: Uint8Array, from: number, random: Random): void {
  for (let at = from - (from % SECTOR); at < written.length; at += SECTOR) {
    const end = Math.min(at + SECTOR, written.length);
    const fate = random.below(4);
    if (fate === 0) written.fill(0, at, end).set(before.subarray(at, end), at);
    if (fate === 1) written.set(random.bytes(end - at), at);
  }
}
