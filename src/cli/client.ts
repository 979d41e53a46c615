import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { type Readable, pipeline } from 'node:stream';
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
  /** Sends a file as it is read, and takes the answer line by line, one JSON object each. */
  upload(path: string, file: Readable, onLine: (line: object) => void): Promise<void>;
}

const GONE = 'Cannot go on: the box has ended in the middle of its answer';

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
      incoming.on('error', () => reject(new NotRunningError(GONE)));
    });
    outgoing.on('error', (error) => reject(unreachableBox(socketPath, error)));
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function unreachableBox(socketPath: string, error: NodeJS.ErrnoException): Error {
  const operation = `reach the box at ${socketPath}`;
  if (error.code === 'EACCES') return new KernelError(operation, error.code, 'only root may talk to it');
  const reason = 'the box is not running, or runs with another --run directory';
  return new NotRunningError(`Cannot ${operation}: ${reason}`);
}

async function upload(
  socketPath: string,
  path: string,
  file: Readable,
  onLine: (line: object) => void,
): Promise<void> {
  const headers = { 'content-type': 'application/octet-stream' };
  const outgoing = request({ socketPath, method: 'POST', path, headers });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', (error) => reject(unreachableBox(socketPath, error)));
  });
  // A box that refuses reads no further: what counts is its answer.
  pipeline(file, outgoing, () => undefined);
  const incoming = await answer;
  const { statusCode: status = 0 } = incoming;
  for await (const line of linesOf(incoming)) {
    const value = objectOf(line);
    if (status >= 400) unwrap({ status, text: line });
    onLine(value);
  }
}

async function* linesOf(incoming: IncomingMessage): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: incoming });
  } catch {
    throw new NotRunningError(GONE);
  }
}

/** A line that was cut off is no JSON. */
function objectOf(line: string): object {
  try {
    return JSON.parse(line) as object;
  } catch {
    throw new NotRunningError(GONE);
  }
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
    upload: (path, file, onLine) => upload(socketPath, path, file, onLine),
  };
}
