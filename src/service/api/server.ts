import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import { rmSync } from 'node:fs';
import { getRequestListener } from '@hono/node-server';
import { KernelError } from '../../base/errors.ts';
import type { CallerBindings } from './routes-type.ts';
import { type RoutesOptions, apiRoutes } from './routes.ts';

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
  const server = createServer((request, response) => void listener(request, response));
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
