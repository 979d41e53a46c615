import { UserError } from '../../base/errors.ts';

/** One change of the box after the other, each on what the one before has left; none behind the last. */
export class Turns {
  #queue: Promise<unknown> = Promise.resolve();
  #isOver = false;

  /** @throws what the action throws; UserError when its turn would come behind the last */
  take<T>(action: () => Promise<T>): Promise<T> {
    return this.#next(() => {
      if (this.#isOver) throw new UserError('Cannot change anything now: the box is being stopped');
      return action();
    });
  }

  /** Something that happened is followed, unless it is too late: nothing may come back that the last change took away. */
  follow(action: () => Promise<unknown>): Promise<void> {
    return this.#next(async () => {
      if (!this.#isOver) await action();
    });
  }

  /** The last change. */
  end(action: () => Promise<void>): Promise<void> {
    return this.#next(() => {
      this.#isOver = true;
      return action();
    });
  }

  #next<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(action);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}
