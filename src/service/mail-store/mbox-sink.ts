import { KernelError, UserError } from '../../base/errors.ts';
import { fromLatin1 } from '../../base/text.ts';
import type { Files, OpenFile } from '../../port/files.ts';
import { toLf } from '../../wire/mail/line-ends.ts';
import { encodeMbox } from '../../wire/mail/mbox.ts';
import type { ExportedMessage, MailSink } from './export-mail.ts';

/** The part of a message in which its Return-Path stands, if it has one (RFC 5321 section 4.4: at the top). */
const TOP = 2000;

/** Writes messages into a new mbox file (mboxrd), `name` in the directory of `files`. */
export class MboxSink implements MailSink {
  readonly #files: Files;
  readonly #file: OpenFile;

  private constructor(files: Files, file: OpenFile) {
    this.#files = files;
    this.#file = file;
  }

  /** @throws UserError if the file exists, KernelError */
  static async create(files: Files, name: string): Promise<MboxSink> {
    try {
      return new MboxSink(files, await files.open(name, 'create'));
    } catch (error) {
      if (!(error instanceof KernelError) || error.errno !== 'EEXIST') throw error;
      throw new UserError(`Cannot export into ${name}: there is a file of that name; wanted is a new name`);
    }
  }

  async put({ received, content }: ExportedMessage): Promise<void> {
    await this.#file.append(encodeMbox({ sender: senderOf(content), received, content: toLf(content) }));
  }

  async close(): Promise<void> {
    await this.#file.sync();
    await this.#file.close();
    await this.#files.syncDirectory('.');
  }
}

/** The reverse-path as it was kept in the message; empty if it tells none. */
function senderOf(content: Uint8Array): string {
  const top = fromLatin1(content.subarray(0, TOP));
  return /^Return-Path: <([^<>\s]*)>/i.exec(top)?.[1] ?? '';
}
