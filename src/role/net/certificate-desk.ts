import { InvariantError } from '../../base/errors.ts';
import type { Config } from '../../config/schema.ts';
import type { Box } from '../../port/box.ts';
import type { CertificateStatus } from '../../port/certificate.ts';
import type { ClientSetup } from '../../base/client-setup.ts';
import type { CertificateInForce } from '../../service/certificate/certificates.ts';
import type { Identity } from './identity.ts';
import { clientServers } from './server-names.ts';

type CertificateCalls = Pick<
  Box,
  'clientSetup' | 'certificate' | 'setCertificate' | 'removeCertificate' | 'renewCertificate'
>;

export interface CertificateDeskParts {
  readonly identity: Identity;
  readonly config: () => Config;
  /** Brings the certificate of now to the servers; resolves when they have it. */
  readonly follow: () => Promise<void>;
}

/** The part of the box behind the control API that is about certificates, and about what mail programs have to know. */
export class CertificateDesk implements CertificateCalls {
  readonly #parts: CertificateDeskParts;

  constructor(parts: CertificateDeskParts) {
    this.#parts = parts;
  }

  clientSetup(): ClientSetup {
    const config = this.#parts.config();
    return { office: config.system.domain, ...clientServers(config), trust: this.#current().trust };
  }

  certificate(): CertificateStatus {
    return this.#current().status;
  }

  async setCertificate(certificate: string, key: string): Promise<readonly string[]> {
    await this.#parts.identity.set(certificate, key);
    return await this.#changed('the certificate of the owner is in force');
  }

  async removeCertificate(): Promise<readonly string[]> {
    await this.#parts.identity.remove();
    return await this.#changed('the certificate of the box is in force');
  }

  async renewCertificate(): Promise<readonly string[]> {
    const { identity, config } = this.#parts;
    await identity.renew(config());
    return await this.#changed('the box has a new authority: devices have to be told to trust it');
  }

  async #changed(what: string): Promise<readonly string[]> {
    await this.#parts.follow();
    return [what, ...this.#current().status.problems.map((problem) => `warning: ${problem}`)];
  }

  #current(): CertificateInForce {
    const { current } = this.#parts.identity;
    if (current === undefined) throw new InvariantError('The certificate was asked for before there was one');
    return current;
  }
}
