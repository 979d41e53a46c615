import { request } from 'node:http';
import { KernelError } from '../base/errors.ts';

/** The box is not running: exit code 3. */
export class NotRunningError extends Error {
  override readonly name = 'NotRunningError';
}

/** The box refused: exit code 1. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** One call of the control API over its Unix socket. */
export interface ApiClient {
  get<T>(path: string): Promise<T>;
  send<T>(method: 'PUT' | 'POST', path: string, body: unknown): Promise<T>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function call(socketPath: string, method: string, path: string, body?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const outgoing = request({ socketPath, method, path, headers }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
      incoming.on('error', reject);
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const operation = `reach the box at ${socketPath}`;
      if (error.code === 'EACCES')
        return reject(new KernelError(operation, error.code, 'only root may talk to it'));
      const reason = 'the box is not running, or runs with another --run directory';
      reject(new NotRunningError(`Cannot ${operation}: ${reason}`));
    });
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function unwrap({ status, text }: Answer): unknown {
  const value: unknown = JSON.parse(text);
  if (status < 400) return value;
  const { error } = value as { readonly error?: string };
  throw new RefusedError(error ?? `Cannot do that: the box answered ${status}`);
}

export function apiClient(runDirectory: string): ApiClient {
  const socketPath = `${runDirectory}/api.sock`;
  return {
    get: async <T>(path: string) => unwrap(await call(socketPath, 'GET', path)) as T,
    send: async <T>(method: string, path: string, body: unknown) =>
      unwrap(await call(socketPath, method, path, body)) as T,
  };
}
