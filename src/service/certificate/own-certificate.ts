import { X509Certificate, createPrivateKey } from 'node:crypto';
import { Days, type Duration } from '../../base/duration.ts';
import { KernelError, messageOf } from '../../base/errors.ts';
import { Timestamp, between } from '../../base/instant.ts';
import { fromLatin1, latin1 } from '../../base/text.ts';
import type { Clock } from '../../port/clock.ts';
import type { Files } from '../../port/files.ts';
import type { Log } from '../../port/log.ts';
import {
  type Authority,
  type TlsIdentity,
  isTimeless,
  issueServer,
  knowsTime,
  makeAuthority,
} from './issue.ts';
import { Calendar, type CivilDate } from './calendar.ts';
import { pemBlocks } from './pem.ts';

/** What names a certificate is wanted for. */
export interface WantedNames {
  /** Names without which it is of no use, that of the mail server first. */
  readonly required: readonly string[];
  /** All it should have, the required ones among them. */
  readonly all: readonly string[];
  /** Domains that all of them are in. */
  readonly domains: readonly string[];
}

export interface CertificatePorts {
  /** The directory the files are in, `tls`. */
  readonly directory: string;
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
}

/** The box's own certificate. */
export interface OwnCertificate {
  readonly identity: TlsIdentity;
  readonly authority: Authority;
  /** Of the kind that boxes made first: it vouches for itself, for ten years. */
  readonly isFirstKind: boolean;
}

/** One file for key and certificate: a power cut between two files would leave a pair that does not fit. */
const AUTHORITY_FILE = 'authority.pem';
const SERVER_FILE = 'server.pem';
const FIRST_KIND_FILE = 'self-signed.pem';
/** What gave way to another because it was ending: if that was by a clock that was wrong, it comes back, as devices were told to trust it. */
const AUTHORITY_BEFORE_FILE = 'authority-before.pem';
const FIRST_KIND_BEFORE_FILE = 'self-signed-before.pem';

/** A certificate is made anew when it is nearer to its end than this. */
const RENEW_BEFORE: Duration = Days(90);
/** No server gets a certificate that outlives its authority. */
const AUTHORITY_RENEW_BEFORE: Duration = Days(1000);

/** Whether an authority for these domains may vouch for the name. */
export function mayVouchFor({ domains }: Pick<Authority, 'domains'>, name: string): boolean {
  return domains.some((domain) => name === domain || name.endsWith(`.${domain}`));
}

/** The file of an authority says its domains in its first line, as text that readers of PEM pass over (RFC 7468 §2). */
const DOMAINS_LINE = /^Domains: (.*)$/m;

function identityIn(text: string): TlsIdentity {
  const [key = ''] = pemBlocks(text, 'PRIVATE KEY');
  return { key, cert: pemBlocks(text, 'CERTIFICATE').join('') };
}

function authorityIn(text: string): Authority {
  return { ...identityIn(text), domains: DOMAINS_LINE.exec(text)?.[1]?.split(' ') ?? [] };
}

/** Infinity for what cannot be read. */
function endOf({ cert }: TlsIdentity): number {
  try {
    return new X509Certificate(cert).validToDate.getTime();
  } catch {
    return Infinity;
  }
}

function leafOf({ key, cert }: TlsIdentity): X509Certificate {
  const certificate = new X509Certificate(cert);
  if (!certificate.checkPrivateKey(createPrivateKey(key))) throw new Error('key and certificate do not fit');
  return certificate;
}

function missingName(certificate: X509Certificate, names: readonly string[]): string | undefined {
  const missing = names.find((name) => certificate.checkHost(name) === undefined);
  return missing === undefined ? undefined : `it is not for ${missing}`;
}

function endsWithin(span: Duration, certificate: X509Certificate, { now, isDoubtful }: CivilDate): boolean {
  const left = between(now, Timestamp(certificate.validToDate.getTime()));
  return knowsTime(now) && !isDoubtful && left < span;
}

/** Why it is of no use any more; undefined if it is. Dates count only for who knows the time. */
function faultOf(find: () => string | undefined): string | undefined {
  try {
    return find();
  } catch (error) {
    return messageOf(error);
  }
}

/** The one fault that only a clock finds. */
const ENDS_SOON = 'it ends soon';

function authorityFault(authority: Authority, names: WantedNames, date: CivilDate): string | undefined {
  return faultOf(() => {
    const certificate = leafOf(authority);
    const foreign = names.required.find((name) => !mayVouchFor(authority, name));
    if (foreign !== undefined) return `it may not vouch for ${foreign}`;
    return endsWithin(AUTHORITY_RENEW_BEFORE, certificate, date) ? ENDS_SOON : undefined;
  });
}

function firstKindFault(identity: TlsIdentity, names: WantedNames, date: CivilDate): string | undefined {
  return faultOf(() => {
    const certificate = leafOf(identity);
    const endsSoon = endsWithin(RENEW_BEFORE, certificate, date) ? ENDS_SOON : undefined;
    return missingName(certificate, names.required) ?? endsSoon;
  });
}

function serverFault(
  identity: TlsIdentity,
  authority: Authority,
  names: readonly string[],
  date: CivilDate,
): string | undefined {
  return faultOf(() => {
    const certificate = leafOf(identity);
    if (!certificate.verify(new X509Certificate(authority.cert).publicKey)) return 'its authority is another';
    const missing = missingName(certificate, names);
    if (missing !== undefined || !knowsTime(date.now)) return missing;
    if (isTimeless(certificate)) return 'it was made before the time was known';
    if (certificate.validFromDate.getTime() > date.now) return 'it has not begun';
    return endsWithin(RENEW_BEFORE, certificate, date) ? ENDS_SOON : undefined;
  });
}

/** The files of the box's own authority and of the certificate it issued. */
export class OwnCertificates {
  readonly #ports: CertificatePorts;
  readonly #calendar: Calendar;
  /** A certificate that could not be written: good until the next start, which makes it anew. */
  #unstored: TlsIdentity | undefined;

  constructor(ports: CertificatePorts) {
    this.#ports = ports;
    this.#calendar = new Calendar(ports.clock);
  }

  /**
   * The certificate as it is wanted now: made at the first start, when names are missing, when the time has become known,
   * and before it ends. @throws KernelError if it can be neither read nor written
   */
  async ensure(names: WantedNames): Promise<OwnCertificate> {
    const authority = await this.#authority(names);
    const firstKind = await this.#firstKind(names);
    if (firstKind !== undefined) return { identity: firstKind, authority, isFirstKind: true };
    return { identity: await this.#server(authority, names), authority, isFirstKind: false };
  }

  /** Makes a new authority and a certificate of it, whatever is there. @throws KernelError */
  async renew(names: WantedNames): Promise<void> {
    const authority = await this.#newAuthority(names);
    await this.#newServer(authority, names);
    for (const name of [FIRST_KIND_FILE, FIRST_KIND_BEFORE_FILE, AUTHORITY_BEFORE_FILE])
      await this.#forget(name);
  }

  async #authority(names: WantedNames): Promise<Authority> {
    const { log } = this.#ports;
    const date = this.#calendar.today();
    const text = await this.#read(AUTHORITY_FILE);
    if (text === undefined) return await this.#newAuthority(names);
    const authority = authorityIn(text);
    const fault = authorityFault(authority, names, date);
    const before = await this.#read(AUTHORITY_BEFORE_FILE);
    if (before !== undefined && knowsTime(date.now) && !date.isDoubtful) {
      const other = authorityIn(before);
      const isGood = authorityFault(other, names, date) === undefined;
      if (isGood && (fault !== undefined || endOf(other) < endOf(authority))) {
        await this.#write(AUTHORITY_FILE, before);
        await this.#write(AUTHORITY_BEFORE_FILE, text);
        log.notice('The authority that was there before the clock was wrong is in use again');
        return other;
      }
    }
    if (fault === undefined) return authority;
    log.warn(`The authority is made anew, and devices have to be told to trust it: ${fault}`);
    if (fault === ENDS_SOON) await this.#write(AUTHORITY_BEFORE_FILE, text);
    return await this.#newAuthority(names);
  }

  async #server(authority: Authority, names: WantedNames): Promise<TlsIdentity> {
    const { log } = this.#ports;
    const date = this.#calendar.today();
    const faultIn = (identity: TlsIdentity): string | undefined =>
      serverFault(identity, authority, namesFor(authority, names), date);
    if (this.#unstored !== undefined && faultIn(this.#unstored) === undefined) return this.#unstored;
    const text = await this.#read(SERVER_FILE);
    if (text !== undefined) {
      const identity = identityIn(text);
      const fault = faultIn(identity);
      if (fault === undefined) return identity;
      log.notice(`The certificate is made anew: ${fault}`);
    }
    return await this.#newServer(authority, names);
  }

  /** Mail programs were told to trust this very certificate: it stays as long as it serves. */
  async #firstKind(names: WantedNames): Promise<TlsIdentity | undefined> {
    const date = this.#calendar.today();
    const inUse = await this.#read(FIRST_KIND_FILE);
    const text = inUse ?? (await this.#read(FIRST_KIND_BEFORE_FILE));
    if (text === undefined) return undefined;
    const identity = identityIn(text);
    const fault = firstKindFault(identity, names, date);
    if (fault === undefined && (inUse !== undefined || knowsTime(date.now))) {
      if (inUse === undefined) await this.#move(FIRST_KIND_BEFORE_FILE, FIRST_KIND_FILE, text);
      return identity;
    }
    if (inUse === undefined) return undefined;
    this.#ports.log.warn(
      `The certificate of ten years gives way to one of the authority, and mail programs will ask about it: ${fault}`,
    );
    if (fault === ENDS_SOON) await this.#move(FIRST_KIND_FILE, FIRST_KIND_BEFORE_FILE, text);
    else await this.#forget(FIRST_KIND_FILE);
    return undefined;
  }

  async #newAuthority({ domains }: WantedNames): Promise<Authority> {
    const { clock, log } = this.#ports;
    const authority = makeAuthority(domains, clock.wallTime());
    await this.#write(AUTHORITY_FILE, `Domains: ${domains.join(' ')}\n${authority.key}${authority.cert}`);
    log.notice(`Made an authority for certificates of ${domains.join(', ')}`);
    return authority;
  }

  async #newServer(authority: Authority, names: WantedNames): Promise<TlsIdentity> {
    const { clock, log } = this.#ports;
    const identity = issueServer(authority, namesFor(authority, names), clock.wallTime());
    try {
      await this.#write(SERVER_FILE, identity.key + identity.cert);
      this.#unstored = undefined;
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      // A full disk is no reason for another authority, which nobody trusts.
      this.#unstored = identity;
      log.error(`The certificate is good until the next start only: ${error.message}`);
    }
    log.notice(`Made a key and a certificate for ${names.required[0]}`);
    return identity;
  }

  async #forget(name: string): Promise<void> {
    if ((await this.#read(name)) === undefined) return;
    await this.#ports.files.remove(this.#path(name));
  }

  async #move(from: string, to: string, content: string): Promise<void> {
    await this.#write(to, content);
    await this.#forget(from);
  }

  async #read(name: string): Promise<string | undefined> {
    const bytes = await this.#ports.files.read(this.#path(name));
    return bytes === undefined ? undefined : fromLatin1(bytes);
  }

  async #write(name: string, content: string): Promise<void> {
    const { files, directory } = this.#ports;
    await files.makeDirectory(directory);
    await files.replace(this.#path(name), latin1(content));
  }

  #path(name: string): string {
    return `${this.#ports.directory}/${name}`;
  }
}

/** Those of the wanted names that the authority may vouch for: a certificate with one more would be good for none. */
function namesFor(authority: Authority, { all }: WantedNames): readonly string[] {
  return all.filter((name) => mayVouchFor(authority, name));
}
