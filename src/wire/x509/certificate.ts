import { type Timestamp } from '../../base/instant.ts';
import * as der from './der.ts';

/** What a certificate says. */
export interface CertificateContent {
  /** 1 to 20 octets, the first below 0x80 and not all zero (RFC 5280 §4.1.2.2). */
  readonly serial: Uint8Array;
  /** Common names, at most {@link LONGEST_COMMON_NAME} characters; the same for who vouches for itself. */
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
  /** SubjectPublicKeyInfo as DER, the "spki" export of a key. */
  readonly publicKey: Uint8Array;
  readonly extensions: readonly der.Der[];
}

/** ub-common-name of RFC 5280 appendix A.1. */
export const LONGEST_COMMON_NAME = 64;

const COMMON_NAME = '2.5.4.3';
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const VERSION_3 = Uint8Array.of(2);

// RFC 5758 §3.2: no parameters.
const signatureAlgorithm = der.sequence(der.objectIdentifier(ECDSA_WITH_SHA256));

function name(commonName: string): der.Der {
  return der.sequence(
    der.setOfOne(der.sequence(der.objectIdentifier(COMMON_NAME), der.utf8String(commonName))),
  );
}

/** The part of a certificate that is signed: TBSCertificate of RFC 5280 §4.1. */
export function encodeTbsCertificate(content: CertificateContent): Uint8Array<ArrayBuffer> {
  return der.sequence(
    der.explicit(0, der.integer(VERSION_3)),
    der.integer(content.serial),
    signatureAlgorithm,
    name(content.issuer),
    der.sequence(der.time(content.notBefore), der.time(content.notAfter)),
    name(content.subject),
    content.publicKey,
    der.explicit(3, der.sequence(...content.extensions)),
  );
}

/** The whole certificate; `signature` is the DER form of an ECDSA signature with SHA-256 over `tbs`. */
export function encodeCertificate(tbs: Uint8Array, signature: Uint8Array): Uint8Array<ArrayBuffer> {
  return der.sequence(tbs, signatureAlgorithm, der.bitString(signature));
}
