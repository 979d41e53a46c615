import { counted } from '../base/counted.ts';
import { UserError } from '../base/errors.ts';
import { formatBytes } from '../base/size.ts';
import type { MailSink } from '../service/mail-store/export-mail.ts';
import type { Command, Context } from './command.ts';
import { directoryFiles, fileIn, mailDataFiles, valueOf } from './mail-directory.ts';

async function sinkOf(context: Context): Promise<MailSink> {
  const [mbox, maildir] = [valueOf(context, 'mbox'), valueOf(context, 'maildir')];
  if ((mbox === undefined) === (maildir === undefined)) {
    throw new UserError('Cannot export mail: one of --mbox FILE and --maildir DIR is wanted, not both');
  }
  if (maildir !== undefined) {
    const { MaildirSink } = await import('../service/mail-store/maildir-sink.ts');
    return MaildirSink.create(directoryFiles(maildir));
  }
  const { MboxSink } = await import('../service/mail-store/mbox-sink.ts');
  const { files, name } = fileIn(mbox ?? '');
  return MboxSink.create(files, name);
}

export const mailExportCommand: Command = {
  name: 'mail export',
  usage: 'mail export USER [--mbox FILE] [--maildir DIR] [--data DIR]',
  summary: 'writes the mail of a person into a file or a Maildir, from the box or a backup',
  words: [1, 1],
  options: { mbox: true, maildir: true, data: true },
  async run(context) {
    const [user = ''] = context.words;
    const { MailArchive } = await import('../service/mail-store/mail-archive.ts');
    const { exportMail, requireMailbox } = await import('../service/mail-store/export-mail.ts');
    const archive = await MailArchive.open({ files: await mailDataFiles(context) });
    try {
      requireMailbox(archive, user);
      const { exported, octets, unreadable } = await exportMail(archive, user, await sinkOf(context));
      context.print(`exported ${counted(exported, 'message')}, ${formatBytes(octets)}`);
      if (unreadable.length > 0) {
        throw new Error(
          `Cannot export ${counted(unreadable.length, 'message')} of "${user}", all others are exported: ${unreadable.map(({ reason }) => reason).join('; ')}`,
        );
      }
    } finally {
      archive.close();
    }
  },
};
