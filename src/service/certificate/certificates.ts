import { X509Certificate } from 'node:crypto';
import { Days } from '../../base/duration.ts';
import { UserError, messageOf } from '../../base/errors.ts';
import { Timestamp, between } from '../../base/instant.ts';
import { fromLatin1, latin1 } from '../../base/text.ts';
import type { CertificateStatus } from '../../port/certificate.ts';
import type { TrustedCertificate } from '../../base/client-setup.ts';
import { type TlsIdentity, commonNameOf, issueServer, knowsTime, makeAuthority } from './issue.ts';
import {
  type CertificatePorts,
  type OwnCertificate,
  OwnCertificates,
  type WantedNames,
} from './own-certificate.ts';
import { readNewOwnerPair, readOwnerPair } from './owner-pair.ts';

export interface CertificatesPorts extends CertificatePorts {
  /** Rejects if TLS cannot use the pair. */
  readonly tryIdentity: (identity: TlsIdentity) => Promise<void>;
}

const OWNER_FILE = 'owner.pem';

/** The end of the owner's certificate is told from so long before. */
const WARN_BEFORE = Days(21);

/** The certificate that is to be in force, with what there is to tell. */
export interface CertificateInForce {
  readonly identity: TlsIdentity;
  /** What devices have to trust for it; nothing where they do by themselves. */
  readonly trust: readonly TrustedCertificate[];
  readonly status: CertificateStatus;
}

interface OwnerState {
  readonly identity: TlsIdentity | undefined;
  readonly problem: string | undefined;
}

/** Chooses between the owner's certificate and the box's own, and keeps their files. */
export class Certificates {
  readonly #ports: CertificatesPorts;
  readonly #own: OwnCertificates;
  /** The owner's as it last could be used. */
  #lastGood: TlsIdentity | undefined;

  constructor(ports: CertificatesPorts) {
    this.#ports = ports;
    this.#own = new OwnCertificates(ports);
  }

  /** To be asked whenever something may have changed: names, files, the time. @throws KernelError if the files cannot be used */
  async inForce(names: WantedNames): Promise<CertificateInForce> {
    const own = await this.#own.ensure(names);
    const owner = await this.#owner();
    return describe({ own, owner, names, now: this.#ports.clock.wallTime() });
  }

  /** The owner's certificate from now on. @throws UserError if it cannot be used, and the one before stays; KernelError */
  async set(certificate: string, key: string): Promise<void> {
    const { files, directory, clock, log } = this.#ports;
    const identity = readNewOwnerPair(certificate, key, clock.wallTime());
    await this.#try(identity);
    await files.makeDirectory(directory);
    await files.replace(this.#path, latin1(identity.key + identity.cert));
    log.notice('The owner has given a certificate');
  }

  /** The box's own from now on. @throws UserError if there is none of the owner */
  async remove(): Promise<void> {
    const { files, log } = this.#ports;
    if ((await files.read(this.#path)) === undefined)
      throw new UserError('Cannot remove the certificate of the owner: there is none');
    await files.remove(this.#path);
    log.notice('The certificate of the owner is removed');
  }

  /** A new authority of the box, which devices have to trust anew. @throws KernelError */
  async renew(names: WantedNames): Promise<void> {
    await this.#own.renew(names);
  }

  async #try(identity: TlsIdentity): Promise<void> {
    try {
      await this.#ports.tryIdentity(identity);
    } catch (error) {
      throw new UserError(`Cannot use the certificate: TLS does not take it (${messageOf(error)})`);
    }
  }

  get #path(): string {
    return `${this.#ports.directory}/${OWNER_FILE}`;
  }

  async #owner(): Promise<OwnerState> {
    const bytes = await this.#ports.files.read(this.#path);
    if (bytes === undefined) {
      this.#lastGood = undefined;
      return { identity: undefined, problem: undefined };
    }
    try {
      const text = fromLatin1(bytes);
      const identity = readOwnerPair(text, text);
      await this.#try(identity);
      this.#lastGood = identity;
      return { identity, problem: undefined };
    } catch (error) {
      const instead =
        this.#lastGood === undefined ? "the box's own is in use" : 'the one before stays in use';
      return { identity: this.#lastGood, problem: `${messageOf(error)}; ${instead} (${this.#path})` };
    }
  }
}

interface Facts {
  readonly own: OwnCertificate;
  readonly owner: OwnerState;
  readonly names: WantedNames;
  readonly now: Timestamp;
}

function describe({ own, owner, names, now }: Facts): CertificateInForce {
  const identity = owner.identity ?? own.identity;
  const certificate = new X509Certificate(identity.cert);
  const missing = names.all.filter((name) => certificate.checkHost(name) === undefined);
  const kind = owner.identity !== undefined ? 'owner' : own.isFirstKind ? 'first' : 'own';
  const problems = [
    ...(owner.problem === undefined ? [] : [owner.problem]),
    ...(kind === 'owner' ? ownerProblems(certificate, names, now) : ownProblems(kind, missing)),
  ];
  const authority = new X509Certificate(own.authority.cert);
  return {
    identity,
    trust: kind === 'owner' ? [] : trusted(kind === 'first' ? [authority, certificate] : [authority]),
    status: {
      kind,
      subject: commonNameOf(certificate.subject),
      issuer: commonNameOf(certificate.issuer),
      names: namesOf(certificate),
      from: certificate.validFromDate.toISOString(),
      until: certificate.validToDate.toISOString(),
      fingerprint: certificate.fingerprint256,
      missing,
      authority: {
        name: commonNameOf(authority.subject),
        domains: own.authority.domains,
        until: authority.validToDate.toISOString(),
        fingerprint: authority.fingerprint256,
        certificate: own.authority.cert,
      },
      problems,
    },
  };
}

function trusted(certificates: readonly X509Certificate[]): TrustedCertificate[] {
  return certificates.map((certificate) => ({
    name: commonNameOf(certificate.subject),
    certificate: certificate.toString(),
    fingerprint: certificate.fingerprint256,
  }));
}

/** The DNS names of the alternative names; `DNS:a.example, DNS:b.example` as Node writes them. */
function namesOf({ subjectAltName = '' }: X509Certificate): string[] {
  return [...subjectAltName.matchAll(/(?:^|, )DNS:([^,"]+)/g)].map(([, name]) => name ?? '');
}

function ownerProblems(certificate: X509Certificate, names: WantedNames, now: Timestamp): string[] {
  const [host = ''] = names.required;
  const day = certificate.validToDate.toISOString().slice(0, 10);
  const left = between(now, Timestamp(certificate.validToDate.getTime()));
  const problems: string[] = [];
  if (certificate.checkHost(host) === undefined)
    problems.push(
      `The certificate of the owner is not for ${host}: mail programs that use this name refuse it`,
    );
  if (knowsTime(now) && left <= 0)
    problems.push(`The certificate of the owner ended on ${day}: "gatepost certificate set" takes a new one`);
  else if (knowsTime(now) && left < WARN_BEFORE)
    problems.push(`The certificate of the owner ends on ${day}: "gatepost certificate set" takes a new one`);
  return problems;
}

/** The certificate of the first kind never had names beyond the required ones, and is to be left alone. */
function ownProblems(kind: 'own' | 'first', missing: readonly string[]): string[] {
  if (kind === 'first' || missing.length === 0) return [];
  return [
    `The certificate is not for ${missing.join(', ')}, for which the authority of the box may not vouch: "gatepost certificate renew" makes one that may, and devices have to trust it anew`,
  ];
}

/** A certificate of an authority that is not on disk, and so serves until the next start only. */
export function unstoredCertificate(names: WantedNames, now: Timestamp, reason: string): CertificateInForce {
  const authority = makeAuthority(names.domains, now);
  const own = { identity: issueServer(authority, names.all, now), authority, isFirstKind: false };
  const problem = `The certificate is good until the next start only: ${reason}`;
  return describe({ own, owner: { identity: undefined, problem }, names, now });
}
