import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outputOf } from '../lab/run-command.ts';
import { LoopDisk } from './loop-disk.ts';
import { type MailInServer, startOurs, startPostfix } from './mail-in-servers.ts';
import { processTree } from './process-tree.ts';
import { cpuSeconds } from './process-use.ts';

const ROUNDS = 5;
const DISK_MEBIBYTES = 1500;

/** Messages of a size from so many senders at a time, each on a connection of its own, as smtp-source sends. */
export interface Load {
  readonly name: string;
  readonly size: number;
  readonly sessions: number;
  readonly messages: number;
}

export const LOADS: readonly Load[] = [
  { name: '4 KiB, 20 sessions', size: 4096, sessions: 20, messages: 3000 },
  { name: '4 KiB, 1 session', size: 4096, sessions: 1, messages: 1000 },
  { name: '50 KiB, 20 sessions', size: 51_200, sessions: 20, messages: 2000 },
  { name: '50 KiB, 1 session', size: 51_200, sessions: 1, messages: 900 },
];

/** What a load took, for each message. */
export interface LoadUse {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
  readonly bytes: number;
  readonly flushes: number;
}

/** Both servers under all loads in turn, each on an ext4 file system of its own on a loop device: by server and load, round by round. */
export async function measureMailIn(): Promise<ReadonlyMap<string, ReadonlyMap<string, readonly LoadUse[]>>> {
  const parent = mkdtempSync(join(tmpdir(), 'gatepost-mail-in-'));
  // Postfix's processes reach their folders as other users.
  chmodSync(parent, 0o755);
  try {
    await using oursDisk = await LoopDisk.make(parent, 'ours', DISK_MEBIBYTES);
    await using theirsDisk = await LoopDisk.make(parent, 'theirs', DISK_MEBIBYTES);
    await using ours = await startOurs(oursDisk.directory, join(parent, 'ours.log'));
    await using theirs = await startPostfix(theirsDisk.directory, join(parent, 'postfix.log'));
    return await measureAll([
      { server: ours, disk: oursDisk },
      { server: theirs, disk: theirsDisk },
    ]);
  } finally {
    rmSync(parent, { recursive: true });
  }
}

interface Stand {
  readonly server: MailInServer;
  readonly disk: LoopDisk;
}

async function measureAll(stands: readonly Stand[]): Promise<Map<string, Map<string, LoadUse[]>>> {
  const found = new Map(
    stands.map(({ server }) => [server.name, new Map(LOADS.map(({ name }) => [name, [] as LoadUse[]]))]),
  );
  let sent = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const load of LOADS) {
      sent += load.messages;
      for (const stand of stands)
        found
          .get(stand.server.name)
          ?.get(load.name)
          ?.push(await measure(stand, load, sent));
    }
  }
  return found;
}

async function measure(
  { server, disk }: Stand,
  { size, sessions, messages }: Load,
  total: number,
): Promise<LoadUse> {
  const [diskBefore, cpuBefore] = [await disk.use(), cpuSeconds(processTree(server.pid))];
  const begun = performance.now();
  const letter = ['-l', String(size), '-m', String(messages), '-s', String(sessions)];
  const envelope = ['-f', 'someone@elsewhere.example', '-t', 'alice@office.example'];
  await outputOf(['smtp-source', ...letter, ...envelope, `127.0.0.1:${server.port}`], { patience: 600_000 });
  await server.delivered(total);
  const seconds = (performance.now() - begun) / 1000;
  const [cpu, diskAfter] = [cpuSeconds(processTree(server.pid)) - cpuBefore, await disk.use()];
  return {
    perSecond: messages / seconds,
    cpuMicroseconds: (cpu / messages) * 1e6,
    bytes: (diskAfter.bytes - diskBefore.bytes) / messages,
    flushes: (diskAfter.flushes - diskBefore.flushes) / messages,
  };
}
