import { messageOf } from '../../base/errors.ts';

export interface ChangeOrTakeBack<T> {
  readonly change: () => Promise<T>;
  /** `reason`: why the change was refused. */
  readonly takeBack: (reason: string) => Promise<unknown>;
  /** Neither the one nor the other is in force, and why not the other. */
  readonly onStuck: (reason: string) => void;
}

/** @throws what the change was refused for, whatever became of the way back */
export async function changeOrTakeBack<T>(parts: ChangeOrTakeBack<T>): Promise<T> {
  try {
    return await parts.change();
  } catch (error) {
    try {
      await parts.takeBack(messageOf(error));
    } catch (second) {
      parts.onStuck(messageOf(second));
    }
    throw error;
  }
}
