import type { Timestamp } from '../base/instant.ts';
import type { Ipv4 } from '../base/ipv4.ts';
import type { Mac } from '../base/mac.ts';

/** Which client has which address, as it must survive a power cut. */
export interface LeaseBinding {
  readonly address: Ipv4;
  /** Lower-case hexadecimal of the client identifier (option 61), or of htype and chaddr (RFC 2131 section 4.2); at most 255 bytes. */
  readonly client: string;
  readonly mac: Mac;
  /** As the client gave it (option 12), at most 255 octets of UTF-8; undefined if it gave none. */
  readonly hostName: string | undefined;
  /** End of the lease on the civil clock. {@link LeaseJournal.load} yields it as recorded: never earlier than what was promised. */
  readonly expires: Timestamp;
  /** When the client first had a lease, on the civil clock; undefined if that is not known. */
  readonly since?: Timestamp | undefined;
}

/** An address that a client found in use (DHCPDECLINE), not to be offered before `until`. */
export interface DeclinedAddress {
  readonly address: Ipv4;
  readonly until: Timestamp;
}

export interface RecordedLeases {
  readonly bindings: readonly LeaseBinding[];
  readonly declined: readonly DeclinedAddress[];
}

/**
 * The DHCP server's memory on the flash. The last call for an address wins; promises resolve when the change is on stable storage.
 * After the civil clock was set, every lease is bound again, so that what is recorded follows the new clock.
 */
export interface LeaseJournal {
  /** What is recorded now, expired entries included: the caller judges them by its own clock. */
  load(): RecordedLeases;
  /**
   * Records a lease given or renewed. Resolves at once and writes nothing while what is recorded covers it, as for most renewals.
   * @throws KernelError (`ENOSPC`, `EIO`): nothing recorded before is harmed
   */
  bind(binding: LeaseBinding): Promise<void>;
  /**
   * Records that the address is free: released, expired or freed by the owner. Who had it is kept in mind: {@link load} may still
   * yield the binding, as ended long ago. @throws KernelError as {@link bind}
   */
  end(address: Ipv4): Promise<void>;
  /** Records that the address is in use by a stranger; ends a binding of it. @throws KernelError as {@link bind} */
  decline(address: Ipv4, until: Timestamp): Promise<void>;
}
