import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

export const SECTOR = 512;
/** A card's cache is not endless: when it is full it is written out, as by a flush. */
const CACHE_OCTETS = 64 * 2 ** 20;

/**
 * A disk that loses power as a card does. What is written stays in a cache until a flush; a power cut leaves of each sector of the cache
 * any of its versions since the last flush, or what was there before. Sectors are whole, old or new.
 */
export class PowerCutDisk {
  readonly octets: number;
  readonly #file: number;
  /** Every version of a sector since the last flush, oldest first. */
  readonly #cache = new Map<number, Uint8Array[]>();
  #cached = 0;

  /** Over a file of whole sectors, which has what survives. */
  constructor(path: string) {
    this.#file = openSync(path, 'r+');
    this.octets = fstatSync(this.#file).size;
    if (this.octets % SECTOR !== 0) throw new Error(`"${path}" is no whole number of sectors`);
  }

  /** Sectors that a power cut would put at stake. */
  get unflushed(): number {
    return this.#cache.size;
  }

  read(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    readSync(this.#file, bytes, 0, length, offset);
    if (this.#cache.size === 0) return bytes;
    for (let at = 0; at < length; at += SECTOR) {
      const newest = this.#cache.get((offset + at) / SECTOR)?.at(-1);
      if (newest !== undefined) bytes.set(newest, at);
    }
    return bytes;
  }

  write(offset: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += SECTOR) {
      const sector = (offset + at) / SECTOR;
      const versions = this.#cache.get(sector) ?? [];
      versions.push(Uint8Array.from(bytes.subarray(at, at + SECTOR)));
      this.#cache.set(sector, versions);
    }
    this.#cached += bytes.length;
    if (this.#cached > CACHE_OCTETS) this.flush();
  }

  /** Writes past the cache ("force unit access"): on the medium when it returns, and nothing else of the cache with it. */
  writeThrough(offset: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += SECTOR) this.#forget((offset + at) / SECTOR);
    writeSync(this.#file, bytes, 0, bytes.length, offset);
  }

  flush(): void {
    for (const [sector, versions] of this.#cache) this.#keep(sector, versions.at(-1));
    this.#cache.clear();
    this.#cached = 0;
  }

  /** Power fails. `random` gives numbers from 0 up to, and without, 1. */
  cut(random: () => number): void {
    // Some cuts lose nearly all of the cache, some nearly nothing.
    const share = random();
    for (const [sector, versions] of this.#cache) {
      if (random() < share) this.#keep(sector, versions[Math.floor(random() * versions.length)]);
    }
    this.#cache.clear();
    this.#cached = 0;
  }

  close(): void {
    fdatasyncSync(this.#file);
    closeSync(this.#file);
  }

  #keep(sector: number, content: Uint8Array | undefined): void {
    if (content !== undefined) writeSync(this.#file, content, 0, SECTOR, sector * SECTOR);
  }

  #forget(sector: number): void {
    this.#cached -= (this.#cache.get(sector)?.length ?? 0) * SECTOR;
    this.#cache.delete(sector);
  }
}
