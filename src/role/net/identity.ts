import { KernelError } from '../../base/errors.ts';
import { type TlsIdentity, ensureCertificate, makeSelfSigned } from '../../service/certificate.ts';
import type { NetPorts } from './ports.ts';

/** Key and certificate of the box. One that cannot be stored serves until the next start rather than no TLS at all. */
export class Identity {
  readonly #ports: NetPorts;
  #unstored: { readonly hostName: string; readonly identity: TlsIdentity } | undefined;

  constructor(ports: NetPorts) {
    this.#ports = ports;
  }

  async for(hostName: string, otherNames: readonly string[]): Promise<TlsIdentity> {
    const { data: files, clock, log: ring } = this.#ports;
    const log = ring.logFor('tls');
    try {
      return await ensureCertificate({ directory: 'tls', hostName, otherNames, files, clock, log });
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      log.error(`The certificate is good until the next start only: ${error.message}`);
      if (this.#unstored?.hostName !== hostName) {
        this.#unstored = { hostName, identity: makeSelfSigned(hostName, clock.wallTime(), otherNames) };
      }
      return this.#unstored.identity;
    }
  }
}
