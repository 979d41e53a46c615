import { KernelError } from '../../base/errors.ts';
import type { Config } from '../../config/schema.ts';
import { tryTlsIdentity } from '../../io/node/tls-identity.ts';
import {
  type CertificateInForce,
  Certificates,
  unstoredCertificate,
} from '../../service/certificate/certificates.ts';
import type { WantedNames } from '../../service/certificate/own-certificate.ts';
import type { NetPorts } from './ports.ts';
import { certificateDomains, certificateNames, serverNames } from './server-names.ts';

function wantedNames(config: Config): WantedNames {
  return {
    required: serverNames(config),
    all: certificateNames(config),
    domains: certificateDomains(config),
  };
}

/** Key and certificate of the box. One that cannot be stored serves until the next start rather than no TLS at all. */
export class Identity {
  readonly #clock: NetPorts['clock'];
  readonly #certificates: Certificates;
  #unstored: { readonly names: string; readonly inForce: CertificateInForce } | undefined;
  #current: CertificateInForce | undefined;

  constructor({ data: files, clock, log }: Pick<NetPorts, 'data' | 'clock' | 'log'>) {
    this.#clock = clock;
    this.#certificates = new Certificates({
      directory: 'tls',
      files,
      clock,
      log: log.logFor('tls'),
      tryIdentity: tryTlsIdentity,
    });
  }

  /** As last asked for; undefined before the first time. */
  get current(): CertificateInForce | undefined {
    return this.#current;
  }

  /** The certificate for the configuration, at this time. */
  async for(config: Config): Promise<CertificateInForce> {
    const names = wantedNames(config);
    try {
      this.#current = await this.#certificates.inForce(names);
      this.#unstored = undefined;
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#current = this.#inMemory(names, error.message);
    }
    return this.#current;
  }

  /** @throws UserError if it cannot be used, KernelError if it cannot be stored */
  async set(certificate: string, key: string): Promise<void> {
    await this.#certificates.set(certificate, key);
  }

  /** @throws UserError if there is none of the owner */
  async remove(): Promise<void> {
    await this.#certificates.remove();
  }

  /** Makes a new authority with a certificate for the configuration. @throws KernelError */
  async renew(config: Config): Promise<void> {
    await this.#certificates.renew(wantedNames(config));
  }

  #inMemory(names: WantedNames, reason: string): CertificateInForce {
    const key = JSON.stringify(names);
    if (this.#unstored?.names !== key) {
      const inForce = unstoredCertificate(names, this.#clock.wallTime(), reason);
      this.#unstored = { names: key, inForce };
    }
    return this.#unstored.inForce;
  }
}
