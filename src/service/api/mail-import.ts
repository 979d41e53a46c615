import * as z from 'zod';
import { MAX_CARRIED, MAX_CARRIED_MESSAGES, type MailImport } from '../../port/mail-import.ts';

/** Four characters for three octets. */
const base64 = z
  .base64('base64')
  .max(Math.ceil(MAX_CARRIED / 3) * 4, `at most ${MAX_CARRIED} octets in base64`);
const message = z.strictObject({ received: z.int().nonnegative().nullable(), content: base64 });

/** The body of a call that puts messages into a mailbox. */
export const mailImport: z.ZodType<MailImport> = z.union([
  z.strictObject({
    messages: z
      .array(message)
      .min(1)
      .max(MAX_CARRIED_MESSAGES, `at most ${MAX_CARRIED_MESSAGES} messages`)
      .refine(
        (messages) =>
          messages.reduce((sum, { content }) => sum + content.length, 0) <= (MAX_CARRIED / 3) * 4 + 256,
        `at most ${MAX_CARRIED} octets in all`,
      ),
  }),
  z.strictObject({
    piece: message.extend({ upload: z.int().positive().nullable(), isLast: z.boolean() }),
  }),
]);
