/** Rejects if TLS cannot use the key and the certificates, PEM. */
export async function tryTlsIdentity({
  key,
  cert,
}: {
  readonly key: string;
  readonly cert: string;
}): Promise<void> {
  // Loaded when it is needed: a role that serves no TLS itself would keep 3 MB of it for nothing.
  const { createSecureContext } = await import('node:tls');
  createSecureContext({ key, cert, minVersion: 'TLSv1.2' });
}
