import type { Timestamp } from '../../src/base/instant.ts';
import { type TlsIdentity, issueServer, makeAuthority } from '../../src/service/certificate/issue.ts';

/** A key and a certificate for a host, of an authority that is made for it alone: its last certificate is the one to trust. */
export function makeIdentity(
  hostName: string,
  now: Timestamp,
  otherNames: readonly string[] = [],
): TlsIdentity {
  const names = [hostName, ...otherNames];
  return issueServer(makeAuthority(names, now), names, now);
}
