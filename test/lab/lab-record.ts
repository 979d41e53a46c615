import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/**
 * Every lab has one directory `PID.START.NUMBER` here, with one folder per namespace. It holds the lab's logs and files
 * and is at the same time the record by which a later run finds what a killed one left behind. A fixed path, because
 * the next run may have another TMPDIR.
 */
export const LAB_ROOT = '/tmp/gatepost-lab';

/** What the name of a lab's directory says. */
export interface LabRecord {
  readonly directory: string;
  readonly pid: number;
  /** Start of the owner in clock ticks since boot: tells it from a later process of the same pid. */
  readonly start: string;
  readonly number: number;
}

/** Start time of a process (field 22 of /proc/PID/stat), or `undefined` when there is no such process. */
export function startOfProcess(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field may contain spaces and parentheses, so count from the last one.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

export function newLabRecord(number: number): LabRecord {
  const start = startOfProcess(process.pid) ?? '0';
  return {
    directory: join(LAB_ROOT, `${process.pid}.${start}.${number}`),
    pid: process.pid,
    start,
    number,
  };
}

export function allLabRecords(): LabRecord[] {
  let names: string[];
  try {
    names = readdirSync(LAB_ROOT);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(name);
    if (match === null) return [];
    const [, pid, start = '', number] = match;
    return [{ directory: join(LAB_ROOT, name), pid: Number(pid), start, number: Number(number) }];
  });
}

/** Name of the kernel's namespace for the lab's `name`; unique per process and lab. */
export function namespaceName(record: LabRecord, name: string): string {
  return `gp${record.pid}${record.number === 0 ? '' : `.${record.number}`}-${name}`;
}
