import { Seconds } from '../base/duration.ts';
import { lockDirectory } from '../io/node/data-lock.ts';

const ASK_AGAIN = Seconds(1);

/** Resolves when no other process writes the mail store, and keeps others off from then on. */
export async function storeTurn(data: string, onWait: (reason: string) => void): Promise<void> {
  for (let isFirst = true; (await lockDirectory(data)) === undefined; isFirst = false) {
    if (isFirst)
      onWait(
        'another process writes it, as "gatepost mail restore --data" does; it is opened when that ends',
      );
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN));
  }
}
