import { UserError } from '../../base/errors.ts';
import type { BlockDevices } from '../../port/block-device.ts';
import {
  SLOT_STATE_SIZE,
  type SlotState,
  decodeSlotState,
  encodeSlotState,
  newestSlotState,
} from '../../wire/slot-state/slot-state.ts';

/** From here on counting begins anew: the boot loader counts as well, and the field ends at 2^32 - 1. */
const LAST_COUNTER = 2 ** 31;

/** Where the two copies are: each in one sector of its own. */
export interface SlotStatePlaces {
  readonly device: string;
  /** In octets. */
  readonly offsets: readonly [number, number];
}

/** What the boot loader is told, kept so that a power cut at any instant leaves one good copy. */
export class SlotStates {
  readonly #places: SlotStatePlaces;
  readonly #devices: BlockDevices;

  constructor(places: SlotStatePlaces, devices: BlockDevices) {
    this.#places = places;
    this.#devices = devices;
  }

  /** @throws UserError if both copies are damaged, KernelError */
  async read(): Promise<SlotState> {
    const state = newestSlotState(await this.#copies());
    if (state === undefined)
      throw new UserError(
        `Cannot read which system starts next from ${this.#places.device}: both copies are damaged; flash the card anew, a backup brings the settings back`,
      );
    return state;
  }

  /** Writes over the older or damaged copy; when it returns, the next start obeys it. @throws KernelError, UserError */
  async write(next: Omit<SlotState, 'counter'>): Promise<void> {
    const copies = await this.#copies();
    const newest = newestSlotState(copies);
    const keep = copies.findIndex((copy) => newest !== undefined && isCopyOf(copy, newest));
    const [kept, other] = keep === 0 ? this.#places.offsets : this.#places.offsets.toReversed();
    const before = newest?.counter ?? 0;
    if (before < LAST_COUNTER) return await this.#put(other ?? 0, { ...next, counter: before + 1 });
    // The lower copy counts when the higher is no more: whole, torn or not begun, the second step leaves one in force.
    await this.#put(other ?? 0, { ...next, counter: 1 });
    await this.#put(kept ?? 0, { ...next, counter: 2 });
  }

  async #put(offset: number, state: SlotState): Promise<void> {
    const sector = encodeSlotState(state);
    const device = await this.#devices.open(this.#places.device);
    try {
      await device.write(offset, sector);
      await device.settle();
      if (!Buffer.from(await device.read(offset, SLOT_STATE_SIZE)).equals(sector))
        throw new UserError(
          `Cannot write which system starts next to ${this.#places.device}: it does not keep what is written; the card is worn out`,
        );
    } finally {
      await device.close();
    }
  }

  async #copies(): Promise<Uint8Array[]> {
    const { device: path, offsets } = this.#places;
    const device = await this.#devices.open(path);
    try {
      return await Promise.all(offsets.map((offset) => device.read(offset, SLOT_STATE_SIZE)));
    } finally {
      await device.close();
    }
  }
}

function isCopyOf(copy: Uint8Array, { counter }: SlotState): boolean {
  try {
    return decodeSlotState(copy).counter === counter;
  } catch {
    return false;
  }
}
