import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Slot,
  type SlotState,
  encodeSlotState,
  newestSlotState,
} from '../../src/wire/slot-state/slot-state.ts';
import { PROGRAM_ENVIRONMENT } from './program-environment.ts';
import { copyPrograms } from './program-tree.ts';
import { outputOf, runCommand } from './run-command.ts';

export const MIB = 2 ** 20;
const SECTOR = 512;
const SCRIPTS = join(import.meta.dirname, '..', '..', 'firmware', 'initramfs');
const STATE_AT = [1, 1 + 1 / 16] as const;
/** First MiB and MiB of the four partitions. */
export const PARTITIONS = [
  [4, 1],
  [8, 24],
  [32, 24],
  [56, 24],
] as const;
export const [, , , [DATA_AT, DATA_MIB]] = PARTITIONS;

/** What the system's init would find, told on standard output. */
const STAND_IN = `#!/bin/sh
[ ! -e /run/boot/fallback ] || echo "instead of the other"
echo "data: $(cat /run/boot/data)"
echo "slot: $(cat /run/boot/slot)"
echo "card: $(cat /run/boot/card) $(readlink /run/card/whole) $(readlink /run/card/a)"
echo "kept: $(cat /data/kept 2>&1)"
if touch /data/new 2>/dev/null; then echo "data is writable"; else echo "data is read-only"; fi
echo "MiB: $(df -m /data | tail -n 1)"
echo "mounts: $(grep -c -E ' (/|/dev|/proc|/sys|/run|/run/slot) ' /proc/mounts)"
grep -E ' /(data)? ' /proc/mounts
umount /data 2>/dev/null
echo "the end"
`;

/** A kernel without MSDOS_PARTITION reads no partition table itself: what `blockdev --rereadpt` asks of it, this does in its place. */
const REREAD = '#!/bin/sh\nexec partx --update "$2"\n';

/** Nobody waits here for what a pause is for. */
const SLEEP = '#!/bin/sh\necho "pause: $1"\n';

/** The real init of the initramfs, run as the first program of a process namespace on a card that is a loop device. */
export class InitCard implements AsyncDisposable {
  readonly image: string;
  readonly #directory: string;
  readonly #signature = randomBytes(4).readUInt32LE();

  private constructor(directory: string) {
    this.#directory = directory;
    this.image = join(directory, 'card.img');
  }

  static async make(): Promise<InitCard> {
    const card = new InitCard(mkdtempSync(join(tmpdir(), 'gatepost-init-')));
    await card.#makeInitramfs();
    await card.#makeSlot();
    await card.fresh();
    return card;
  }

  /** A card of so many MiB with a clean data partition of so many. */
  async fresh(data: number = DATA_MIB, mib: number = DATA_AT + data): Promise<void> {
    rmSync(this.image, { force: true });
    await outputOf(['truncate', '-s', `${mib}M`, this.image]);
    this.#writeTable(data);
    this.tell({ counter: 1, good: 'a' });
    await this.putSystem('a');
    await this.#makeData(data);
    await this.#copyIn('data.img', DATA_AT);
  }

  read(offset: number, length: number): Buffer {
    return readFileSync(this.image).subarray(offset, offset + length);
  }

  async write(offset: number, content: Uint8Array): Promise<void> {
    const part = join(this.#directory, 'part');
    writeFileSync(part, content);
    await outputOf([
      'dd',
      `if=${part}`,
      `of=${this.image}`,
      'bs=64K',
      'conv=notrunc',
      'oflag=seek_bytes',
      `seek=${offset}`,
      'status=none',
    ]);
  }

  /** Puts a whole system into a slot. */
  async putSystem(slot: Slot): Promise<void> {
    await this.#copyIn('slot.img', PARTITIONS[slot === 'a' ? 1 : 2][0]);
  }

  /** Overwrites a block in the middle of the root in a slot, of which the file system that holds it knows nothing. */
  async damageRoot(slot: Slot): Promise<void> {
    const at = PARTITIONS[slot === 'a' ? 1 : 2][0] * MIB;
    const image = this.read(at, PARTITIONS[1][1] * MIB);
    const block = image.indexOf(STAND_IN.slice(0, 60));
    await this.write(at + block, Buffer.alloc(512, 0x23));
  }

  /** What the boot loader is told. */
  told(): SlotState | undefined {
    return newestSlotState(STATE_AT.map((at) => this.read(at * MIB, SECTOR)));
  }

  tell(state: SlotState): void {
    const sector = encodeSlotState(state);
    const image = openSync(this.image, 'r+');
    for (const at of STATE_AT) writeSync(image, sector, 0, SECTOR, at * MIB);
    closeSync(image);
  }

  async truncate(mib: number): Promise<void> {
    await outputOf(['truncate', '-s', `${mib}M`, this.image]);
  }

  /** Leaves the data as a power cut does: a file that was synced, its traces still in the journal. */
  async cutPower(): Promise<void> {
    const [mount, data] = [join(this.#directory, 'mount'), join(this.#directory, 'data.img')];
    mkdirSync(mount, { recursive: true });
    await outputOf(['mount', '-o', 'loop', data, mount]);
    writeFileSync(join(mount, 'kept'), 'written before the power cut\n');
    await outputOf(['sync', '--file-system', mount]);
    writeFileSync(join(mount, 'lost'), 'not synced\n');
    await outputOf(['cp', data, `${data}.cut`]);
    await outputOf(['umount', mount]);
    await this.#copyIn('data.img.cut', DATA_AT);
  }

  /** Starts it to its end; what it and the system's stand-in have said. */
  async start(slot = 'a', more = ''): Promise<string> {
    const device = (await outputOf(['losetup', '--find', '--show', this.image])).trim();
    // It refuses a partition beyond the end of the card, and adds the others.
    await runCommand(['partx', '--add', device]);
    const name = this.#signature.toString(16).padStart(8, '0');
    writeFileSync(
      join(this.#directory, 'cmdline'),
      `console=ttyS0 gatepost.slot=${slot}${more} gatepost.card=${name}-01\n`,
    );
    try {
      const script = `
        mount -t tmpfs tmpfs "$1/new" && cp -a "$1/initramfs/." "$1/new/" && cd "$1/new" && mkdir -p proc old
        mount -t proc proc proc && mount --bind "$1/cmdline" proc/cmdline
        pivot_root . old
        exec chroot . /bin/sh -c 'umount -l /old && rmdir /old && exec /init'`;
      mkdirSync(join(this.#directory, 'new'), { recursive: true });
      const space = ['unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c'];
      const { stdout, stderr } = await runCommand([...space, script, 'sh', this.#directory], {
        env: PROGRAM_ENVIRONMENT,
      });
      return stdout + stderr;
    } finally {
      await runCommand(['partx', '--delete', device]);
      await outputOf(['losetup', '--detach', device]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await runCommand(['umount', join(this.#directory, 'mount')]);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #makeInitramfs(): Promise<void> {
    const root = join(this.#directory, 'initramfs');
    await copyPrograms(root, ['busybox', 'partx']);
    rmSync(join(root, 'bin/blockdev'));
    writeFileSync(join(root, 'bin/blockdev'), REREAD, { mode: 0o755 });
    rmSync(join(root, 'bin/sleep'));
    writeFileSync(join(root, 'bin/sleep'), SLEEP, { mode: 0o755 });
    for (const name of ['init', 'slots']) copyFileSync(join(SCRIPTS, name), join(root, name));
  }

  /** The slot's root is ext4 here, and its name only that of the file: this machine makes neither FAT nor squashfs. */
  async #makeSlot(): Promise<void> {
    const root = join(this.#directory, 'root');
    await copyPrograms(root, ['busybox', 'e2fsck', 'resize2fs']);
    for (const name of ['dev', 'proc', 'sys', 'run', 'data', 'sbin'])
      mkdirSync(join(root, name), { recursive: true });
    writeFileSync(join(root, 'sbin/init'), STAND_IN);
    chmodSync(join(root, 'sbin/init'), 0o755);
    const slot = join(this.#directory, 'slot');
    mkdirSync(slot);
    await this.#makeFileSystem(join(slot, 'root.squashfs'), 18, root);
    const sums = await outputOf(['sh', '-c', `cd ${slot} && sha256sum root.squashfs`]);
    writeFileSync(join(slot, 'sums'), sums);
    await this.#makeFileSystem(join(this.#directory, 'slot.img'), PARTITIONS[1][1], slot);
  }

  async #makeData(mib: number): Promise<void> {
    const data = join(this.#directory, 'data');
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, 'kept'), 'here before\n');
    await this.#makeFileSystem(join(this.#directory, 'data.img'), mib, data, [
      '-b',
      '4096',
      '-E',
      'resize=262144',
    ]);
  }

  async #makeFileSystem(
    file: string,
    mib: number,
    content: string,
    options: readonly string[] = [],
  ): Promise<void> {
    rmSync(file, { force: true });
    await outputOf(['mke2fs', '-q', '-t', 'ext4', ...options, '-d', content, file, `${mib}M`]);
  }

  async #copyIn(name: string, mib: number): Promise<void> {
    const file = join(this.#directory, name);
    await outputOf([
      'dd',
      `if=${file}`,
      `of=${this.image}`,
      'bs=1M',
      `seek=${mib}`,
      'conv=notrunc,sparse',
      'status=none',
    ]);
  }

  #writeTable(data: number): void {
    const table = Buffer.alloc(SECTOR);
    table.writeUInt32LE(this.#signature, 440);
    for (const [index, [at, mib]] of PARTITIONS.entries()) {
      const entry = 446 + 16 * index;
      table[entry + 4] = index === 3 ? 0x83 : 0x0c;
      table.writeUInt32LE((at * MIB) / SECTOR, entry + 8);
      table.writeUInt32LE(((index === 3 ? data : mib) * MIB) / SECTOR, entry + 12);
    }
    table.writeUInt16BE(0x55aa, 510);
    writeFileSync(this.image, table, { flag: 'r+' });
  }
}
