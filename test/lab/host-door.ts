import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { joinSockets } from './join-sockets.ts';
import type { Namespace } from './namespace.ts';

export interface Doorway {
  readonly namespace: Namespace;
  /** Where the connections go, as seen from the namespace. */
  readonly address: string;
  readonly port: number;
  /** Port on the host's loopback; when it is taken, a free one is used. */
  readonly hostPort: number;
}

/**
 * Makes a TCP port of the lab reachable on the host's 127.0.0.1. Network namespaces do not see each other's loopback,
 * but all see the same files, so every connection crosses over a Unix socket to a door keeper inside.
 */
export class HostDoor {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async open(doorway: Doorway): Promise<HostDoor> {
    const { namespace, address, port } = doorway;
    const socketPath = namespace.file('door.sock');
    const program = join(import.meta.dirname, 'door-keeper.ts');
    const argv = [process.execPath, program, socketPath, address, String(port)];
    const keeper = namespace.start('door-keeper', argv);
    await keeper.line(/door open/);
    const server = createServer((visitor) => joinSockets(visitor, connect(socketPath)));
    try {
      await listen(server, doorway.hostPort);
    } catch {
      await listen(server, 0);
    }
    return new HostDoor(server);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  close(): void {
    this.#server.close();
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
