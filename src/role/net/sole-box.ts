import { connect } from 'node:net';
import { Milliseconds, Seconds } from '../../base/duration.ts';
import { UserError } from '../../base/errors.ts';

/** How long the processes of a killed run may take to end. */
const PATIENCE = Seconds(3);
const PAUSE = Milliseconds(100);

function isAnswered(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // Nothing there, or the left-over of a box that is gone.
    socket.once('error', () => resolve(false));
  });
}

/**
 * Two boxes must not write to one data directory, and the second would take away the control socket of the first.
 * @throws UserError when a box answers behind this control socket
 */
export async function requireSoleBox(socketPath: string): Promise<void> {
  for (let waited = 0; await isAnswered(socketPath); waited += PAUSE) {
    if (waited >= PATIENCE)
      throw new UserError(`Cannot start: a box is running already and answers at ${socketPath}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
