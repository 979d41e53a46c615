import type { Files } from '../../port/files.ts';
import { toLf } from '../../wire/mail/line-ends.ts';
import type { ExportedMessage, MailSink } from './export-mail.ts';

/** Writes messages into a Maildir, the directory of `files`: each into `tmp`, synced, then renamed into `new`. */
export class MaildirSink implements MailSink {
  readonly #files: Files;

  private constructor(files: Files) {
    this.#files = files;
  }

  /** @throws KernelError */
  static async create(files: Files): Promise<MaildirSink> {
    for (const name of ['tmp', 'new', 'cur']) await files.makeDirectory(name);
    // What an export that was broken off left.
    for (const name of await files.list('tmp')) {
      if (name.endsWith(SUFFIX)) await files.remove(`tmp/${name}`);
    }
    return new MaildirSink(files);
  }

  /** Exporting again into the same Maildir replaces what is still new there, as a message has the same name each time. */
  async put({ uid, received, content }: ExportedMessage): Promise<void> {
    const bytes = toLf(content);
    const temporary = `tmp/${uid}${SUFFIX}`;
    const file = await this.#files.open(temporary, 'create');
    try {
      await file.append([bytes]);
      await file.sync();
    } finally {
      await file.close();
    }
    // Seconds, what is unique in them, who wrote it; then the sizes in the file and on the wire, by which a server need not read it.
    const name = `${Math.floor(received / 1000)}.${uid}${SUFFIX},S=${bytes.length},W=${content.length}`;
    await this.#files.rename(temporary, `new/${name}`);
  }

  async close(): Promise<void> {
    for (const name of ['new', 'tmp', '.']) await this.#files.syncDirectory(name);
  }
}

const SUFFIX = '.gatepost';
