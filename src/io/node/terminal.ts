import { constants, openSync } from 'node:fs';
import { ReadStream, WriteStream } from 'node:tty';
import { KernelError, messageOf } from '../../base/errors.ts';
import type { Terminal, TerminalHandlers, TerminalSize, Terminals } from '../../port/terminal.ts';
import { kernelErrorFrom } from './errors.ts';

/** Terminals by their device: `/dev/tty1`, `/dev/ttyS0`. */
export const nodeTerminals: Terminals = {
  open(path, handlers) {
    try {
      // Not the controlling terminal: a hang-up is an event of the line and no signal.
      const fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
      return new NodeTerminal(fd, handlers);
    } catch (error) {
      const known = kernelErrorFrom(`open the terminal ${path}`, error);
      // "ERR_INVALID_FD_TYPE" and the like: it is a file or a pipe.
      throw known instanceof KernelError
        ? known
        : new KernelError(`open the terminal ${path}`, 'ENOTTY', 'it is no terminal');
    }
  },
};

class NodeTerminal implements Terminal {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  #isGone = false;

  constructor(fd: number, handlers: TerminalHandlers) {
    this.#input = new ReadStream(fd);
    this.#output = new WriteStream(fd);
    this.#input.setRawMode(true);
    const gone = (reason: string): void => {
      if (this.#isGone) return;
      this.#isGone = true;
      handlers.onGone(reason);
    };
    this.#input.on('data', (chunk: Buffer) => handlers.onOctets(chunk));
    this.#input.on('end', () => gone('it has hung up'));
    for (const stream of [this.#input, this.#output])
      stream.on('error', (error: Error) => gone(messageOf(error)));
  }

  size(): TerminalSize {
    try {
      const [columns, rows] = this.#output.getWindowSize();
      return { columns, rows };
    } catch {
      // Hung up meanwhile: the streams say so.
      return { columns: 0, rows: 0 };
    }
  }

  write(text: string): void {
    if (!this.#isGone) this.#output.write(text);
  }

  get isBusy(): boolean {
    return this.#output.writableLength > 0;
  }

  close(): void {
    this.#isGone = true;
    this.#input.destroy();
    this.#output.destroy();
  }
}
