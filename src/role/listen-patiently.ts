import type { ListenOptions, Server } from 'node:net';
import { KernelError } from '../base/errors.ts';

/** How long the processes of a killed run may take to let go of their ports. */
const PATIENCE = 3000;
const PAUSE = 100;

function listenOnce(server: Server, options: ListenOptions): Promise<string | undefined> {
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException): void => resolve(error.code ?? 'EIO');
    server.once('error', onError);
    server.listen(options, () => {
      server.off('error', onError);
      resolve(undefined);
    });
  });
}

/**
 * Listens, trying again for a short while as long as the port is taken or the address is not there yet.
 * @throws KernelError naming the port
 */
export async function listenPatiently(
  server: Server,
  options: ListenOptions & { readonly host: string; readonly port: number },
): Promise<void> {
  for (let waited = 0; ; waited += PAUSE) {
    const errno = await listenOnce(server, options);
    if (errno === undefined) return;
    if (!['EADDRINUSE', 'EADDRNOTAVAIL'].includes(errno) || waited >= PATIENCE) {
      throw new KernelError(
        `listen on ${options.host} port ${options.port}`,
        errno,
        errno === 'EADDRINUSE' ? 'another program uses it' : '',
      );
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
