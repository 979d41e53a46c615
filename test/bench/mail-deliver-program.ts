// Delivers mail into the store of a directory, COUNT messages of SIZE octets, AT-ONCE at a time, and prints what was written for it as JSON.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { RingLog } from '../../src/io/log/ring-log.ts';
import { NodeClock } from '../../src/io/node/clock.ts';
import { nodeFiles } from '../../src/io/node/files.ts';
import { NodeRandom } from '../../src/io/node/random.ts';
import type { Files, OpenFile } from '../../src/port/files.ts';
import { openMailStore } from '../../src/service/mail-store/mail-store.ts';

export interface DeliverResult {
  readonly milliseconds: number;
  /** Bytes that the kernel had to bring to the storage for this process (proc_pid_io(5)), and syncs of files and directories. */
  readonly written: number;
  readonly syncs: number;
}

let syncs = 0;

function countingFile(file: OpenFile): OpenFile {
  return {
    append: (parts) => file.append(parts),
    write: (offset, parts) => file.write(offset, parts),
    read: (offset, length) => file.read(offset, length),
    size: () => file.size(),
    truncate: (length) => file.truncate(length),
    sync: () => ((syncs += 1), file.sync()),
    close: () => file.close(),
  };
}

function counting(files: Files): Files {
  return {
    open: async (path, mode) => countingFile(await files.open(path, mode)),
    list: (directory) => files.list(directory),
    read: (path) => files.read(path),
    // The temporary file, and the directory after the renaming.
    replace: (path, content) => ((syncs += 2), files.replace(path, content)),
    remove: (path) => files.remove(path),
    rename: (from, to) => files.rename(from, to),
    makeDirectory: (path) => files.makeDirectory(path),
    syncDirectory: (path) => ((syncs += 1), files.syncDirectory(path)),
    freeSpace: () => files.freeSpace(),
  };
}

function written(): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? 0);
}

const [directory = '', ...numbers] = process.argv.slice(2);
const [count = 0, size = 0, atOnce = 1] = numbers.map(Number);
const clock = new NodeClock();
const log = new RingLog({ clock, print: () => undefined });
const store = await openMailStore({
  files: counting(nodeFiles(directory)),
  clock,
  random: new NodeRandom(),
  log: log.logFor('mail'),
});
const message = new Uint8Array(size).fill(0x41);
let sent = 0;

async function sendInTurn(user: string): Promise<void> {
  while (sent < count) {
    sent += 1;
    await store.deliver({ sender: 'someone@elsewhere.example', users: [user] }, message);
  }
}

const [begun, writtenBefore, syncsBefore] = [performance.now(), written(), syncs];
await Promise.all(Array.from({ length: atOnce }, (_, index) => sendInTurn(`user${index % 20}`)));
const result: DeliverResult = {
  milliseconds: performance.now() - begun,
  written: written() - writtenBefore,
  syncs: syncs - syncsBefore,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
await store.close();
