import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer } from 'node:net';
import { kernelErrorFrom } from './errors.ts';

/**
 * Keeps a directory for the caller alone until what is returned is called or the process ends, however it ends; undefined if another one has it. It is a name that the kernel holds (an abstract socket,
 * unix(7)), so that nothing stays behind after a crash, and a file system that cannot be written is no hindrance. Who shares neither the machine nor its network namespace is not seen.
 */
export async function lockDirectory(directory: string): Promise<(() => void) | undefined> {
  const server = createServer((socket) => socket.destroy());
  server.unref();
  try {
    const { dev, ino } = statSync(directory);
    const listening = once(server, 'listening');
    server.listen({ path: `\0gatepost-data-${dev}-${ino}` });
    await listening;
    return () => void server.close();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined;
    throw kernelErrorFrom(`keep ${directory} for one process`, error);
  }
}
