import * as z from 'zod';
import { portNumber } from '../values.ts';

/** `web` of the configuration. */
export const web = z.strictObject({
  http: portNumber.prefault(8080).describe('The port of the page of the owner.'),
  https: portNumber.prefault(8443).describe('The same over HTTPS.'),
  publicSite: z
    .literal(false, 'false: a public site is not offered')
    .prefault(false)
    .describe('Whether the public site is served.'),
  intranetSite: z
    .literal(false, 'false: an intranet site is not offered')
    .prefault(false)
    .describe('Whether the intranet site is served.'),
});
