import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { kernelErrorFrom } from '../io/node/errors.ts';
import { nodeFiles } from '../io/node/files.ts';
import type { ImportedMessage } from '../service/mail-store/import-mail.ts';
import type { Command } from './command.ts';
import { fileIn } from './mail-directory.ts';

/** A message for a mailbox, as the control API takes it: `POST /api/mail/mailboxes/USER/messages`. */
export interface MessageToStore {
  /** Milliseconds since 1970; null for now. */
  readonly received: number | null;
  /** The message with CRLF line ends, base64. */
  readonly content: string;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw kernelErrorFrom(`read ${path}`, error);
  }
}

async function messagesOf(path: string): Promise<AsyncIterable<ImportedMessage>> {
  const { readMaildir, readMbox } = await import('../service/mail-store/import-mail.ts');
  if (isDirectory(path)) return readMaildir(nodeFiles(resolve(path)));
  const { files, name } = fileIn(path);
  return readMbox(files, name);
}

export const mailImportCommand: Command = {
  name: 'mail import',
  usage: 'mail import USER FILE|DIR',
  summary: 'stores the messages of an mbox file or a Maildir in the mailbox of a person',
  words: [2, 2],
  options: {},
  async run({ words: [user = '', path = ''], api, print }) {
    let imported = 0;
    for await (const { received, content } of await messagesOf(path)) {
      const message: MessageToStore = {
        received: received ?? null,
        content: Buffer.from(content).toString('base64'),
      };
      try {
        await api.send('POST', `/api/mail/mailboxes/${encodeURIComponent(user)}/messages`, message);
      } catch (error) {
        print(`imported ${imported} messages, then it ended: ${messageOf(error)}`);
        throw error;
      }
      imported += 1;
    }
    print(`imported ${imported} messages`);
  },
};
