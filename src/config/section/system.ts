import * as z from 'zod';
import { domainName, hostLabel } from '../values.ts';

/** So that every name of a device, a label of at most 63 characters and its dot, is one of at most 253 (RFC 1035 section 2.3.4). */
const MAX_DOMAIN = 189;

/** Whether it is one of the IANA's names. UTC is known without a look into their tables, which every start would pay for. */
function isTimeZone(name: string): boolean {
  if (name === 'UTC') return true;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** `system` of the configuration. */
export const system = z.strictObject({
  name: hostLabel.prefault('gatepost').describe('The host name of the box.'),
  domain: domainName
    .refine((domain) => domain.length <= MAX_DOMAIN, {
      error: `a domain name of at most ${MAX_DOMAIN} characters, for names of devices are made under it`,
    })
    .prefault('office.example')
    .describe('The domain of the office: local names are made under it.'),
  timeZone: z
    .string('a time zone such as "Europe/Vienna"')
    .refine(isTimeZone, 'a time zone such as "Europe/Vienna"')
    .prefault('UTC')
    .describe('The time zone for times shown to people. Not in force yet: times are in UTC.'),
});
