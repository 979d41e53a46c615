import { concatBytes } from '../../base/bytes.ts';
import { latin1 } from '../../base/text.ts';
import * as der from './der.ts';

/*
 * The extensions of the two kinds of certificate the box makes (RFC 5280 §4.2): an authority, and a server it vouches for.
 */

const OID = {
  SUBJECT_KEY_IDENTIFIER: '2.5.29.14',
  KEY_USAGE: '2.5.29.15',
  SUBJECT_ALT_NAME: '2.5.29.17',
  BASIC_CONSTRAINTS: '2.5.29.19',
  NAME_CONSTRAINTS: '2.5.29.30',
  AUTHORITY_KEY_IDENTIFIER: '2.5.29.35',
  EXTENDED_KEY_USAGE: '2.5.29.37',
  SERVER_AUTH: '1.3.6.1.5.5.7.3.1',
} as const;

/** Choices of GeneralName (§4.2.1.6). */
const DNS_NAME = 2;
const IP_ADDRESS = 7;

/** Bits of KeyUsage (§4.2.1.3) with the number of unused ones at the end. */
const DIGITAL_SIGNATURE = [Uint8Array.of(0x80), 7] as const;
const KEY_CERT_SIGN_AND_CRL_SIGN = [Uint8Array.of(0x06), 1] as const;

/** Address and mask of all zeros: every address of the family (§4.2.1.10). */
const EVERY_ADDRESS = [new Uint8Array(8), new Uint8Array(32)] as const;

const SERVERS_ONLY = extension(
  OID.EXTENDED_KEY_USAGE,
  false,
  der.sequence(der.objectIdentifier(OID.SERVER_AUTH)),
);

function extension(id: string, isCritical: boolean, value: Uint8Array): der.Der {
  return der.sequence(
    der.objectIdentifier(id),
    ...(isCritical ? [der.boolean(true)] : []),
    der.octetString(value),
  );
}

function keyUsage([bits, unused]: readonly [Uint8Array, number]): der.Der {
  return extension(OID.KEY_USAGE, true, der.bitString(bits, unused));
}

function subjectKeyIdentifier(keyId: Uint8Array): der.Der {
  return extension(OID.SUBJECT_KEY_IDENTIFIER, false, der.octetString(keyId));
}

export interface AuthorityFacts {
  /** The identifier of its key. */
  readonly keyId: Uint8Array;
  /** ASCII. It vouches for these names and those below them, and for no address at all. */
  readonly domains: readonly string[];
}

/**
 * Of an authority that vouches for servers of some domains and nothing else, with no authority below it: whoever trusts it
 * need not fear for other sites if its key is stolen (§4.2.1.10).
 */
export function authorityExtensions({ keyId, domains }: AuthorityFacts): der.Der[] {
  const permitted = domains.map((domain) => der.sequence(der.implicit(DNS_NAME, latin1(domain))));
  const excluded = EVERY_ADDRESS.map((range) => der.sequence(der.implicit(IP_ADDRESS, range)));
  return [
    extension(OID.BASIC_CONSTRAINTS, true, der.sequence(der.boolean(true), der.integer(Uint8Array.of(0)))),
    keyUsage(KEY_CERT_SIGN_AND_CRL_SIGN),
    SERVERS_ONLY,
    extension(
      OID.NAME_CONSTRAINTS,
      true,
      der.sequence(der.explicit(0, concatBytes(permitted)), der.explicit(1, concatBytes(excluded))),
    ),
    subjectKeyIdentifier(keyId),
  ];
}

export interface ServerFacts {
  readonly keyId: Uint8Array;
  /** The identifier of the key of the authority. */
  readonly authorityKeyId: Uint8Array;
  /** The names it is for, ASCII. */
  readonly hostNames: readonly string[];
}

/** Of a server. */
export function serverExtensions({ keyId, authorityKeyId, hostNames }: ServerFacts): der.Der[] {
  return [
    extension(OID.BASIC_CONSTRAINTS, true, der.sequence()),
    keyUsage(DIGITAL_SIGNATURE),
    SERVERS_ONLY,
    extension(
      OID.SUBJECT_ALT_NAME,
      false,
      der.sequence(...hostNames.map((one) => der.implicit(DNS_NAME, latin1(one)))),
    ),
    subjectKeyIdentifier(keyId),
    extension(OID.AUTHORITY_KEY_IDENTIFIER, false, der.sequence(der.implicit(0, authorityKeyId))),
  ];
}
