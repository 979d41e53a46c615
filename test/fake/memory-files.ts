import { concatBytes } from '../../src/base/bytes.ts';
import { InvariantError, KernelError } from '../../src/base/errors.ts';
import type { Files, OpenFile } from '../../src/port/files.ts';

/** A change of a file's content that {@link OpenFile.sync} has not yet made durable. */
export type PendingChange =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly length: number };

/** A file apart from its name, as in a Unix file system: it lives on while it is open or has a name. */
export interface Inode {
  /** What a reader sees. */
  current: Uint8Array;
  /** What a power cut leaves for certain. */
  durable: Uint8Array;
  pending: PendingChange[];
}

/** Names to files; the durable ones are those of the last directory sync. */
export interface Names {
  readonly current: Map<string, Inode>;
  readonly durable: Map<string, Inode>;
}

export const DEFAULT_CAPACITY = 64 * 1024 * 1024;

/** Files in memory, which know what of them is on stable storage. */
export class MemoryFiles implements Files {
  readonly names: Names;
  readonly #directories = new Set(['.']);
  /** Bytes that all files together may hold; may be changed at any time. */
  capacity: number;

  constructor(content: ReadonlyMap<string, Uint8Array> = new Map(), capacity = DEFAULT_CAPACITY) {
    this.capacity = capacity;
    this.names = { current: new Map(), durable: new Map() };
    for (const [path, bytes] of content) {
      const inode: Inode = { current: bytes, durable: bytes, pending: [] };
      this.names.current.set(path, inode);
      this.names.durable.set(path, inode);
      this.#addDirectory(directoryOf(path));
    }
  }

  async open(path: string, mode: 'create' | 'existing' | 'read'): Promise<OpenFile> {
    const clean = checked(path);
    this.#requireFile(clean, `open ${path}`);
    let inode = this.names.current.get(clean);
    if (mode === 'create') {
      if (inode !== undefined) throw new KernelError(`open ${path}`, 'EEXIST');
      inode = this.#create(clean);
    }
    if (inode === undefined) throw new KernelError(`open ${path}`, 'ENOENT');
    return new MemoryFile(inode, this);
  }

  async list(directory: string): Promise<readonly string[]> {
    const clean = checked(directory);
    if (this.names.current.has(clean)) throw new KernelError(`list ${directory}`, 'ENOTDIR');
    const entries = [...this.names.current.keys(), ...this.#directories].filter(
      (path) => path !== '.' && directoryOf(path) === clean,
    );
    return entries.map((path) => path.slice(path.lastIndexOf('/') + 1)).toSorted();
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const clean = checked(path);
    this.#requireFile(clean, `read ${path}`);
    return this.names.current.get(clean)?.current.slice();
  }

  async replace(path: string, content: Uint8Array): Promise<void> {
    const clean = checked(path);
    const inode = this.#create(`${clean}.new`);
    if (content.length > this.room()) {
      this.names.current.delete(`${clean}.new`);
      throw new KernelError(`replace ${path}`, 'ENOSPC', 'the storage is full');
    }
    inode.current = content.slice();
    inode.durable = inode.current;
    try {
      await this.rename(`${clean}.new`, clean);
    } catch (error) {
      this.names.current.delete(`${clean}.new`);
      throw error;
    }
    await this.syncDirectory(directoryOf(clean));
  }

  async rename(from: string, to: string): Promise<void> {
    const [source, target] = [checked(from), checked(to)];
    this.#requireFile(target, `rename ${from} to ${to}`);
    const inode = this.names.current.get(source);
    const hasHome = this.#directories.has(directoryOf(target));
    if (inode === undefined || !hasHome) throw new KernelError(`rename ${from}`, 'ENOENT');
    this.names.current.delete(source);
    this.names.current.set(target, inode);
  }

  async remove(path: string): Promise<void> {
    this.#requireFile(checked(path), `remove ${path}`);
    if (!this.names.current.delete(checked(path))) throw new KernelError(`remove ${path}`, 'ENOENT');
  }

  async makeDirectory(path: string): Promise<void> {
    this.#addDirectory(checked(path));
  }

  async syncDirectory(path: string): Promise<void> {
    const clean = checked(path);
    if (!this.#directories.has(clean)) throw new KernelError(`sync the directory ${path}`, 'ENOENT');
    const { current, durable } = this.names;
    for (const name of durable.keys()) {
      if (directoryOf(name) === clean && !current.has(name)) durable.delete(name);
    }
    for (const [name, inode] of current) if (directoryOf(name) === clean) durable.set(name, inode);
  }

  async freeSpace(): Promise<number> {
    return this.room();
  }

  /** Bytes that can still be written; less than 0 after the capacity was lowered. */
  room(): number {
    let used = 0;
    for (const inode of this.names.current.values()) used += inode.current.length;
    return Math.max(0, this.capacity - used);
  }

  #requireFile(clean: string, operation: string): void {
    if (this.#directories.has(clean)) throw new KernelError(operation, 'EISDIR', 'it is a directory');
  }

  #create(path: string): Inode {
    if (!this.#directories.has(directoryOf(path))) throw new KernelError(`open ${path}`, 'ENOENT');
    const inode: Inode = { current: new Uint8Array(0), durable: new Uint8Array(0), pending: [] };
    this.names.current.set(path, inode);
    return inode;
  }

  #addDirectory(path: string): void {
    this.#directories.add(path);
    if (path !== '.') this.#addDirectory(directoryOf(path));
  }
}

export class MemoryFile implements OpenFile {
  readonly #inode: Inode;
  readonly #disk: MemoryFiles;
  #closed = false;

  constructor(inode: Inode, disk: MemoryFiles) {
    this.#inode = inode;
    this.#disk = disk;
  }

  async append(parts: readonly Uint8Array[]): Promise<void> {
    await this.write(this.#inode.current.length, parts);
  }

  async write(offset: number, parts: readonly Uint8Array[]): Promise<void> {
    this.#check('write');
    const inode = this.#inode;
    const whole = concatBytes(parts);
    const bytes = whole.subarray(0, inode.current.length - offset + this.#disk.room());
    inode.pending.push({ kind: 'write', offset, bytes });
    inode.current = resized(inode.current, Math.max(inode.current.length, offset + bytes.length));
    inode.current.set(bytes, offset);
    if (bytes.length < whole.length) throw new KernelError('write', 'ENOSPC', 'the storage is full');
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#check('read');
    return this.#inode.current.slice(offset, offset + length);
  }

  async size(): Promise<number> {
    this.#check('ask for the size');
    return this.#inode.current.length;
  }

  async truncate(length: number): Promise<void> {
    this.#check('truncate');
    this.#inode.pending.push({ kind: 'truncate', length });
    this.#inode.current = resized(this.#inode.current, length);
  }

  async sync(): Promise<void> {
    this.#check('sync');
    const inode = this.#inode;
    inode.durable = inode.pending.reduce(changed, inode.durable);
    inode.pending = [];
  }

  /**
   * A sync that fails, as in Linux: what was written is given up and counts as clean, so that readers see it and no later sync brings it to the
   * disk, where only the file's length is known.
   */
  failSync(): void {
    const inode = this.#inode;
    inode.pending = inode.pending.map(lengthOnly);
  }

  async close(): Promise<void> {
    this.#check('close');
    this.#closed = true;
  }

  #check(operation: string): void {
    if (this.#closed) throw new KernelError(operation, 'EBADF', 'the file is closed');
  }
}

function changed(bytes: Uint8Array, change: PendingChange): Uint8Array {
  if (change.kind === 'truncate') return resized(bytes, change.length);
  const written = resized(bytes, Math.max(bytes.length, change.offset + change.bytes.length));
  written.set(change.bytes, change.offset);
  return written;
}

function lengthOnly(change: PendingChange): PendingChange {
  if (change.kind === 'truncate') return change;
  return { kind: 'write', offset: change.offset + change.bytes.length, bytes: new Uint8Array(0) };
}

/** The bytes cut or filled with zeros to `length`. */
export function resized(bytes: Uint8Array, length: number): Uint8Array {
  const changed = new Uint8Array(length);
  changed.set(bytes.subarray(0, length));
  return changed;
}

export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : path.slice(0, slash);
}

function checked(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (path.startsWith('/') || parts.includes('..')) {
    throw new InvariantError(`Cannot use the path ${path}: it leads out of the data directory`);
  }
  return parts.length === 0 ? '.' : parts.join('/');
}
