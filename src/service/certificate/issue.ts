import {
  X509Certificate,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto';
import { Days } from '../../base/duration.ts';
import { toHex } from '../../base/hex.ts';
import { Timestamp, after } from '../../base/instant.ts';
import {
  type CertificateContent,
  LONGEST_COMMON_NAME,
  encodeCertificate,
  encodeTbsCertificate,
} from '../../wire/x509/certificate.ts';
import { authorityExtensions, serverExtensions } from '../../wire/x509/extensions.ts';
import { encodePem } from './pem.ts';

/** A private key and its certificate, PEM; behind the certificate may stand those of the authorities it leads to. */
export interface TlsIdentity {
  readonly key: string;
  readonly cert: string;
}

/** An authority, and the names it and those below it may vouch for. */
export interface Authority extends TlsIdentity {
  readonly domains: readonly string[];
}

/** A clock before this has not learnt the time. */
const EARLIEST_NOW = Timestamp(Date.UTC(2026, 0, 1));
const EPOCH = Timestamp(0);

const AUTHORITY_LIFETIME = Days(7305);
/** Apple takes no certificate of a server that is good for more than 825 days, whoever issued it. */
const SERVER_LIFETIME = Days(820);
/** Clocks of clients differ. */
const BACKDATED = Days(-1);
/** Made without the time: whenever it is used, it should not have ended. */
const TIMELESS_LIFETIME = Days(3653);

type Term = Pick<CertificateContent, 'notBefore' | 'notAfter'>;

export function knowsTime(now: Timestamp): boolean {
  return now >= EARLIEST_NOW;
}

/** Whether the certificate of a server was made by a box that did not know the time: one to be made anew when it does. */
export function isTimeless(certificate: X509Certificate): boolean {
  return certificate.validFromDate.getTime() === EPOCH;
}

function serverTerm(now: Timestamp): Term {
  if (!knowsTime(now)) return { notBefore: EPOCH, notAfter: after(EARLIEST_NOW, TIMELESS_LIFETIME) };
  const notBefore = after(now, BACKDATED);
  return { notBefore, notAfter: after(notBefore, SERVER_LIFETIME) };
}

interface NewKey {
  /** PEM. */
  readonly key: string;
  readonly publicKey: Buffer;
  readonly keyId: Uint8Array;
}

function newKey(): NewKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    publicKey: spki,
    keyId: keyIdOf(spki),
  };
}

/** RFC 7093 §2: the leftmost 160 bits of a SHA-256. */
function keyIdOf(spki: Uint8Array): Uint8Array {
  return createHash('sha256').update(spki).digest().subarray(0, 20);
}

/** The certificate of that content, PEM. */
function signed(content: Omit<CertificateContent, 'serial'>, key: string): string {
  const serial = randomBytes(16);
  // 0x40 to 0x7f: positive and always of the same length.
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f);
  const tbs = encodeTbsCertificate({ ...content, serial });
  return encodePem('CERTIFICATE', encodeCertificate(tbs, sign('sha256', tbs, key)));
}

function orShort(name: string, short: string): string {
  return name.length <= LONGEST_COMMON_NAME ? name : short;
}

/** A new authority for servers of these domains. It has begun in 1970, so that no clock finds it too young. */
export function makeAuthority(domains: readonly string[], now: Timestamp): Authority {
  const { key, publicKey, keyId } = newKey();
  // With a part of the key: two authorities of one name would be taken for each other.
  const suffix = toHex(keyId.subarray(0, 4));
  const name = orShort(`${domains[0] ?? ''} (Gatepost ${suffix})`, `Gatepost ${suffix}`);
  const content = {
    subject: name,
    issuer: name,
    notBefore: EPOCH,
    notAfter: after(knowsTime(now) ? now : EARLIEST_NOW, AUTHORITY_LIFETIME),
    publicKey,
    extensions: authorityExtensions({ keyId, domains }),
  };
  return { key, cert: signed(content, key), domains };
}

/** The common name of the subject or issuer that {@link X509Certificate} shows. */
export function commonNameOf(distinguishedName: string): string {
  return /^CN=(.*)$/m.exec(distinguishedName)?.[1] ?? '';
}

/** A new key with a certificate of the authority for these names, the first of them the main one; the authority's follows. */
export function issueServer(
  authority: TlsIdentity,
  hostNames: readonly string[],
  now: Timestamp,
): TlsIdentity {
  const { key, publicKey, keyId } = newKey();
  const authorityKey = createPublicKey(createPrivateKey(authority.key));
  const content = {
    subject: orShort(hostNames[0] ?? '', 'mail server'),
    issuer: commonNameOf(new X509Certificate(authority.cert).subject),
    ...serverTerm(now),
    publicKey,
    extensions: serverExtensions({
      keyId,
      authorityKeyId: keyIdOf(authorityKey.export({ type: 'spki', format: 'der' })),
      hostNames,
    }),
  };
  return { key, cert: signed(content, authority.key) + authority.cert };
}
