import { type Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { Connection } from './connection.ts';

/** smtp-server with {@link Connection} as its connections. */
export class Server extends SMTPServer {
  readonly #onRefusal: (address: string) => boolean;

  constructor(options: SMTPServerOptions, onRefusal: (address: string) => boolean) {
    super(options);
    this.#onRefusal = onRefusal;
  }

  /** As in the base class but for the class of the connection. */
  override connect(socket: Socket, socketOptions?: Parameters<SMTPServer['connect']>[1]): void {
    const connection = new Connection(this, socket, socketOptions);
    connection.onRefusal = this.#onRefusal;
    this.connections.add(connection);
    connection.on('error', (error: Error) => void this.emit('error', error));
    connection.on('connect', (info) => void this.emit('connect', info));
    connection.init();
  }

  /** Stops listening and resolves when every connection is gone. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.close(() => resolve());
      for (const connection of this.connections) if (connection instanceof Connection) connection.stop();
    });
  }
}
