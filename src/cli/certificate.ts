import type { CertificateStatus } from '../port/certificate.ts';
import { type Command, type Context, printEither } from './command.ts';
import { unreadable } from './unreadable.ts';

const KINDS = {
  owner: 'given by the owner',
  own: 'issued by the authority of the box',
  first: 'vouches for itself, as an earlier version made it',
} as const;

/** Certificates that begin in 1970 do so whatever the clock says. */
function dayOf(iso: string): string {
  return iso.slice(0, 10);
}

function describe({ authority, ...status }: CertificateStatus): string {
  return [
    `certificate   ${status.subject}, ${KINDS[status.kind]}`,
    `  issuer      ${status.issuer}`,
    `  names       ${status.names.join(' ')}`,
    ...(status.missing.length === 0 ? [] : [`  not for     ${status.missing.join(' ')}`]),
    `  valid       ${dayOf(status.from)} to ${dayOf(status.until)}`,
    `  SHA-256     ${status.fingerprint}`,
    `authority     ${authority.name}`,
    `  only for    ${authority.domains.join(' ')}`,
    `  until       ${dayOf(authority.until)}`,
    `  SHA-256     ${authority.fingerprint}`,
    ...status.problems.map((problem) => `problem       ${problem}`),
  ].join('\n');
}

function readText({ readFile }: Context, what: string, path: string): string {
  try {
    return readFile(path);
  } catch (error) {
    throw unreadable(what, path, error);
  }
}

async function change({ api, print }: Context, path: string, body: unknown): Promise<void> {
  const said = await api.send<readonly string[]>('POST', path, body);
  print(said.join('\n'));
}

export const certificateShowCommand: Command = {
  name: 'certificate show',
  usage: 'certificate show [--json]',
  summary: 'the certificate of the servers, and the authority that devices can trust',
  words: [0, 0],
  options: { json: false },
  async run(context) {
    printEither(context, await context.api.get<CertificateStatus>('/api/certificate'), describe);
  },
};

export const certificateSetCommand: Command = {
  name: 'certificate set',
  usage: 'certificate set CERT KEY',
  summary: 'puts a certificate of your own in force; both are PEM files',
  words: [2, 2],
  options: {},
  async run(context) {
    const [certificate = '', key = ''] = context.words;
    const body = {
      certificate: readText(context, 'the certificate', certificate),
      key: readText(context, 'the key', key),
    };
    await change(context, '/api/certificate', body);
  },
};

export const certificateRemoveCommand: Command = {
  name: 'certificate remove',
  usage: 'certificate remove',
  summary: "goes back to the box's own certificate",
  words: [0, 0],
  options: {},
  run: (context) => change(context, '/api/certificate/remove', {}),
};

export const certificateRenewCommand: Command = {
  name: 'certificate renew',
  usage: 'certificate renew',
  summary: 'makes a new authority of the box, which devices have to trust anew',
  words: [0, 0],
  options: {},
  run: (context) => change(context, '/api/certificate/renew', {}),
};
