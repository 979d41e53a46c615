import { collectBytes } from '../../src/base/bytes.ts';
import type { MailContent } from '../../src/port/mailbox.ts';

/** A message in one array, however its store gives it; of none, an empty one. */
export async function wholeContent(content: MailContent | undefined): Promise<Uint8Array> {
  if (content === undefined) return new Uint8Array();
  return content instanceof Uint8Array ? content : await collectBytes(content);
}
