import { DecodeError, KernelError, UserError } from '../base/errors.ts';
import type { BlockDevice, BlockDevices } from '../port/block-device.ts';
import {
  CONFIG_COPIES_OCTETS,
  CONFIG_COPY_ROOM,
  type ConfigCopy,
  configCopyLength,
  decodeConfigCopy,
  encodeConfigCopy,
} from '../wire/config-copy/config-copy.ts';

const SECTOR = 512;
/** Copies in a slot. */
const NUMBERS = [0, 1] as const;

/** The devices of the slots: all that may hold a copy, and the one the running system is from. */
export interface ConfigCopySlots {
  readonly all: readonly string[];
  readonly running: string;
}

/**
 * The configuration in force once more, where the system is started from: when the data partition is broken the box still routes as its
 * owner wants. Two copies at the end of each slot; the newest is never written over, and nothing is written that is there already.
 */
export class ConfigCopies {
  readonly #slots: ConfigCopySlots;
  readonly #devices: BlockDevices;
  #last: ConfigCopy | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(slots: ConfigCopySlots, devices: BlockDevices) {
    this.#slots = slots;
    this.#devices = devices;
  }

  /** The intact copies of all slots that can be read, the newest first. */
  async readAll(): Promise<readonly string[]> {
    return (await this.#copies()).map(({ text }) => text);
  }

  /** Keeps a copy in the slot of the running system. When it returns it is on the medium. @throws UserError, KernelError */
  write(text: string): Promise<void> {
    const written = this.#turn.then(() => this.#write(text));
    // Two at a time would make two copies of one number, and the later one might lose.
    this.#turn = written.catch(() => undefined);
    return written;
  }

  async #write(text: string): Promise<void> {
    this.#last ??= (await this.#copies())[0];
    if (this.#last?.text === text) return;
    const next = { counter: (this.#last?.counter ?? 0) + 1, text };
    const bytes = encodeConfigCopy(next);
    if (bytes.length > CONFIG_COPY_ROOM)
      throw new UserError(
        `Cannot keep a copy of the configuration: it takes ${bytes.length} octets, and there is room for ${CONFIG_COPY_ROOM}`,
      );
    const device = await this.#devices.open(this.#slots.running);
    try {
      if (!hasRoom(device))
        throw new UserError(
          `Cannot keep a copy of the configuration on ${this.#slots.running}: it has ${device.octets} octets, and the copies take the last ${CONFIG_COPIES_OCTETS} of a slot; flash the card anew, a backup brings the settings back`,
        );
      await device.write(offsetOf(next.counter % NUMBERS.length, device), bytes);
      await device.settle();
    } finally {
      await device.close();
    }
    this.#last = next;
  }

  /** Writes zeros over all copies: no later owner of the card is to read them. @throws KernelError for a broken slot, after the others */
  async forget(): Promise<void> {
    this.#last = undefined;
    const done = await Promise.allSettled(this.#slots.all.map((slot) => this.#forgetIn(slot)));
    for (const one of done) if (one.status === 'rejected') throw one.reason;
  }

  async #forgetIn(slot: string): Promise<void> {
    const device = await this.#devices.open(slot);
    try {
      if (!hasRoom(device)) return;
      for (const number of NUMBERS)
        await device.write(offsetOf(number, device), new Uint8Array(CONFIG_COPY_ROOM));
      await device.settle();
    } finally {
      await device.close();
    }
  }

  async #copies(): Promise<readonly ConfigCopy[]> {
    const found: ConfigCopy[] = [];
    for (const slot of this.#slots.all) found.push(...(await this.#copiesIn(slot)));
    return found.toSorted((a, b) => b.counter - a.counter);
  }

  /** A slot that is not there must not hide the copies of the other. */
  async #copiesIn(slot: string): Promise<readonly ConfigCopy[]> {
    let device: BlockDevice;
    try {
      device = await this.#devices.open(slot);
    } catch (error) {
      if (error instanceof KernelError) return [];
      throw error;
    }
    try {
      if (!hasRoom(device)) return [];
      const copies = await Promise.all(NUMBERS.map((number) => copyAt(device, offsetOf(number, device))));
      return copies.filter((copy) => copy !== undefined);
    } finally {
      await device.close();
    }
  }
}

/** A card whose list of partitions is damaged has slots of any size. */
function hasRoom({ octets }: BlockDevice): boolean {
  return octets >= CONFIG_COPIES_OCTETS;
}

function offsetOf(number: number, device: BlockDevice): number {
  return device.octets - CONFIG_COPIES_OCTETS + number * CONFIG_COPY_ROOM;
}

/** Undefined where there is none, a damaged one, or sectors that cannot be read. */
async function copyAt(device: BlockDevice, offset: number): Promise<ConfigCopy | undefined> {
  try {
    const length = configCopyLength(await device.read(offset, SECTOR));
    return length > CONFIG_COPY_ROOM ? undefined : decodeConfigCopy(await device.read(offset, length));
  } catch (error) {
    if (error instanceof DecodeError || error instanceof KernelError) return undefined;
    throw error;
  }
}
