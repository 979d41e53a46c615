import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UserError, messageOf } from '../../src/base/errors.ts';
import { outputOf } from '../lab/run-command.ts';

const SECTOR = 512;
const QUIETLY_SYNCED = ['conv=fsync', 'status=none'];
/** The features of the box's data partition, and nothing left to be initialised while something is measured. */
const AS_ON_A_CARD = ['-O', 'fast_commit', '-E', 'lazy_itable_init=0,lazy_journal_init=0'];

/** What a disk was asked to write until now. */
export interface DiskUse {
  readonly bytes: number;
  readonly writes: number;
  readonly flushes: number;
}

/** An ext4 file system of its own, on a loop device, so that what is written to it is nobody else's. */
export class LoopDisk implements AsyncDisposable {
  /** Where it is mounted. */
  readonly directory: string;
  readonly #image: string;
  readonly #device: string;

  private constructor(directory: string, image: string, device: string) {
    [this.directory, this.#image, this.#device] = [directory, image, device];
  }

  /** @throws UserError where the machine does not let us */
  static async make(parent: string, name: string, mebibytes: number): Promise<LoopDisk> {
    const [image, directory] = [join(parent, `${name}.img`), join(parent, name)];
    let device = '';
    try {
      // With all of its blocks: for a sparse file, every write would be one to the journal of the host's file system as well.
      await outputOf(['dd', 'if=/dev/zero', `of=${image}`, 'bs=1M', `count=${mebibytes}`, ...QUIETLY_SYNCED]);
      await outputOf(['mkfs.ext4', '-q', '-F', ...AS_ON_A_CARD, image]);
      device = (await outputOf(['losetup', '--find', '--show', image])).trim();
      mkdirSync(directory);
      await outputOf(['mount', '-o', 'noatime', device, directory]);
    } catch (error) {
      if (device !== '') await outputOf(['losetup', '--detach', device]);
      throw new UserError(`Cannot make a file system on a loop device: ${messageOf(error)}`);
    }
    return new LoopDisk(directory, image, device);
  }

  /** Everything that was to be written is, first. Fields of Documentation/block/stat.rst of the kernel. */
  async use(): Promise<DiskUse> {
    await outputOf(['sync', '-f', this.directory]);
    const stat = readFileSync(`/sys/block/${basename(this.#device)}/stat`, 'utf8');
    const fields = stat.trim().split(/\s+/).map(Number);
    const [writes = 0, sectors = 0, flushes = 0] = [fields[4], fields[6], fields[15]];
    return { bytes: sectors * SECTOR, writes, flushes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await outputOf(['umount', this.directory]);
    await outputOf(['losetup', '--detach', this.#device]);
    rmSync(this.#image);
  }
}
