// oxlint-disable no-underscore-dangle -- the base class spells its parts so
import type { SMTPServerDataStream } from 'smtp-server';
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js';
import { DataDecoder } from '../../wire/smtp/data-decoder.ts';

type Feed = Parameters<SMTPStream['_feedDataStream']>;

/**
 * smtp-server's stream of commands and messages with a reading of messages of our own: its waits for a turn of the event loop at every line that begins with a dot, so that
 * a message of nothing else took half a second of the processor for each megabyte. Leans on undocumented parts; a test fails when they move.
 */
export class CommandStream extends SMTPStream {
  #decoder = new DataDecoder();

  override startDataMode(maxBytes?: number | string | null): SMTPServerDataStream {
    this.#decoder = new DataDecoder();
    return super.startDataMode(maxBytes);
  }

  override _feedDataStream(chunk: Feed[0], done: Feed[1]): void {
    const stream = this._dataStream;
    const { content, end } = this.#decoder.decode(chunk);
    this._countDataBytes(content.length);
    if (end !== undefined) {
      this._endDataMode(asBuffer(content), chunk.subarray(end), done);
      return;
    }
    // One that is destroyed never drains.
    const isTaken = stream === null || !stream.writable || stream.write(content) || stream.destroyed;
    if (isTaken) {
      done();
      return;
    }
    const onDrain = (): void => {
      stream.off('drain', onDrain);
      stream.off('close', onDrain);
      done();
    };
    stream.on('drain', onDrain);
    stream.on('close', onDrain);
  }
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
