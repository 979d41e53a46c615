import { truncateSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { runProgram } from './run-program.ts';
import { type Tree, withParents, writeTree } from './tree.ts';

const SECTOR = 512;
/** Any fixed number. */
const VOLUME_NUMBER = '47504f53';

export interface FatOptions {
  readonly file: string;
  readonly octets: number;
  readonly label: string;
  /** FAT32 has at least 65,525 clusters: a small volume needs small ones. */
  readonly sectorsPerCluster: number;
  readonly epoch: number;
}

/** Times, volume number and the order of files are fixed: the same tree gives the same bytes. */
export async function makeFat(tree: Tree, work: string, options: FatOptions): Promise<void> {
  const { file, octets, label, sectorsPerCluster, epoch } = options;
  const env = { SOURCE_DATE_EPOCH: String(epoch), MTOOLS_SKIP_CHECK: '1' };
  writeFileSync(file, '');
  truncateSync(file, octets);
  const shape = `-F 32 -s ${sectorsPerCluster} -S ${SECTOR} -n ${label} -i ${VOLUME_NUMBER} --invariant`;
  await runProgram(['mkfs.vfat', ...shape.split(' '), file], { env });
  const folder = join(work, 'fat');
  writeTree(tree, folder, epoch);
  for (const [path, entry] of withParents(tree)) {
    const to = `::${path}`;
    if (entry.kind === 'directory') await runProgram(['mmd', '-i', file, to], { env });
    else await runProgram(['mcopy', '-m', '-i', file, join(folder, path), posix.normalize(to)], { env });
  }
}

/** What the box keeps grows with the card: room for the descriptions of groups up to 2 TiB, where an MBR ends. */
const LARGEST_DATA_BLOCKS = 2 ** 41 / 4096;
/** Any fixed numbers: the box finds its partitions by their place. */
const DATA_UUID = '67617465-706f-4374-8461-746100000001';
const DATA_HASH_SEED = '67617465-706f-4374-8461-746100000002';

const DATA_OPTIONS =
  `-q -F -t ext4 -T default -b 4096 -i 16384 -m 1 -J size=16 -O fast_commit -L gatepost-data -U ${DATA_UUID}`.split(
    ' ',
  );

/** The data partition as it is before the first boot: empty, with all of its tables written, so that nothing is left to do in the background. */
export async function makeData(file: string, octets: number, epoch: number): Promise<void> {
  writeFileSync(file, '');
  truncateSync(file, octets);
  const extended = `hash_seed=${DATA_HASH_SEED},lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0,resize=${LARGEST_DATA_BLOCKS}`;
  // The second variable is what versions before 1.47.1 obey.
  const env = { SOURCE_DATE_EPOCH: String(epoch), E2FSPROGS_FAKE_TIME: String(epoch) };
  await runProgram(['mke2fs', ...DATA_OPTIONS, '-E', extended, file], { env });
}

export interface SquashOptions {
  readonly file: string;
  readonly epoch: number;
  /** Of zstd: 10 for trying things out, 19 for owners. */
  readonly level: number;
}

const SQUASH_OPTIONS = '-noappend -quiet -no-progress -all-root -no-xattrs -no-exports'.split(' ');

/** The read-only root. */
export async function makeSquash(
  tree: Tree,
  work: string,
  { file, epoch, level }: SquashOptions,
): Promise<void> {
  const folder = join(work, 'root');
  writeTree(tree, folder, epoch);
  const options = `-comp zstd -Xcompression-level ${level} -b 256K -mkfs-time ${epoch} -all-time ${epoch}`;
  await runProgram(['mksquashfs', folder, file, ...SQUASH_OPTIONS, ...options.split(' ')]);
}
