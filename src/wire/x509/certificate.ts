import { type Timestamp } from '../../base/instant.ts';
import { latin1 } from '../../base/text.ts';
import * as der from './der.ts';

/** What a certificate of a server that nobody but itself vouches for says. */
export interface SelfSignedServer {
  /** 1 to 20 octets, the first below 0x80 and not all zero (RFC 5280 §4.1.2.2). */
  readonly serial: Uint8Array;
  /** Subject and issuer, and the name clients compare; ASCII. */
  readonly hostName: string;
  /** Further names it is for. */
  readonly otherNames: readonly string[];
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
  /** SubjectPublicKeyInfo as DER, the "spki" export of a key. */
  readonly publicKey: Uint8Array;
}

const OID = {
  COMMON_NAME: '2.5.4.3',
  SUBJECT_ALT_NAME: '2.5.29.17',
  BASIC_CONSTRAINTS: '2.5.29.19',
  KEY_USAGE: '2.5.29.15',
  EXTENDED_KEY_USAGE: '2.5.29.37',
  SERVER_AUTH: '1.3.6.1.5.5.7.3.1',
  ECDSA_WITH_SHA256: '1.2.840.10045.4.3.2',
} as const;

const VERSION_3 = Uint8Array.of(2);
const DIGITAL_SIGNATURE = Uint8Array.of(0x80);
const DNS_NAME = 2;
/** ub-common-name of RFC 5280 appendix A.1; a longer host name stands in the alternative names only. */
const LONGEST_COMMON_NAME = 64;

// RFC 5758 §3.2: no parameters.
const signatureAlgorithm = der.sequence(der.objectIdentifier(OID.ECDSA_WITH_SHA256));

function name(hostName: string): der.Der {
  const text = hostName.length <= LONGEST_COMMON_NAME ? hostName : 'self-signed';
  return der.sequence(
    der.setOfOne(der.sequence(der.objectIdentifier(OID.COMMON_NAME), der.utf8String(text))),
  );
}

function extension(id: string, isCritical: boolean, value: Uint8Array): der.Der {
  return der.sequence(
    der.objectIdentifier(id),
    ...(isCritical ? [der.boolean(true)] : []),
    der.octetString(value),
  );
}

function extensions(hostNames: readonly string[]): der.Der {
  return der.sequence(
    extension(OID.BASIC_CONSTRAINTS, true, der.sequence()),
    extension(OID.KEY_USAGE, true, der.bitString(DIGITAL_SIGNATURE, 7)),
    extension(OID.EXTENDED_KEY_USAGE, false, der.sequence(der.objectIdentifier(OID.SERVER_AUTH))),
    extension(
      OID.SUBJECT_ALT_NAME,
      false,
      der.sequence(...hostNames.map((one) => der.implicit(DNS_NAME, latin1(one)))),
    ),
  );
}

/** The part of a certificate that is signed: TBSCertificate of RFC 5280 §4.1. */
export function encodeTbsCertificate(server: SelfSignedServer): Uint8Array<ArrayBuffer> {
  return der.sequence(
    der.explicit(0, der.integer(VERSION_3)),
    der.integer(server.serial),
    signatureAlgorithm,
    name(server.hostName),
    der.sequence(der.time(server.notBefore), der.time(server.notAfter)),
    name(server.hostName),
    server.publicKey,
    der.explicit(3, extensions([server.hostName, ...server.otherNames])),
  );
}

/** The whole certificate; `signature` is the DER form of an ECDSA signature with SHA-256 over `tbs`. */
export function encodeCertificate(tbs: Uint8Array, signature: Uint8Array): Uint8Array<ArrayBuffer> {
  return der.sequence(tbs, signatureAlgorithm, der.bitString(signature));
}
