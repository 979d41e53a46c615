import { crc32 } from 'node:zlib';
import { KernelError, UserError } from '../../base/errors.ts';
import type { Files } from '../../port/files.ts';
import { PAGE } from '../../wire/record/layout.ts';
import { FORMAT_VERSION, type SegmentHead, decodeSegmentHead } from '../../wire/record/segment-head.ts';
import { type SegmentIndex, decodeSegmentIndex } from '../../wire/record/segment-index.ts';
import { indexName, segmentName, segmentNumber } from './segment.ts';

/** Heads and index files that are read ahead of the one being looked at: on a card each read waits for the one before it otherwise. */
const READ_AHEAD = 8;
const NOTHING = Promise.resolve(undefined);

export interface JournalPlace {
  readonly files: Files;
  readonly directory: string;
  readonly prefix: string;
  /** Nothing is written, cut or removed: another program may be writing. */
  readonly isReadOnly?: boolean;
  /** Every segment is read whole and checked, also where there is an index file. */
  readonly isThorough?: boolean;
}

export interface FoundSegment {
  readonly number: number;
  readonly path: string;
  /** Undefined if both copies are damaged. */
  readonly head: Omit<SegmentHead, 'version'> | undefined;
  /** Of a sealed segment, if there is one and it is whole. */
  readonly index: SegmentIndex | undefined;
  /** Whether there is an index file, whole or not. */
  readonly hasIndexFile: boolean;
  /** There is no head, and no room for records. */
  readonly isEmpty: boolean;
}

export interface SegmentList {
  /** In order; they can be iterated once. Files that never became segments are removed on the way. */
  readonly segments: AsyncIterable<FoundSegment>;
  /** The highest number of a segment, 0 if there is none. */
  readonly lastNumber: number;
}

/** The segments of a journal with their heads, and index files of those that are sealed. @throws KernelError, UserError for a newer format */
export async function findSegments(place: JournalPlace): Promise<SegmentList> {
  const names = await place.files.list(place.directory);
  const numbers = names
    .map((name) => segmentNumber(place.prefix, name))
    .filter((number) => number !== undefined)
    .sort((a, b) => a - b);
  if (place.isReadOnly !== true) await removeStale(place, names, numbers);
  const known = new Set(names);
  const lastNumber = numbers.at(-1) ?? 0;
  const loads = numbers.map((number) => () => load(place, { number, known, isLast: number === lastNumber }));
  return { segments: inOrder(loads), lastNumber };
}

/** Index files whose segment is gone, and those that were never finished. */
async function removeStale(
  { files, directory, prefix }: JournalPlace,
  names: readonly string[],
  numbers: readonly number[],
): Promise<void> {
  const wanted = new Set(numbers.map((number) => indexName(prefix, number)));
  for (const name of names) {
    const isIndex = name.startsWith(`${prefix}-`) && /\.idx(\.new)?$/.test(name);
    if (isIndex && !wanted.has(name)) await removeIfThere(files, `${directory}/${name}`);
  }
}

/** One that has gone by itself, in the last moments of a program that ends, is no reason not to open the journal. */
async function removeIfThere(files: Files, path: string): Promise<void> {
  try {
    await files.remove(path);
  } catch (error) {
    if (!(error instanceof KernelError) || error.errno !== 'ENOENT') throw error;
  }
}

async function* inOrder(
  loads: readonly (() => Promise<FoundSegment | undefined>)[],
): AsyncGenerator<FoundSegment> {
  const reading: Promise<FoundSegment | undefined>[] = [];
  for (let at = 0; at < loads.length; at++) {
    for (const start of loads.slice(reading.length, at + READ_AHEAD)) {
      const read = start();
      // When an earlier one fails nobody waits for those that were begun after it.
      read.catch(() => {});
      reading.push(read);
    }
    const found = await reading[at];
    // What was handed on is not kept here: the index files of all segments together are large.
    reading[at] = NOTHING;
    if (found !== undefined) yield found;
  }
}

interface Wanted {
  readonly number: number;
  readonly known: ReadonlySet<string>;
  readonly isLast: boolean;
}

async function load(place: JournalPlace, wanted: Wanted): Promise<FoundSegment | undefined> {
  const { files, directory, prefix } = place;
  const { number, known, isLast } = wanted;
  const path = `${directory}/${segmentName(prefix, number)}`;
  const name = indexName(prefix, number);
  const hasIndexFile = known.has(name);
  if (hasIndexFile && !isLast && place.isThorough !== true) {
    const index = decodeSegmentIndex((await files.read(`${directory}/${name}`)) ?? new Uint8Array(), crc32);
    if (index?.head.number === number)
      return { number, path, head: index.head, index, hasIndexFile, isEmpty: false };
  }
  const { size, head } = await readHead(place, path, number);
  const isEmpty = head === undefined && size <= PAGE;
  if (!isEmpty || !isLast) return { number, path, head, index: undefined, hasIndexFile, isEmpty };
  // Records follow only after the head was synced: without it, a file this short has never held any.
  if (place.isReadOnly !== true) await files.remove(path);
  return undefined;
}

async function readHead(
  { files }: JournalPlace,
  path: string,
  number: number,
): Promise<{ readonly size: number; readonly head: SegmentHead | undefined }> {
  const file = await files.open(path, 'read');
  try {
    const head = decodeSegmentHead(await file.read(0, PAGE), crc32);
    if (head !== undefined && head.version !== FORMAT_VERSION) {
      throw new UserError(
        `Cannot read ${path}: it has format ${head.version}, and this program knows format ${FORMAT_VERSION} only`,
      );
    }
    return { size: await file.size(), head: head?.number === number ? head : undefined };
  } finally {
    await file.close();
  }
}

/**
 * All bytes of a segment. @throws KernelError `ENOENT` in a read-only opening if it was removed since it was found: another program has compacted it, and
 * what it held is elsewhere now
 */
export async function readBytes({ files, isReadOnly }: JournalPlace, path: string): Promise<Uint8Array> {
  const bytes = await files.read(path);
  if (bytes === undefined && isReadOnly === true) throw new KernelError(`read ${path}`, 'ENOENT');
  return bytes ?? new Uint8Array();
}
