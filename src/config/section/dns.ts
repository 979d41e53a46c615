import * as z from 'zod';
import { domainName, durationText, upstreamText } from '../values.ts';

const RECORD_TYPES = ['A', 'AAAA', 'CNAME', 'MX', 'TXT', 'SRV', 'NS', 'PTR'] as const;

const record = z.strictObject({
  name: z
    .string('a name such as "printer"')
    .min(1)
    .max(253)
    .describe('The name, relative to the domain unless it ends with a dot.'),
  type: z
    .enum(RECORD_TYPES, `one of ${RECORD_TYPES.map((name) => `"${name}"`).join(', ')}`)
    .describe('The record type.'),
  value: z
    .string('the value of the record as text')
    .min(1)
    .max(4000)
    .describe('The value in zone-file form.'),
  ttl: durationText.prefault('5m').describe('How long others may remember it.'),
  public: z
    .boolean('true or false')
    .prefault(false)
    .describe('Whether it is shown on the WAN. Not in force yet.'),
});

/** `dns` of the configuration. */
export const dns = z.strictObject({
  forward: z
    .boolean('true or false')
    .prefault(true)
    .describe(
      'Whether unknown names are asked of the upstream servers; false is an office without Internet.',
    ),
  upstreams: z
    .array(upstreamText)
    .max(8, 'at most 8 servers')
    .prefault([])
    .describe('The name servers to ask, in order.'),
  cacheEntries: z
    .int('a number from 100 to 1000000')
    .min(100, 'a number from 100 to 1000000')
    .max(1_000_000, 'a number from 100 to 1000000')
    .prefault(10_000)
    .describe('How many answers are remembered.'),
  serveStale: durationText
    .prefault('12h')
    .describe('How long an expired answer may stand in when no upstream answers. Not in force yet.'),
  records: z
    .array(record)
    .max(5000, 'at most 5000 records')
    .prefault([])
    .describe('The records of the owner.'),
  publicZone: z
    .literal(false, 'false: a zone on the WAN is not offered')
    .prefault(false)
    .describe('Whether the box serves its domain to the Internet.'),
  transferTo: z
    .array(z.never('an empty list: zone transfer is not offered'))
    .prefault([])
    .describe('Name servers that may copy the zone.'),
  rebindProtection: z
    .boolean('true or false')
    .prefault(true)
    .describe('Whether outside names that point into the LAN are refused.'),
  rebindAllow: z.array(domainName).prefault([]).describe('Domains that may.'),
});
