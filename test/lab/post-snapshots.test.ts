import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { settleAccount, storedIn } from './mail-account.ts';
import { PostOfficeLab } from './post-office-lab.ts';
import { outputOf } from './run-command.ts';

// GATEPOST_SNAPSHOTS=300 is the long run; a few show the same.
const SNAPSHOTS = Number(process.env['GATEPOST_SNAPSHOTS'] ?? 5);
const LONGEST_PAUSE = 1500;

let office: PostOfficeLab;
let ram: string;
let host: string;

/*
 * The store is on an ext4 on a loop device whose file lies on another file system, and that other one is frozen while the file is copied: at a
 * moment of its own between two writes of the block device, with nothing flushed for it. The copy is what a power cut leaves.
 */
before(async () => {
  office = await PostOfficeLab.create();
  ram = join(office.lab.directory, 'ram');
  host = join(office.lab.directory, 'host');
  for (const directory of [ram, host, office.data]) mkdirSync(directory);
  await outputOf(['mount', '-t', 'tmpfs', '-o', 'size=3g', 'ram', ram]);
  await mountImage(join(ram, 'host.img'), '2G', host);
  await mountImage(join(host, 'data.img'), '1G', office.data);
  await office.prepare();
});

after(() => office.remove());

async function mountImage(image: string, size: string, directory: string): Promise<void> {
  await outputOf(['truncate', '-s', size, image]);
  await outputOf(['mkfs.ext4', '-q', image]);
  await outputOf(['mount', '-o', 'loop', image, directory]);
}

/** Copies the image at this moment. */
async function snapshot(copy: string): Promise<void> {
  await outputOf(['fsfreeze', '--freeze', host]);
  try {
    await outputOf(['cp', '--sparse=always', join(host, 'data.img'), copy]);
  } finally {
    await outputOf(['fsfreeze', '--unfreeze', host]);
  }
}

test(`${SNAPSHOTS} copies of the block device under load, as power cuts leave it: the journal is replayed, every 250 is there`, async (t) => {
  await office.launch().ready;
  await office.bringPeople();
  const [copy, directory] = [join(ram, 'copy.img'), join(office.lab.directory, 'copy')];
  mkdirSync(directory);
  let letters = 0;
  for (let number = 0; number < SNAPSHOTS; number++) {
    await delay(Math.random() * LONGEST_PAUSE);
    const before = office.told();
    await snapshot(copy);
    const [after, taken] = [office.told(), new Set(office.taken())];
    office.holdPeople(true);
    await outputOf(['mount', '-o', 'loop', copy, directory]);
    try {
      const stored = await storedIn(directory);
      settleAccount({ before, after, stored, taken });
      letters = before.acknowledged.size;
    } finally {
      await outputOf(['umount', directory]);
      rmSync(copy);
      office.holdPeople(false);
    }
  }
  await office.sendPeopleHome();
  t.diagnostic(`${SNAPSHOTS} copies, ${letters} messages acknowledged before the last of them, 0 lost`);
});
