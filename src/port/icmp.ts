import type { Duration } from '../base/duration.ts';
import type { Ipv4 } from '../base/ipv4.ts';

export interface IcmpPort {
  /**
   * Sends one echo request (RFC 792) and reports whether an echo reply came from `address` within `timeout`.
   * @throws KernelError (`EPERM`)
   */
  echo(address: Ipv4, timeout: Duration): Promise<boolean>;
}
