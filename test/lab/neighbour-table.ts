import { readFileSync, writeFileSync } from 'node:fs';

const FOLDER = '/proc/sys/net/ipv4/neigh/default';

/** As many as two networks of 65,536 addresses: what the measurement of DHCP servers looks for. */
const ENTRIES = 131_072;

/**
 * All network namespaces of a machine share one table of ARP entries, 1024 unless somebody says otherwise. A lab that looks for many
 * addresses in vain fills it, and for seconds the hosts of every other lab cannot enter whom they want to talk to: their packets are
 * dropped before they are on a wire, without an error. The limits cannot be set by namespace. They are raised, and left so, because
 * another lab may be relying on them.
 */
export function widenNeighbourTable(): void {
  // Entries are dropped early above the second limit, and refused above the third.
  for (const name of ['gc_thresh3', 'gc_thresh2']) {
    try {
      const path = `${FOLDER}/${name}`;
      if (Number(readFileSync(path, 'utf8')) < ENTRIES) writeFileSync(path, String(ENTRIES));
    } catch {
      // Not in the machine's first network namespace, or /proc/sys is read-only: a lab alone does without.
    }
  }
}
