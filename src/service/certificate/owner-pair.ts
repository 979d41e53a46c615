import { type KeyObject, X509Certificate, createPrivateKey } from 'node:crypto';
import { UserError, messageOf } from '../../base/errors.ts';
import type { Timestamp } from '../../base/instant.ts';
import { type TlsIdentity, knowsTime } from './issue.ts';
import { encodePem, pemBlocks } from './pem.ts';

/** Characters of all certificates, and of a key; beyond that the files are refused unread. */
export const MAX_OWNER_FILE = 65_536;
/** The server's and those of its issuers. */
const MAX_CHAIN = 10;
/** OpenSSL refuses shorter ones at the security level of every current client. */
const SHORTEST_RSA = 2048;

/** What clients agree on. TLS itself would take DSA and other curves as well, and then agree with nobody. */
const KINDS = ['rsa', 'rsa-pss', 'ed25519'];
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1'];

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

function refuse(reason: string): never {
  throw new UserError(`Cannot use the certificate: ${reason}`);
}

function readKey(text: string): KeyObject {
  const [block, ...others] = pemBlocks(text, 'PRIVATE KEY');
  if (block === undefined || others.length > 0)
    refuse(
      `the file of the key holds ${others.length + (block === undefined ? 0 : 1)} private keys, wanted is one in PEM`,
    );
  if (/ENCRYPTED/.test(block)) refuse('its key is encrypted, wanted is one without a passphrase');
  try {
    return createPrivateKey(block);
  } catch {
    // What the library says may quote the key.
    return refuse('its key cannot be read, wanted is a private key in PEM');
  }
}

function readChain(text: string): X509Certificate[] {
  const blocks = pemBlocks(text, 'CERTIFICATE');
  if (blocks.length === 0 || blocks.length > MAX_CHAIN)
    refuse(`the file holds ${blocks.length} certificates, wanted are 1 to ${MAX_CHAIN} in PEM`);
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      return refuse(`number ${index + 1} of the file cannot be read (${messageOf(error)})`);
    }
  });
}

function requireOrder(chain: readonly X509Certificate[]): void {
  for (const [index, issuer] of chain.entries()) {
    const issued = chain[index - 1];
    if (issued === undefined || (issued.checkIssued(issuer) && issued.verify(issuer.publicKey))) continue;
    refuse(
      `number ${index + 1} of the file did not issue number ${index}; wanted is that of the server first, then that of each issuer`,
    );
  }
}

function requireServer(certificate: X509Certificate, key: KeyObject): void {
  if (!certificate.checkPrivateKey(key)) refuse('the key does not belong to it');
  // What Node calls so is the extended key usage.
  const uses = certificate.keyUsage as readonly string[] | undefined;
  if (uses !== undefined && !uses.includes(SERVER_AUTH)) refuse('it is not for servers');
  const { modulusLength: bits, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  const kind = key.asymmetricKeyType ?? '';
  if (!KINDS.includes(kind) && !(kind === 'ec' && CURVES.includes(namedCurve)))
    refuse(
      `its key is of the kind ${[kind, namedCurve].join(' ').trim()}, wanted is RSA, Ed25519, or EC with the curve P-256, P-384 or P-521`,
    );
  if (bits !== undefined && bits < SHORTEST_RSA)
    refuse(`its key has ${bits} bits, wanted are ${SHORTEST_RSA} at least`);
}

function requireTime(certificate: X509Certificate, now: Timestamp): void {
  if (!knowsTime(now)) return;
  const day = (date: Date): string => date.toISOString().slice(0, 10);
  const { validFromDate, validToDate } = certificate;
  const today = `by the clock of the box today is ${day(new Date(now))}`;
  if (validToDate.getTime() <= now) refuse(`it ended on ${day(validToDate)}; ${today}`);
  if (validFromDate.getTime() > now) refuse(`it begins on ${day(validFromDate)}; ${today}`);
}

/**
 * The owner's certificate chain and private key as the servers take them: one key that belongs to the first certificate, each further
 * certificate the issuer of the one before. @throws UserError with what is wrong; never with a part of the key
 */
export function readOwnerPair(certificate: string, key: string): TlsIdentity {
  if (certificate.length > MAX_OWNER_FILE || key.length > MAX_OWNER_FILE)
    refuse(`a file is larger than ${MAX_OWNER_FILE} bytes`);
  const privateKey = readKey(key);
  const chain = readChain(certificate);
  const [first] = chain;
  if (first !== undefined) requireServer(first, privateKey);
  requireOrder(chain);
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: chain.map(({ raw }) => encodePem('CERTIFICATE', raw)).join(''),
  };
}

/** As {@link readOwnerPair} for a pair that is new, and so has to be valid now. @throws UserError */
export function readNewOwnerPair(certificate: string, key: string, now: Timestamp): TlsIdentity {
  const identity = readOwnerPair(certificate, key);
  requireTime(new X509Certificate(identity.cert), now);
  return identity;
}
