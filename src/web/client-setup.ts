import { createHash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { DecodeError } from '../base/errors.ts';
import { tryParseIpv4 } from '../base/ipv4.ts';
import type { ClientSetup } from '../base/client-setup.ts';
import { type ClientAddress, readClientAddress } from '../wire/client-setup/address.ts';
import { encodeAppleProfile } from '../wire/client-setup/apple-profile.ts';
import { decodeAutodiscoverRequest, encodeAutodiscoverResponse } from '../wire/client-setup/autodiscover.ts';
import { encodeThunderbirdConfig } from '../wire/client-setup/thunderbird.ts';
import type { ControlClient } from './control-client.ts';
import { hostOf } from './host-of.ts';

/** The body of a question of Outlook has some 400 bytes; a longer one than this is refused with 413. */
const MAX_QUESTION = 16_384;

/** Where a mail program is told to ask again when `net` is just being started. */
const RETRY_SECONDS = '5';

export const APPLE_PROFILE_PATH = '/mail/apple.mobileconfig';
export const AUTHORITY_PATH = '/mail/authority.crt';

const XML = 'application/xml; charset=utf-8';
const NOT_HERE = 'Cannot tell settings: this is not a domain whose mail is here';

type Answer = (c: Context, setup: ClientSetup) => Response | Promise<Response>;

/** Whether the office's mail or web is called so: any other name is a DNS rebinding attempt, or somebody else's. */
function isOurs(host: string, { domains }: ClientSetup, hostNames: readonly string[]): boolean {
  if (tryParseIpv4(host) !== undefined || hostNames.includes(host)) return true;
  return domains.some((domain) => host === domain || host.endsWith(`.${domain}`));
}

/** What `autoconfig.` or `autodiscover.` stands before must be a domain of mail: the name above may be one by chance. */
function isKnownDomain(host: string, { domains }: ClientSetup): boolean {
  const [, domain] = /^(?:autoconfig|autodiscover)\.(.*)$/.exec(host) ?? [];
  return domain === undefined || domains.includes(domain);
}

/** The answer depends on the domain alone: who has a mailbox here is nobody's business. */
function isHere({ domain }: ClientAddress, { domains }: ClientSetup): boolean {
  return domains.includes(domain);
}

/** The same for the same text: version 8, made from a SHA-256 (RFC 9562 section 5.8). */
function uuidOf(name: string): string {
  const digits = createHash('sha256').update(name).digest('hex').toUpperCase();
  const parts = [digits.slice(0, 8), digits.slice(8, 12), `8${digits.slice(13, 16)}`];
  return [...parts, `A${digits.slice(17, 20)}`, digits.slice(20, 32)].join('-');
}

/** An address out of a query. Not every program writes the plus of an address as %2B there: a space, which no address has, was one. */
function addressIn(value: string | undefined): ClientAddress {
  return readClientAddress((value ?? '').trim().replaceAll(' ', '+'));
}

const thunderbird: Answer = (c, setup) => {
  const asked = c.req.query('emailaddress');
  if (asked !== undefined && asked !== '' && !isHere(addressIn(asked), setup)) return c.text(NOT_HERE, 404);
  return c.body(encodeThunderbirdConfig(setup.office, setup), 200, { 'content-type': XML });
};

const appleProfile: Answer = (c, setup) => {
  const asked = addressIn(c.req.query('emailaddress'));
  if (!isHere(asked, setup)) return c.text(NOT_HERE, 404);
  return c.body(encodeAppleProfile({ setup, address: asked.address, uuidOf }), 200, {
    'content-type': 'application/x-apple-aspen-config',
    'content-disposition': 'attachment; filename="mail.mobileconfig"',
  });
};

/** As DER, which every system takes; the first is the authority. */
const authority: Answer = (c, { trust: [first] }) => {
  if (first === undefined)
    return c.text('There is no certificate to trust: devices accept that of the owner by themselves', 404);
  const der = Buffer.from(first.certificate.replaceAll(/-----[^-]+-----/g, ''), 'base64');
  return c.body(new Uint8Array(der), 200, {
    'content-type': 'application/x-x509-ca-cert',
    'content-disposition': 'attachment; filename="authority.crt"',
  });
};

const outlook: Answer = async (c, setup) => {
  const asked = decodeAutodiscoverRequest(await c.req.text());
  if (!isHere(asked, setup)) return c.text(NOT_HERE, 404);
  return c.body(encodeAutodiscoverResponse(setup, asked.address), 200, { 'content-type': XML });
};

/** Outlook asks without encryption where to ask: a redirection to HTTPS is the answer (MS-OXDISCO section 3.1.5.4). */
const outlookDoor: Answer = (c, { domains: [first = ''] }) => {
  const host = hostOf(c.req.header('host'));
  if (first === '') return c.text(NOT_HERE, 404);
  const target = host.startsWith('autodiscover.') ? host : `autodiscover.${first}`;
  if (new URL(c.req.url).protocol === 'http:')
    return c.redirect(`https://${target}/autodiscover/autodiscover.xml`);
  return c.text('Cannot answer GET: the question is to be sent by POST', 405, { allow: 'POST' });
};

/** The second version of autodiscover: which address tells the settings, as JSON. */
const outlookJson: Answer = (c, setup) => {
  const [, inPath] = /^\/autodiscover\/autodiscover\.json\/v1\.0\/([^/]+)$/i.exec(c.req.path) ?? [];
  const query = new Map(Object.entries(c.req.query()).map(([name, value]) => [name.toLowerCase(), value]));
  const asked = inPath === undefined ? addressIn(query.get('email')) : readClientAddress(decode(inPath));
  if (!isHere(asked, setup)) return c.json({ ErrorCode: 'UserNotFound', ErrorMessage: NOT_HERE }, 404);
  if (query.get('protocol')?.toLowerCase() !== 'autodiscoverv1')
    return c.json(
      { ErrorCode: 'ProtocolNotSupported', ErrorMessage: 'Supported is the protocol AutodiscoverV1' },
      400,
    );
  const url = `https://autodiscover.${asked.domain}/autodiscover/autodiscover.xml`;
  return c.json({ Protocol: 'AutodiscoverV1', Url: url });
};

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new DecodeError('This is not a mail address', { offset: 0, path: '' });
  }
}

const GET_PATHS: Readonly<Record<string, Answer>> = {
  '/mail/config-v1.1.xml': thunderbird,
  '/.well-known/autoconfig/mail/config-v1.1.xml': thunderbird,
  [APPLE_PROFILE_PATH]: appleProfile,
  [AUTHORITY_PATH]: authority,
  '/autodiscover/autodiscover.xml': outlookDoor,
};

/** Makers do not agree on capitals in the paths of autodiscover. */
function answerFor(method: string, path: string): Answer | undefined {
  const known = path.toLowerCase();
  if (method === 'POST') return known === '/autodiscover/autodiscover.xml' ? outlook : undefined;
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  return GET_PATHS[known] ?? (known.startsWith('/autodiscover/autodiscover.json') ? outlookJson : undefined);
}

export interface ClientSetupOptions {
  readonly client: ControlClient;
  /** Names the box's page may be called by. */
  readonly hostNames: () => readonly string[];
}

/** Adds to a site the paths at which mail programs ask for their settings, under whatever name of the office they ask. */
export function addClientSetup(site: Hono, { client, hostNames }: ClientSetupOptions): void {
  const limit = bodyLimit({
    maxSize: MAX_QUESTION,
    onError: (c) => c.text(`Cannot read a question of more than ${MAX_QUESTION} bytes`, 413),
  });
  site.use(async (c, next) => {
    const answer = answerFor(c.req.method, c.req.path);
    if (answer === undefined) return await next();
    let setup: ClientSetup;
    try {
      setup = await client.get<ClientSetup>('/api/mail/client-setup');
    } catch {
      return c.text('Cannot tell settings now: the box is starting', 503, { 'retry-after': RETRY_SECONDS });
    }
    const host = hostOf(c.req.header('host'));
    if (!isOurs(host, setup, hostNames()) || !isKnownDomain(host, setup)) return c.text(NOT_HERE, 404);
    let response: Response | undefined;
    const refused = await limit(c, async () => {
      response = await answered(c, setup, answer);
    });
    return response ?? refused ?? c.text(NOT_HERE, 404);
  });
}

async function answered(c: Context, setup: ClientSetup, answer: Answer): Promise<Response> {
  try {
    return await answer(c, setup);
  } catch (error) {
    if (error instanceof DecodeError) return c.text(`Cannot read the question: ${error.message}`, 400);
    throw error;
  }
}
