import { request } from 'node:http';
import { Seconds } from '../base/duration.ts';
import { KernelError } from '../base/errors.ts';

/** Longest answer of the control API that the page takes. */
const MAX_ANSWER = 16 * 2 ** 20;
const TIMEOUT = Seconds(10);

/** The page's only source: the control API of the `net` role over its Unix socket. */
export interface ControlClient {
  get<T>(path: string): Promise<T>;
  /** Calls `onStatus` with every status event until `signal`; rejects when the connection ends. */
  follow(onStatus: (json: string) => void, signal: AbortSignal): Promise<void>;
}

function collect(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path, timeout: TIMEOUT }, (incoming) => {
      const chunks: Buffer[] = [];
      let length = 0;
      incoming.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > MAX_ANSWER)
          outgoing.destroy(new Error(`The answer to ${path} is longer than ${MAX_ANSWER} bytes`));
        chunks.push(chunk);
      });
      incoming.on('error', reject);
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        if (incoming.statusCode === 200) resolve(text);
        else reject(new Error(`The control API answered ${incoming.statusCode} to ${path}`));
      });
    });
    outgoing.on('timeout', () =>
      outgoing.destroy(new Error(`The control API did not answer ${path} within ${TIMEOUT} ms`)),
    );
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      reject(new KernelError(`ask the control API for ${path}`, error.code ?? 'EIO', error.message)),
    );
    outgoing.end();
  });
}

/** Cuts a stream of server-sent events into the data of each "status" event (WHATWG HTML section 9.2). */
export function eventCutter(onStatus: (json: string) => void): (text: string) => void {
  let pending = '';
  return (text) => {
    pending += text;
    const blocks = pending.split('\n\n');
    pending = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n');
      if (!lines.includes('event: status')) continue;
      onStatus(
        lines
          .filter((line) => line.startsWith('data: '))
          .map((line) => line.slice(6))
          .join('\n'),
      );
    }
  };
}

export function controlClient(socketPath: string): ControlClient {
  return {
    get: async <T>(path: string) => JSON.parse(await collect(socketPath, path)) as T,
    follow: (onStatus, signal) =>
      new Promise((_resolve, reject) => {
        const outgoing = request({ socketPath, path: '/api/events', signal }, (incoming) => {
          incoming.setEncoding('utf8');
          incoming.on('data', eventCutter(onStatus));
          incoming.on('error', reject);
          incoming.on('close', () => reject(new Error('The control API closed the event stream')));
        });
        outgoing.on('error', reject);
        outgoing.end();
      }),
  };
}
