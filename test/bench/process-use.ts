import { readFileSync } from 'node:fs';

/** Ticks per second of /proc/PID/stat, USER_HZ of every Linux architecture we run on (proc_pid_stat(5)). */
const TICKS_PER_SECOND = 100;

/** CPU seconds, user and system, of the processes and of their children that have ended. */
export function cpuSeconds(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const stat = read(`/proc/${pid}/stat`);
    // Fields 14 to 17: utime, stime, cutime, cstime; counted from the end of the program's name, field 2.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  });
  return ticks.reduce((sum, one) => sum + one, 0) / TICKS_PER_SECOND;
}

/**
 * Proportional set size of the processes in MiB: their private memory, and of each page shared with other processes of
 * the machine the fraction that falls to them (/proc/PID/smaps_rollup).
 */
export function pssMebibytes(pids: readonly number[]): number {
  const kibibytes = pids.map((pid) =>
    Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0),
  );
  return kibibytes.reduce((sum, one) => sum + one, 0) / 1024;
}

/**
 * What the processes would hold if nothing else ran: their private memory, and each shared mapping once, in full. The
 * harness runs on the same Node as we do and would otherwise pay half of its pages.
 */
export function aloneMebibytes(pids: readonly number[]): number {
  let alone = 0;
  const shared = new Map<string, number>();
  for (const pid of pids)
    for (const mapping of mappings(pid)) {
      alone += mapping.privateKib;
      shared.set(mapping.key, Math.max(shared.get(mapping.key) ?? 0, mapping.sharedKib));
    }
  for (const kibibytes of shared.values()) alone += kibibytes;
  return alone / 1024;
}

interface Mapping {
  /** The same for two mappings of the same part of the same file. */
  readonly key: string;
  readonly privateKib: number;
  readonly sharedKib: number;
}

function mappings(pid: number): Mapping[] {
  const blocks = read(`/proc/${pid}/smaps`).split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  return blocks.map((block) => {
    const [range = '', , offset = '', device = '', inode = ''] = block.split(/\s+/, 5);
    const kib = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(block)?.[1] ?? 0);
    return {
      // Anonymous memory is shared after a fork only, at the same address in both.
      key: inode === '0' ? range : `${device} ${inode} ${offset}`,
      privateKib: kib('Private_Clean') + kib('Private_Dirty'),
      sharedKib: kib('Shared_Clean') + kib('Shared_Dirty'),
    };
  });
}

/** Empty when the process ended in between. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
