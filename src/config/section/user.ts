import * as z from 'zod';
import { keepDays, passwordHash, sizeText, userName } from '../values.ts';

/** `users[]` of the configuration. */
export const user = z.strictObject({
  name: userName.describe('The login and the local part of the mail address.'),
  fullName: z.string('a name').max(200).prefault('').describe('The name of the person.'),
  password: passwordHash.describe('The password hash.'),
  quota: sizeText
    .nullable()
    .prefault(null)
    .describe(
      'The most the mailbox may hold; null is no limit. A full one takes no mail, which the sender is told.',
    ),
  keepDays: z
    .union([z.literal('default'), keepDays.nullable()], '"default", null or a number of days')
    .prefault('default')
    .describe('As mail.keepDays, for this mailbox; "default" is what that says.'),
  fetch: z
    .array(z.never('an empty list: fetching from outside mailboxes is not offered'))
    .prefault([])
    .describe('Outside mailboxes.'),
});
