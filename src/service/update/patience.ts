import { type Duration, Minutes } from '../../base/duration.ts';
import { UserError } from '../../base/errors.ts';
import { after } from '../../base/instant.ts';
import type { Clock } from '../../port/clock.ts';

/** A sender who sends nothing for so long has gone: others are to be able to update. */
const PATIENCE: Duration = Minutes(1);

/** The chunks of a file as long as each comes within a minute of being asked for. @throws UserError */
export async function* withPatience(
  file: AsyncIterable<Uint8Array>,
  clock: Clock,
): AsyncGenerator<Uint8Array> {
  const chunks = file[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await soon(chunks.next(), clock);
    if (done === true) return;
    yield value;
  }
}

async function soon<T>(chunk: Promise<T>, clock: Clock): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = clock.wake(after(clock.now(), PATIENCE), () =>
    reject(new UserError('Cannot update: nothing more of the file has come for a minute')),
  );
  try {
    return await Promise.race([chunk, late]);
  } finally {
    timer.cancel();
  }
}
