import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { counted } from '../base/counted.ts';
import { UserError } from '../base/errors.ts';
import { nodeFiles } from '../io/node/files.ts';
import type { ImportedMessage, OnPassedOver } from '../service/mail-store/import-mail.ts';
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

async function messagesOf(path: string, onPassedOver: OnPassedOver): Promise<AsyncIterable<ImportedMessage>> {
  const { readMaildir, readMbox } = await import('../service/mail-store/import-mail.ts');
  if (isDirectory(path)) return readMaildir(nodeFiles(resolve(path)), onPassedOver);
  const { files, name } = fileIn(path);
  return readMbox(files, name, onPassedOver);
}

export const mailImportCommand: Command = {
  name: 'mail import',
  usage: 'mail import USER FILE',
  summary: 'stores the messages of an mbox file or a Maildir in the mailbox of a person',
  words: [2, 2],
  options: {},
  async run({ words: [user = '', path = ''], api, print }) {
    const carrier = new MailCarrier(api, user);
    let passedOver = 0;
    const messages = await messagesOf(path, (count) => {
      passedOver += count;
    });
    try {
      await carrier.carry(messages);
    } finally {
      print(`imported ${counted(carrier.stored, 'message')}`);
    }
    if (passedOver > 0)
      throw new UserError(
        `Cannot import ${counted(passedOver, 'message')} of "${path}", all others are imported: longer than 100 MiB, or with a line of more than 1 MiB`,
      );
  },
};
