import * as z from 'zod';
import { LOG_LEVELS } from '../../port/log.ts';
import { RESET_KINDS } from '../../port/machine.ts';
import { MAIL_QUEUE_ACTIONS, MAX_LISTED_MAIL } from '../../port/mail-queue-view.ts';

/*
 * What callers of the control API may say: the routes read with these, and the OpenAPI document describes them.
 */

/** Most log entries one answer carries. */
const MAX_LOG_ENTRIES = 2000;
/** Longer than any UID of a message. */
const MAX_UID = 70;

const text = z.string().min(1);
/** Of the query everything is text. */
const numeral = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

export const logQuery = z.strictObject({
  level: z.enum(LOG_LEVELS).default('info'),
  limit: numeral(1, MAX_LOG_ENTRIES).default(200),
});
export const flowQuery = z.strictObject({
  address: z.string().optional(),
  port: numeral(1, 65_535).optional(),
  protocol: z.string().optional(),
});
export const flowFilter = z.strictObject({
  address: z.string().optional(),
  port: z.int().min(1).max(65_535).optional(),
  protocol: z.string().optional(),
});
export const explainQuery = z.strictObject({ from: text, to: text, what: text });
export const oneLease = z.strictObject({ address: text });
export const newReservation = z.strictObject({ address: text, name: text.optional() });
export const oneDevice = z.strictObject({ device: text });

export const rollback = z.strictObject({ change: z.int().positive().optional() });
export const newUser = z.strictObject({ name: z.string(), fullName: z.string().default(''), password: text });
export const removal = z.strictObject({ deleteMail: z.boolean().default(false) });
export const newPassword = z.strictObject({ password: text });
export const newQuota = z.strictObject({ quota: z.string().nullable() });
export const newAlias = z.strictObject({ name: text, members: z.array(z.string()).min(1).max(1000) });
export const oneAlias = z.strictObject({ name: z.string() });

export const listQuery = z.strictObject({ after: z.string().max(MAX_UID).optional() });
export const queueQuery = z.strictObject({ entries: numeral(0, MAX_LISTED_MAIL).default(MAX_LISTED_MAIL) });
export const queueEntry = z.object({ id: z.coerce.number().int().positive() });
export const queueChange = queueEntry.extend({ action: z.enum(MAIL_QUEUE_ACTIONS) });

export const newCertificate = z.strictObject({ certificate: text, key: text });
export const resetRequest = z.strictObject({ kind: z.enum(RESET_KINDS) });
