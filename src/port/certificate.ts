/*
 * What the box tells about its certificates, as plain JSON values. No private key is ever among them.
 */

/** The certificate that mail servers and web pages show. */
export interface CertificateStatus {
  /**
   * `owner`: given by the owner; `own`: issued by the authority of the box; `first`: made by an earlier version, vouching for
   * itself, and kept for the mail programs that were told to trust it.
   */
  readonly kind: 'owner' | 'own' | 'first';
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  readonly from: string;
  readonly until: string;
  /** SHA-256, `AB:CD:...`. */
  readonly fingerprint: string;
  /** Names that mail programs may use and the certificate is not for. */
  readonly missing: readonly string[];
  readonly authority: AuthorityStatus;
  /** What is wrong, each in a sentence. */
  readonly problems: readonly string[];
}

/** The authority of the box, which devices can be told to trust. */
export interface AuthorityStatus {
  readonly name: string;
  /** The only domains it may vouch for. */
  readonly domains: readonly string[];
  readonly until: string;
  readonly fingerprint: string;
  /** PEM. */
  readonly certificate: string;
}
