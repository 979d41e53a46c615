import { counted } from '../base/counted.ts';
import { formatBytes } from '../base/size.ts';
import { formatTime } from '../base/time-text.ts';
import type { DamagedMessage } from '../port/mailbox.ts';
import type { MailReport } from '../service/mail-store/verify-mail.ts';
import { type Command, printEither } from './command.ts';
import { mailDataFiles } from './mail-directory.ts';

function describe({ uid, size, received, users }: DamagedMessage): string {
  return `  message ${uid} of ${users.join(', ') || 'the queue'}, received: ${formatTime(received)}, ${formatBytes(size)}`;
}

function reportText({ damage, lost, ...report }: MailReport): string {
  const { messages, mailboxes, queued, blobs, segments, octets } = report;
  const counts = [
    `${counted(messages, 'message')} in ${counted(mailboxes, 'mailbox', 'mailboxes')}`,
    counted(queued, 'entry of the queue', 'entries of the queue'),
  ].join(', ');
  const places = damage.flatMap(({ path, offset, length, messages }) => [
    `damaged: ${path}, ${counted(length, 'byte')} from ${offset}`,
    ...messages.map(describe),
  ]);
  const lines = lost.flatMap((message) => ['the bytes are lost of', describe(message)]);
  return [
    `${counts}: ${counted(segments, 'segment')} with ${formatBytes(octets)} and ${counted(blobs, 'large message')} read`,
    ...places,
    ...lines,
    ...(places.length + lines.length === 0 ? ['all of it is as it was stored'] : []),
  ].join('\n');
}

export const mailVerifyCommand: Command = {
  name: 'mail verify',
  usage: 'mail verify [--data DIR] [--json]',
  summary: 'reads all stored mail and checks every byte; the box may run meanwhile',
  words: [0, 0],
  options: { data: true, json: false },
  async run(context) {
    const { verifyMail } = await import('../service/mail-store/verify-mail.ts');
    const report = await verifyMail(await mailDataFiles(context));
    printEither(context, report, reportText);
    if (report.damage.length + report.lost.length > 0) {
      throw new Error(
        'The mail store is damaged: the messages named cannot be read, all others can; a backup may have them',
      );
    }
  },
};
