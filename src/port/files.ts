/** A file opened for writing and reading at places. */
export interface OpenFile {
  /** Appends all parts as one write. What is not yet {@link sync}ed may be lost, torn or reordered by a power cut. */
  append(parts: readonly Uint8Array[]): Promise<void>;
  /** Writes all parts as one write at `offset`, at most the end of the file, over what is there and on. As {@link append} otherwise. */
  write(offset: number, parts: readonly Uint8Array[]): Promise<void>;
  /** Exactly `length` bytes from `offset`, fewer only at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>;
  size(): Promise<number>;
  truncate(length: number): Promise<void>;
  /** Returns when everything written so far is on stable storage (fdatasync). */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The few file operations the stores are built from, so that a fake can lose power between any two of them.
 * Paths are relative to a directory the port was made with. Errors are KernelError with `ENOSPC`, `ENOENT`, `EIO` and so on.
 */
export interface Files {
  /**
   * Opens for append and read, with `read` for reading only: then what is no file is refused with `EISDIR` or `ENXIO`. With `create` the file must not exist yet and its name is durable
   * only after {@link syncDirectory}.
   */
  open(path: string, mode: 'create' | 'existing' | 'read'): Promise<OpenFile>;
  /** Names in a directory, sorted; empty if it does not exist. */
  list(directory: string): Promise<readonly string[]>;
  /** The whole file, or undefined if there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /**
   * Replaces a small file so that after a power cut either the old or the new content is there: temporary, sync, rename, sync directory. Replacements of one path
   * come one after the other; one that fails leaves the old content and no temporary file.
   */
  replace(path: string, content: Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
  /** Gives a file another name, in place of whatever had it; durable when both directories are synced. */
  rename(from: string, to: string): Promise<void>;
  makeDirectory(path: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
  /** Bytes an unprivileged writer can still store. */
  freeSpace(): Promise<number>;
}
