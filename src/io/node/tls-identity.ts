import { createSecureContext } from 'node:tls';

/** Throws if TLS cannot use the key and the certificates, PEM. */
export function tryTlsIdentity({ key, cert }: { readonly key: string; readonly cert: string }): void {
  createSecureContext({ key, cert, minVersion: 'TLSv1.2' });
}
