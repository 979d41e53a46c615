import { KernelError, UserError, messageOf } from '../../base/errors.ts';
import type { LeaseJournal } from '../../port/lease-journal.ts';
import { openLeaseJournal } from '../../service/lease-journal.ts';
import type { NetPorts } from './ports.ts';

/** Leases in the memory of the DHCP server only: every record fails, which the server answers for and warns about. */
function withoutStorage(reason: string): LeaseJournal {
  const fail = (): Promise<never> => Promise.reject(new KernelError('record a lease', 'EIO', reason));
  return { load: () => ({ bindings: [], declined: [] }), bind: fail, end: fail, decline: fail };
}

/** The journal of leases; a card that cannot be read must not stop the network, so then there is one that keeps nothing. */
export async function openLeases({ data: files, clock, random, log }: NetPorts): Promise<LeaseJournal> {
  try {
    return await openLeaseJournal({ files, clock, random, log: log.logFor('leases') });
  } catch (error) {
    if (!(error instanceof KernelError || error instanceof UserError)) throw error;
    const reason = messageOf(error);
    log.logFor('leases').error(`Leases are kept in memory only: ${reason}`);
    return withoutStorage(reason);
  }
}
