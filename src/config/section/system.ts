import * as z from 'zod';
import { domainName, hostLabel } from '../values.ts';

/** `system` of the configuration. */
export const system = z.strictObject({
  name: hostLabel.prefault('gatepost').describe('The host name of the box.'),
  domain: domainName
    .prefault('office.example')
    .describe('The domain of the office: local names are made under it.'),
  timeZone: z
    .string('a time zone such as "Europe/Vienna"')
    .prefault('UTC')
    .describe('The time zone for times shown to people. Not in force yet: times are in UTC.'),
});
