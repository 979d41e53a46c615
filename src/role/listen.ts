import type { ListenOptions, Server } from 'node:net';
import { KernelError } from '../base/errors.ts';

/** Listens with a server of Node's. @throws KernelError naming the port */
export function listen(
  server: Server,
  options: ListenOptions & { readonly host: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const errno = error.code ?? 'EIO';
      reject(
        new KernelError(
          `listen on ${options.host} port ${options.port}`,
          errno,
          errno === 'EADDRINUSE' ? 'another program uses it' : '',
        ),
      );
    };
    server.once('error', onError);
    server.listen(options, () => {
      server.off('error', onError);
      resolve();
    });
  });
}
