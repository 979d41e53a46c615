import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { counted } from '../base/counted.ts';
import { nodeFiles } from '../io/node/files.ts';
import type { ImportedMessage } from '../service/mail-store/import-mail.ts';
import type { Command } from './command.ts';
import { MailCarrier } from './mail-carrier.ts';
import { fileIn } from './mail-directory.ts';
import { unreadable } from './unreadable.ts';

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw unreadable('the mail', path, error);
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
  usage: 'mail import USER FILE',
  summary: 'stores the messages of an mbox file or a Maildir in the mailbox of a person',
  words: [2, 2],
  options: {},
  async run({ words: [user = '', path = ''], api, print }) {
    const carrier = new MailCarrier(api, user);
    const messages = await messagesOf(path);
    try {
      await carrier.carry(messages);
    } finally {
      print(`imported ${counted(carrier.stored, 'message')}`);
    }
  },
};
