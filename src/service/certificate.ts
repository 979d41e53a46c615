import { X509Certificate, createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { messageOf } from '../base/errors.ts';
import { Days, type Duration } from '../base/duration.ts';
import { Timestamp, after, between } from '../base/instant.ts';
import { fromLatin1, latin1 } from '../base/text.ts';
import type { Clock } from '../port/clock.ts';
import type { Files } from '../port/files.ts';
import type { Log } from '../port/log.ts';
import { encodeCertificate, encodeTbsCertificate } from '../wire/x509/certificate.ts';

/** A private key and its certificate, PEM. */
export interface TlsIdentity {
  readonly key: string;
  readonly cert: string;
}

export interface CertificateOptions {
  /** The directory the file goes to, `tls`. */
  readonly directory: string;
  readonly hostName: string;
  /** Further names under which it is reached. */
  readonly otherNames: readonly string[];
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
}

/** One file for key and certificate: a power cut between two files would leave a pair that does not fit. */
const FILE_NAME = 'self-signed.pem';

const LIFETIME = Days(3653);
/** A certificate is made anew at a start that finds it nearer to its end than this. */
const RENEW_BEFORE: Duration = Days(90);
/** The box may make its certificate before it has learnt the time: no certificate may end before the clock is right. */
const EARLIEST_NOW = Timestamp(Date.UTC(2026, 0, 1));
const EPOCH = Timestamp(0);

function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** A new P-256 key with a certificate for `hostName`, valid since 1970, so that a box without the time can use it. */
export function makeSelfSigned(
  hostName: string,
  now: Timestamp,
  otherNames: readonly string[] = [],
): TlsIdentity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serial = randomBytes(16);
  // 0x40 to 0x7f: positive and always of the same length.
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f);
  const tbs = encodeTbsCertificate({
    serial,
    hostName,
    otherNames,
    notBefore: EPOCH,
    notAfter: after(now < EARLIEST_NOW ? EARLIEST_NOW : now, LIFETIME),
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
  });
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: pem('CERTIFICATE', encodeCertificate(tbs, sign('sha256', tbs, privateKey))),
  };
}

/** Why a stored pair cannot be used any more; undefined if it can. */
function findFault(identity: TlsIdentity, hostNames: readonly string[], now: Timestamp): string | undefined {
  try {
    const certificate = new X509Certificate(identity.cert);
    if (!certificate.checkPrivateKey(createPrivateKey(identity.key))) return 'key and certificate do not fit';
    const missing = hostNames.find((name) => certificate.checkHost(name) === undefined);
    if (missing !== undefined) return `it is not for ${missing}`;
    const left = between(now, Timestamp(certificate.validToDate.getTime()));
    return left < RENEW_BEFORE ? 'it ends soon' : undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function split(content: string): TlsIdentity {
  const start = content.indexOf('-----BEGIN CERTIFICATE-----');
  return { key: content.slice(0, Math.max(start, 0)), cert: content.slice(Math.max(start, 0)) };
}

/**
 * The box's own certificate from `directory`, made on the first start, when the host name has changed and before it ends.
 * @throws KernelError if it can be neither read nor written
 */
export async function ensureCertificate(options: CertificateOptions): Promise<TlsIdentity> {
  const { directory, hostName, otherNames, files, clock, log } = options;
  const path = `${directory}/${FILE_NAME}`;
  const stored = await files.read(path);
  if (stored !== undefined) {
    const identity = split(fromLatin1(stored));
    const fault = findFault(identity, [hostName, ...otherNames], clock.wallTime());
    if (fault === undefined) return identity;
    log.warn(`The self-made certificate is made anew, and mail programs will ask about it: ${fault}`);
  }
  const identity = makeSelfSigned(hostName, clock.wallTime(), otherNames);
  await files.makeDirectory(directory);
  await files.replace(path, latin1(identity.key + identity.cert));
  log.notice(`Made a key and a self-signed certificate for ${hostName}`);
  return identity;
}
