import * as z from 'zod';
import { smartHost } from './smart-host.ts';
import { domainName, keepDays, mailAddress, prefix4Text, sizeText, userName } from '../values.ts';

/** What every mail server has to take (RFC 5321 section 4.5.3.1.7): with less, even notices are refused. */
const LEAST_MAX_MESSAGE = 64 * 1024;

/** `mail` of the configuration. */
export const mail = z.strictObject({
  enabled: z.boolean('true or false').prefault(true).describe('Whether the box is a post office.'),
  hostName: domainName
    .nullable()
    .prefault(null)
    .describe('The name the mail server greets with; null is "mail." and the domain.'),
  domains: z
    .array(domainName)
    .max(50, 'at most 50 domains')
    .prefault([])
    .describe('Domains whose mail is for local users; empty is the domain of the office.'),
  aliases: z
    .record(
      z.string(),
      z
        .array(z.union([userName, mailAddress], 'a user name or a mail address'))
        .min(1, 'at least one recipient'),
    )
    .prefault({})
    .describe(
      'Other names and groups: users, other aliases and outside addresses. A user\'s own name among the members keeps a copy: "alice": ["alice", "alice@home.example"].',
    ),
  catchAll: userName
    .nullable()
    .prefault(null)
    .describe('The user who gets the mail for names that do not exist; null refuses it.'),
  maxMessage: sizeText
    .refine((octets) => octets >= LEAST_MAX_MESSAGE, 'a size from "64K" on')
    .prefault('25M')
    .describe('The largest message accepted, at least "64K".'),
  keepDays: keepDays
    .nullable()
    .prefault(null)
    .describe(
      'Days that a message stays in its mailbox after it was first fetched whole, then it is removed; 0 removes it at the end of that session, null never. Mail that nobody has fetched stays.',
    ),
  listeners: z
    .array(
      z.strictObject({
        service: z
          .enum(
            ['smtp', 'submission', 'submissions', 'pop3', 'pop3s'],
            '"smtp", "submission", "submissions", "pop3" or "pop3s"',
          )
          .describe('Port 25, 587, 465, 110 or 995.'),
        allow: z
          .array(prefix4Text)
          .prefault([])
          .describe('Who may connect, as far as the firewall lets them; empty is everybody.'),
        deny: z.array(prefix4Text).prefault([]).describe('Who may not, although allowed.'),
      }),
    )
    .prefault([])
    .describe('Who may connect to the ports of mail.'),
  relayFrom: z
    .array(z.enum(['lan'], '"lan"'))
    .prefault(['lan'])
    .describe('Who may send to the outside without login.'),
  smartHost: smartHost
    .nullable()
    .prefault(null)
    .describe('Hosts that take mail for the outside; null delivers directly to the hosts of each domain.'),
  backupFor: z
    .array(z.never('an empty list: backup MX is not offered'))
    .prefault([])
    .describe('Domains the box is a backup for.'),
  fetch: z
    .array(z.never('an empty list: fetching from outside mailboxes is not offered'))
    .prefault([])
    .describe('Shared outside mailboxes.'),
  hygiene: z
    .strictObject({
      spf: z
        .boolean('true or false')
        .prefault(true)
        .describe('Whether the sender policy of a domain is checked.'),
      dkim: z.boolean('true or false').prefault(true).describe('Whether signatures are checked.'),
      dmarc: z
        .boolean('true or false')
        .prefault(true)
        .describe('Whether the policy of the From domain is followed.'),
      greylist: z.boolean('true or false').prefault(true).describe('Whether strangers have to try twice.'),
      blockLists: z.array(domainName).prefault([]).describe('DNS block lists to ask.'),
    })
    .prefault({})
    .describe('Checks on mail from the Internet. Not in force yet.'),
});
