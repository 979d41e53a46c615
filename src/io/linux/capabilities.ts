import { KernelError } from '../../base/errors.ts';
import { processControl, readCapabilities, writeCapabilities } from './ffi.ts';

/** Capabilities the roles use, by their number in linux/capability.h. */
const CAPABILITIES = {
  CHOWN: 0,
  DAC_OVERRIDE: 1,
  KILL: 5,
  SETGID: 6,
  SETUID: 7,
  NET_BIND_SERVICE: 10,
  NET_ADMIN: 12,
  NET_RAW: 13,
  SYS_TIME: 25,
} as const;
export type CapabilityName = keyof typeof CAPABILITIES;

// linux/prctl.h
const PR_CAPBSET_READ = 23;
const PR_CAPBSET_DROP = 24;
const PR_SET_NO_NEW_PRIVS = 38;
/** The sets have 64 bits; the kernel answers EINVAL behind the last capability it knows. */
const MAX_CAPABILITIES = 64;

function dropBounding(wanted: ReadonlySet<number>): void {
  for (let capability = 0; capability < MAX_CAPABILITIES; capability++) {
    const present = processControl(PR_CAPBSET_READ, capability);
    if (present === undefined) return;
    if (present === 1 && !wanted.has(capability)) processControl(PR_CAPBSET_DROP, capability);
  }
}

/**
 * Leaves this process no more than `names`, for ever: everything else goes from the bounding set, no program it executes
 * gains rights, and the calling thread keeps exactly these. Threads that run already keep what they have: the caller
 * replaces the process image (`process.execve`) at once, and all threads of the new image have only these.
 * Names that the process does not have, as in a container, are returned and left out.
 * @throws KernelError (`EPERM`)
 */
export function boundCapabilities(names: readonly CapabilityName[]): readonly CapabilityName[] {
  const before = readCapabilities();
  const has = (name: CapabilityName): boolean => (before.permitted >> BigInt(CAPABILITIES[name])) % 2n === 1n;
  const kept = names.filter(has);
  dropBounding(new Set(kept.map((name) => CAPABILITIES[name])));
  if (processControl(PR_SET_NO_NEW_PRIVS, 1) === undefined) {
    throw new KernelError('give up the right to gain rights', 'EINVAL');
  }
  const mask = kept.reduce((sum, name) => sum | (1n << BigInt(CAPABILITIES[name])), 0n);
  writeCapabilities({ effective: mask, permitted: mask, inheritable: 0n });
  return names.filter((name) => !kept.includes(name));
}
