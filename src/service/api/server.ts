import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import { rmSync } from 'node:fs';
import { getRequestListener } from '@hono/node-server';
import { Hours } from '../../base/duration.ts';
import { KernelError } from '../../base/errors.ts';
import type { CallerBindings } from './routes-type.ts';
import { type RoutesOptions, apiRoutes } from './routes.ts';

/**
 * How long a request may take to come in. An update comes as fast as the card takes it: the largest in this time even at 150 kB/s, where the
 * five minutes of Node would end it at 1.7 MB/s.
 */
const REQUEST_TIMEOUT = Hours(1);

export interface ApiServerOptions extends RoutesOptions {
  /** Where the socket is made; a left-over of a killed run is replaced. */
  readonly socketPath: string;
  /** The user at the other end of a connection, by the kernel's word. */
  readonly callerUid: (request: IncomingMessage) => number;
}

export interface ApiServer {
  close(): Promise<void>;
}

/** Serves the control API on a Unix socket. The directory's mode decides who may connect. */
export async function startApi(options: ApiServerOptions): Promise<ApiServer> {
  const routes = apiRoutes(options);
  const listener = getRequestListener((request, bindings) => {
    const env: CallerBindings = { mayWrite: options.callerUid(bindings.incoming as IncomingMessage) === 0 };
    return routes.fetch(request, env);
  });
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT },
    (request, response) => void listener(request, response),
  );
  rmSync(options.socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new KernelError(`listen on ${options.socketPath}`, error.code ?? 'EIO')),
    );
    server.listen({ path: options.socketPath, readableAll: true, writableAll: true }, resolve);
  });
  server.on('error', (error) =>
    options.log.error(`The control API cannot take a connection: ${error.message}`),
  );
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
