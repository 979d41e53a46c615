/** Work on the same keys goes one after the other; work on different keys at the same time. */
export class KeyedTurns {
  /** The end of the last work on each key. */
  readonly #last = new Map<number, Promise<void>>();

  async run<T>(keys: readonly number[], work: () => Promise<T>): Promise<T> {
    const before = keys.map((key) => this.#last.get(key) ?? Promise.resolve());
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const key of keys) this.#last.set(key, promise);
    try {
      await Promise.all(before);
      return await work();
    } finally {
      resolve();
      for (const key of keys) if (this.#last.get(key) === promise) this.#last.delete(key);
    }
  }
}
