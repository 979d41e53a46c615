import * as z from 'zod';
import { tryParseIpv4 } from '../../base/ipv4.ts';
import { domainName, portNumber } from '../values.ts';

/** What `config show` puts in the place of a password: nobody can mean it. */
const HIDDEN = '(hidden)';

const hostText = z
  .string('a host such as "smtp.provider.example"')
  .refine((text) => tryParseIpv4(text) !== undefined || domainName.safeParse(text).success, {
    error: 'a host such as "smtp.provider.example" or "192.168.77.9"',
  })
  .transform((text) => text.toLowerCase());

const SERVER = {
  port: portNumber
    .nullable()
    .prefault(null)
    .describe('The port; null is 465 with security "tls", 587 with "starttls" and 25 with "none".'),
  security: z
    .enum(['starttls', 'tls', 'none'], '"starttls", "tls" or "none"')
    .prefault('starttls')
    .describe('How the connection is encrypted; "none" only for a host of the office.'),
  verify: z
    .boolean('true or false')
    .prefault(true)
    .describe('Whether its certificate must be valid for its name.'),
  user: z
    .string('a name')
    .min(1, 'a name')
    .max(200)
    .nullable()
    .prefault(null)
    .describe('The name to log in with.'),
  password: z
    .string('a password')
    .min(1, 'a password')
    .max(500)
    .refine((text) => text !== HIDDEN, { error: 'a password' })
    .nullable()
    .prefault(null)
    .describe('The password to log in with; never shown.'),
};

const server = z
  .strictObject({ host: hostText.describe('The name or address of the host.'), ...SERVER })
  .superRefine(checkLogin);

interface Login {
  readonly user: string | null;
  readonly password: string | null;
  readonly security: string;
}

function checkLogin({ user, password, security }: Login, context: z.RefinementCtx): void {
  const isWhole = (user === null) === (password === null);
  if (!isWhole) {
    const [path, message] =
      user === null
        ? ['user', 'a name to go with the password']
        : ['password', 'a password to go with the name'];
    context.addIssue({ code: 'custom', path: [path], message, input: null });
  }
  if (isWhole && user !== null && security === 'none') {
    const message = '"starttls" or "tls": a password is not sent in the open';
    context.addIssue({ code: 'custom', path: ['security'], message, input: security });
  }
}

/** `mail.smartHost` of the configuration. */
export const smartHost = z
  .strictObject({
    host: hostText
      .nullable()
      .prefault(null)
      .describe('The relay of the provider; null if there are only rules.'),
    ...SERVER,
    fallbacks: z
      .array(server)
      .max(5, 'at most 5 hosts')
      .prefault([])
      .describe(
        'Further hosts, tried in this order while the ones before do not answer, or put the mail off.',
      ),
    rules: z
      .array(
        z.strictObject({
          from: z.array(domainName).prefault([]).describe('Domains of senders; empty is all.'),
          to: z.array(domainName).prefault([]).describe('Domains of recipients; empty is all.'),
          servers: z
            .array(server)
            .max(5, 'at most 5 hosts')
            .prefault([])
            .describe('The hosts, in the order they are tried; empty delivers directly.'),
        }),
      )
      .max(100, 'at most 100 rules')
      .prefault([])
      .describe('Mail that takes another way; the first rule that fits counts.'),
  })
  .superRefine(checkLogin);
