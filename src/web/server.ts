import { type Server, createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import { getRequestListener } from '@hono/node-server';
import { Seconds } from '../base/duration.ts';
import { KernelError } from '../base/errors.ts';

/** Connections a browser may leave open without a request. */
const IDLE_TIMEOUT = Seconds(30);
/** Further connections are closed at once. */
const MAX_CONNECTIONS = 500;

export interface SiteIdentity {
  readonly key: string;
  readonly cert: string;
}

export interface SiteServer {
  /** For new connections of HTTPS; those that are up keep theirs. @throws Error if it cannot be used */
  setIdentity(tls: SiteIdentity): void;
  close(): void;
}

export interface SiteAddress {
  readonly host: string;
  readonly port: number;
  /** Private key and certificate, PEM: HTTPS instead of HTTP. */
  readonly tls?: SiteIdentity;
}

/** Serves a site. @throws KernelError naming the port */
export async function serveSite(
  fetch: (request: Request) => Response | Promise<Response>,
  where: SiteAddress,
): Promise<SiteServer> {
  const listener = getRequestListener(fetch);
  const settings = { keepAliveTimeout: IDLE_TIMEOUT };
  const onRequest = (...exchange: Parameters<typeof listener>): void => void listener(...exchange);
  const encrypted =
    where.tls === undefined ? undefined : createTlsServer({ ...settings, ...secure(where.tls) }, onRequest);
  const server: Server = encrypted ?? createServer(settings, onRequest);
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, where);
  // A connection that cannot be accepted (EMFILE) is the loss of that one, not of the role.
  server.on('error', () => undefined);
  return {
    setIdentity: (tls) => encrypted?.setSecureContext(secure(tls)),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function secure({ key, cert }: SiteIdentity): SecureContextOptions {
  return { key, cert, minVersion: 'TLSv1.2' };
}

function listen(server: Server, { host, port }: SiteAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const errno = error.code ?? 'EIO';
      reject(
        new KernelError(
          `listen on ${host} port ${port}`,
          errno,
          errno === 'EADDRINUSE' ? 'another program uses it' : '',
        ),
      );
    };
    server.once('error', onError);
    server.listen({ host, port }, () => {
      server.off('error', onError);
      resolve();
    });
  });
}
