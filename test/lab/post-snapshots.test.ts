import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { settleAccount, storedIn } from './mail-account.ts';
import { PostOfficeLab } from './post-office-lab.ts';
import { outputOf } from './run-command.ts';

// GATEPOST_SNAPSHOTS=300 is the long run; a few show the same.
const SNAPSHOTS = Number(process.env['GATEPOST_SNAPSHOTS'] ?? 5);
/** Then the office begins anew: what has piled up takes long to read. */
const SNAPSHOTS_A_DISK = 8;
const LONGEST_PAUSE = 1500;

/** An office, and the directories of its disks. */
interface Site {
  readonly office: PostOfficeLab;
  readonly ram: string;
  readonly host: string;
}

/**
 * The store is on an ext4 on a loop device whose file lies on another file system, and that other one is frozen while the file is copied: at a
 * moment of its own between two writes of the block device, with nothing flushed for it. The copy is what a power cut leaves.
 */
async function makeSite(office: PostOfficeLab): Promise<Site> {
  const [ram, host] = [join(office.lab.directory, 'ram'), join(office.lab.directory, 'host')];
  for (const directory of [ram, host, office.data]) mkdirSync(directory);
  await outputOf(['mount', '-t', 'tmpfs', '-o', 'size=3g', 'ram', ram]);
  await mountImage(join(ram, 'host.img'), '2G', host);
  await mountImage(join(host, 'data.img'), '1G', office.data);
  await office.prepare();
  return { office, ram, host };
}

async function mountImage(image: string, size: string, directory: string): Promise<void> {
  await outputOf(['truncate', '-s', size, image]);
  await outputOf(['mkfs.ext4', '-q', image]);
  await outputOf(['mount', '-o', 'loop', image, directory]);
}

/** Copies the image at this moment. */
async function copyDisk({ ram, host }: Site): Promise<string> {
  const copy = join(ram, 'copy.img');
  await outputOf(['fsfreeze', '--freeze', host]);
  try {
    await outputOf(['cp', '--sparse=always', join(host, 'data.img'), copy]);
  } finally {
    await outputOf(['fsfreeze', '--unfreeze', host]);
  }
  return copy;
}

/** Mounts a copy of the disk as it is now, and compares what is there with what people were told. */
async function checkNow(site: Site): Promise<number> {
  const { office } = site;
  const before = office.told();
  const copy = await copyDisk(site);
  office.holdPeople(true);
  const [after, taken] = [office.told(), new Set(await office.taken())];
  const directory = join(office.lab.directory, 'copy');
  mkdirSync(directory, { recursive: true });
  await outputOf(['mount', '-o', 'loop', copy, directory]);
  try {
    settleAccount({ before, after, stored: await storedIn(directory), taken });
  } finally {
    await outputOf(['umount', directory]);
    rmSync(copy);
    office.holdPeople(false);
  }
  return before.acknowledged.size;
}

/** Messages acknowledged before the last copy. */
async function copyWhileItWorks(copies: number): Promise<number> {
  const office = await PostOfficeLab.create();
  try {
    const site = await makeSite(office);
    await office.launch().ready;
    await office.bringPeople();
    let acknowledged = 0;
    for (let left = copies; left > 0; left--) {
      await delay(Math.random() * LONGEST_PAUSE);
      acknowledged = await checkNow(site);
    }
    await office.sendPeopleHome();
    return acknowledged;
  } finally {
    await office.remove();
  }
}

test(`${SNAPSHOTS} copies of the block device under load, as power cuts leave it: the journal is replayed, every 250 is there`, async (t) => {
  let acknowledged = 0;
  for (let left = SNAPSHOTS; left > 0; left -= SNAPSHOTS_A_DISK)
    acknowledged += await copyWhileItWorks(Math.min(left, SNAPSHOTS_A_DISK));
  t.diagnostic(`${SNAPSHOTS} copies, ${acknowledged} messages acknowledged, 0 lost`);
});
