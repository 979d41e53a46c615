import * as z from 'zod';
import { domainName } from '../values.ts';

/** `time` of the configuration. */
export const time = z.strictObject({
  servers: z
    .array(domainName)
    .prefault(['pool.ntp.org'])
    .describe('Time servers. They show whether the Internet is there; the clock is not set by them yet.'),
  serveLan: z
    .boolean('true or false')
    .prefault(true)
    .describe(
      'Whether LAN devices are told to take their time from the box (NTP, option 42). Not in force yet: the box has no time service, so no device is told of one.',
    ),
});
