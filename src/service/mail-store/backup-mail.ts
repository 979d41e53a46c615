import { KernelError } from '../../base/errors.ts';
import type { Files } from '../../port/files.ts';
import { equalBytes } from '../../base/bytes.ts';
import { PAGE } from '../../wire/record/layout.ts';
import { BlobFiles, blobPath } from './blob-files.ts';
import { MailArchive } from './mail-archive.ts';

/** A writer that compacts faster than this many backups in a row is not met in practice. */
const ATTEMPTS = 10;
const DIRECTORY = 'mail';
/** The key of rewritten senders: without it bounces that are on their way to the box would find nobody. */
const SENDER_KEY = `${DIRECTORY}/srs.key`;

export interface BackupReport {
  /** Files that were copied, and those that were there already. */
  readonly copied: number;
  readonly kept: number;
  readonly octets: number;
}

/**
 * Makes a directory equal to the mail store of another, by copying what is new: a sealed segment and a large message never change. The box may run meanwhile.
 * What it leaves is a mail store that can be opened, exported from and put in place of a lost one; when it fails, nothing that an earlier backup
 * needs is gone. @throws KernelError, UserError
 */
export async function backupMail(source: Files, target: Files): Promise<BackupReport> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await copyOnce(source, target);
    } catch (error) {
      const isGone = error instanceof KernelError && error.errno === 'ENOENT';
      if (!isGone || attempt === ATTEMPTS) throw error;
    }
  }
}

async function copyOnce(source: Files, target: Files): Promise<BackupReport> {
  await new BlobFiles(target).prepare();
  const archive = await MailArchive.open({ files: source });
  try {
    // What a message points to must be there before the segment that holds it.
    const blobs = archive.blobs().map(({ id }) => ({ path: blobPath(id), size: undefined }));
    const segments = archive.segments.map(({ path, size }) => ({ path, size }));
    let [copied, octets] = [0, 0];
    const pieces = [...blobs, ...segments, ...(await keyOf(source))];
    for (const { path, size } of pieces) {
      if (await isSame(source, target, { path, size })) continue;
      octets += await copy(source, target, { path, size });
      copied += 1;
    }
    for (const name of [`${DIRECTORY}/blob`, DIRECTORY, '.']) await target.syncDirectory(name);
    await prune(target, new Set([...blobs, ...segments].map(({ path }) => path)));
    return { copied, kept: pieces.length - copied, octets };
  } finally {
    archive.close();
  }
}

interface Piece {
  readonly path: string;
  /** How much of it is committed; undefined for all. */
  readonly size: number | undefined;
}

/** Missing while the box has not had mail for other hosts. */
async function keyOf(source: Files): Promise<Piece[]> {
  return (await source.read(SENDER_KEY)) === undefined ? [] : [{ path: SENDER_KEY, size: undefined }];
}

/** Whether the target has the file, by its beginning and length: neither changes once a segment is sealed or a blob is written. */
async function isSame(source: Files, target: Files, { path, size }: Piece): Promise<boolean> {
  const [ours, theirs] = [await beginning(source, path), await beginning(target, path)];
  if (ours === undefined) throw new KernelError(`read ${path}`, 'ENOENT');
  return theirs?.length === (size ?? ours.length) && equalBytes(ours.bytes, theirs.bytes);
}

async function beginning(
  files: Files,
  path: string,
): Promise<{ readonly length: number; readonly bytes: Uint8Array } | undefined> {
  try {
    const file = await files.open(path, 'read');
    try {
      return { length: await file.size(), bytes: await file.read(0, PAGE) };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof KernelError && error.errno === 'ENOENT') return undefined;
    throw error;
  }
}

async function copy(source: Files, target: Files, { path, size }: Piece): Promise<number> {
  const bytes = await source.read(path);
  if (bytes === undefined) throw new KernelError(`read ${path}`, 'ENOENT');
  const wanted = bytes.subarray(0, size ?? bytes.length);
  await target.replace(path, wanted);
  return wanted.length;
}

/** Removes segments and blobs that the source has no more: old ones would bring back what was removed since. */
async function prune(target: Files, wanted: ReadonlySet<string>): Promise<void> {
  for (const directory of [DIRECTORY, `${DIRECTORY}/blob`]) {
    for (const name of await target.list(directory)) {
      const path = `${directory}/${name}`;
      const isOurs = /^(segment-\d+\.(log|idx)|\d+\.msg)(\.new)?$/.test(name);
      if (isOurs && !wanted.has(path)) await target.remove(path);
    }
  }
}
