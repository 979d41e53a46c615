import type { Duration } from '../../base/duration.ts';

/** Whether anything has happened since somebody last asked, however often it did. */
export class News {
  #isThere = false;
  #wake: (() => void) | undefined;

  tell(): void {
    this.#isThere = true;
    this.#wake?.();
  }

  /** True as soon as there is something new, false when there was nothing for so long. One waits at a time. */
  async next(patience: Duration): Promise<boolean> {
    if (!this.#isThere) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, patience);
      this.#wake = resolve;
      await promise;
      clearTimeout(timer);
      this.#wake = undefined;
    }
    const isNew = this.#isThere;
    this.#isThere = false;
    return isNew;
  }
}
