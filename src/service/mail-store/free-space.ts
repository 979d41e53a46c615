import type { Files } from '../../port/files.ts';
import { StoreFullError } from '../../port/mailbox.ts';
import { PAGE, alignUp } from '../../wire/record/layout.ts';

/** The file system is asked again after this many bytes: not for each message, and soon enough to notice other writers. */
const LOOK_AGAIN_AFTER = 4 * 1024 * 1024;

/** Keeps a part of the storage free. */
export class FreeSpace {
  readonly #files: Files;
  readonly #floor: number;
  /** Bytes above the floor when last looked, less what was claimed since. */
  #headroom = 0;
  #claimed = 0;
  #looking: Promise<void> | undefined;

  constructor(files: Files, floor: number) {
    this.#files = files;
    this.#floor = floor;
  }

  /** Returns when a message of `size` bytes may be written. @throws StoreFullError if less than the floor would stay free */
  async claim(size: number): Promise<void> {
    // Alone in its batch a message fills whole pages, and the records beside it may need one more.
    const cost = alignUp(size, PAGE) + PAGE;
    if (cost > this.#headroom || this.#claimed >= LOOK_AGAIN_AFTER) this.#looking ??= this.#look();
    // Whoever comes while it is looked waits as well: messages are numbered in the order they come.
    await this.#looking;
    if (cost > this.#headroom) {
      throw new StoreFullError(
        `Cannot store a message of ${size} bytes: less than ${this.#floor} bytes of the storage would stay free`,
      );
    }
    this.#headroom -= cost;
    this.#claimed += cost;
  }

  async #look(): Promise<void> {
    try {
      this.#headroom = (await this.#files.freeSpace()) - this.#floor;
      this.#claimed = 0;
    } finally {
      this.#looking = undefined;
    }
  }
}
