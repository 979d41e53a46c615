import process from 'node:process';
import type { ParentChannel, ParentHandlers } from '../../port/process.ts';

/** The question of the parent whether this process is alive, and the answer: below what the two say to each other. */
export const ALIVE = 'alive?';

/**
 * The child's end of the channel to its supervisor. The channel keeps the child alive until {@link ParentChannel.close};
 * when the parent is gone, however it ended, `onGone` is called and the role is expected to end too.
 */
export function openParentChannel<Outgoing, Incoming>(
  handlers: ParentHandlers<Incoming>,
): ParentChannel<Outgoing> {
  process.on('message', (message) => {
    if (message !== ALIVE) handlers.onMessage(message as Incoming);
    else if (process.connected) process.send?.(ALIVE, undefined, undefined, () => undefined);
  });
  process.on('disconnect', () => handlers.onGone());
  return {
    send: (message) => {
      // The callback takes the error of a parent that has gone meanwhile; onGone tells.
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
    },
    close: () => {
      if (process.connected) process.disconnect?.();
    },
  };
}
