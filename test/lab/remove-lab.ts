import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, rmdirSync } from 'node:fs';
import process from 'node:process';
import { type LabRecord, LAB_ROOT, allLabRecords, namespaceName, startOfProcess } from './lab-record.ts';

const NETNS_CONFIG = '/etc/netns';

/** Removes a lab whole: processes, namespaces with their devices, mounts, files. Synchronous: it also runs on exit. */
export function removeLab(record: LabRecord): void {
  const namespaces = foldersOf(record.directory).map((name) => namespaceName(record, name));
  for (const namespace of namespaces) {
    endProcesses(namespace);
    ip('netns', 'delete', namespace);
    rmSync(`${NETNS_CONFIG}/${namespace}`, { recursive: true, force: true });
  }
  for (const mount of mountsBelow(record.directory)) spawnSync('umount', ['-l', mount]);
  rmSync(record.directory, { recursive: true, force: true });
  removeIfEmpty(LAB_ROOT);
  removeIfEmpty(NETNS_CONFIG);
}

/** Removes the labs of processes that are gone, and returns how many there were. */
export function removeLeftOvers(): number {
  const orphans = allLabRecords().filter(({ pid, start }) => startOfProcess(pid) !== start);
  orphans.forEach(removeLab);
  return orphans.length;
}

function ip(...args: string[]): string {
  return spawnSync('ip', args, { encoding: 'utf8' }).stdout ?? '';
}

function endProcesses(namespace: string): void {
  // A dying process may have started another one between the listing and its end, so look again until none is left.
  for (;;) {
    const pids = ip('netns', 'pids', namespace)
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
    const alive = pids.filter((pid) => !isZombie(pid));
    if (alive.length === 0) return;
    alive.forEach(killNow);
  }
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in between.
  }
}

/** A killed child stays listed until its parent, perhaps this very process, gets round to collect it. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.charAt(stat.lastIndexOf(')') + 2) === 'Z';
  } catch {
    return true;
  }
}

function foldersOf(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

function mountsBelow(directory: string): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${directory}/`))
    .toReversed();
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Another lab is using it.
  }
}
