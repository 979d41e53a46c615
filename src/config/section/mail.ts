import { z } from 'zod';
import { domainName, mailAddress, sizeText, userName } from '../values.ts';

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
    .describe('Other names and groups.'),
  maxMessage: sizeText.prefault('25M').describe('The largest message accepted.'),
  relayFrom: z
    .array(z.enum(['lan'], '"lan"'))
    .prefault(['lan'])
    .describe('Who may send to the outside without login. Not in force yet: nothing is sent to the outside.'),
  smartHost: z
    .null('null: sending through the relay of the provider is not offered')
    .prefault(null)
    .describe('The relay of the provider.'),
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
