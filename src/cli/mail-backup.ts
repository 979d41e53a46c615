import { counted } from '../base/counted.ts';
import { formatBytes } from '../base/size.ts';
import type { Command } from './command.ts';
import { backupFiles } from './backup-directory.ts';
import { mailDataDirectory, storeFiles } from './mail-directory.ts';

export const mailBackupCommand: Command = {
  name: 'mail backup',
  usage: 'mail backup DIR [--data DIR]',
  summary: 'copies what is new of the stored mail into a directory; the box may run meanwhile',
  words: [1, 1],
  options: { data: true },
  async run(context) {
    const [directory = ''] = context.words;
    const { backupMail } = await import('../service/mail-store/backup-mail.ts');
    const data = await mailDataDirectory(context);
    const { copied, kept, octets } = await backupMail(storeFiles(data), backupFiles(directory, data));
    context.print(`copied ${counted(copied, 'file')}, ${formatBytes(octets)}; there already: ${kept}`);
  },
};
