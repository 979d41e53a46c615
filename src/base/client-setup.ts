/*
 * What a mail program has to know of the box, as plain JSON values: the name server says it in SRV records, the web
 * server in the forms of the makers, the page to people.
 */

/** One port of the mail servers that people's programs use. */
export interface ClientServer {
  /** The name of the service in SRV records (RFC 6186, RFC 8314), without its underscore. */
  readonly service: 'submissions' | 'submission' | 'pop3s' | 'pop3';
  readonly host: string;
  readonly port: number;
  /** Encrypted from the first octet, or after a command. */
  readonly tls: 'implicit' | 'starttls';
}

/** Where the mail of some domains is read and sent. */
export interface ClientServers {
  /** Domains of mail addresses, lower case; none if the box is no post office. */
  readonly domains: readonly string[];
  /** Where mail is read, the best first. */
  readonly incoming: readonly ClientServer[];
  /** Where mail is sent, the best first. */
  readonly outgoing: readonly ClientServer[];
}

/** A certificate that a device has to trust before it accepts that of the box. */
export interface TrustedCertificate {
  readonly name: string;
  /** PEM. */
  readonly certificate: string;
  /** SHA-256 in pairs of hexadecimal digits, `AB:CD:...`, as devices show it. */
  readonly fingerprint: string;
}

/** All there is to know for setting up a mail program. */
export interface ClientSetup extends ClientServers {
  /** The office by name, for people. */
  readonly office: string;
  /** Empty where a certificate of the owner is in force, which devices trust by themselves. */
  readonly trust: readonly TrustedCertificate[];
}
