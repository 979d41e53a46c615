import assert from 'node:assert/strict';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { settleAccount, storedIn } from './mail-account.ts';
import { PostOfficeLab } from './post-office-lab.ts';

// GATEPOST_ROLE_KILLS=300 is the long run; some show the same in seconds.
const KILLS = Number(process.env['GATEPOST_ROLE_KILLS'] ?? 12);
const LONGEST_LIFE = 1500;

let office: PostOfficeLab;

before(async () => {
  office = await PostOfficeLab.create();
  await office.prepare();
});

after(() => office.remove());

test(`the post role killed ${KILLS} times under load: every 250 is kept, what is deleted stays deleted, twice outside is only what was under way`, async (t) => {
  await office.launch().ready;
  await office.bringPeople();
  for (let kill = 0; kill < KILLS; kill++) {
    // The moment is the test: it falls into starts, into recoveries and into the middle of writes.
    await delay(Math.random() * LONGEST_LIFE);
    await office.kill();
    const { ready } = office.launch();
    if (Math.random() < 0.8) await ready;
  }
  await delay(LONGEST_LIFE);
  await office.kill();
  await office.sendPeopleHome();

  const told = office.told();
  const taken = await office.taken();
  const counts = new Map<string, number>();
  for (const name of taken) counts.set(name, (counts.get(name) ?? 0) + 1);
  settleAccount({ before: told, after: told, stored: await storedIn(office.data), taken: new Set(taken) });
  for (const [name, count] of counts) assert.ok(count <= 2 + KILLS, `${name} was taken ${count} times`);
  const twice = taken.length - counts.size;
  t.diagnostic(
    `${told.acknowledged.size} messages acknowledged, 0 lost; ${told.deleted.size} deleted, 0 back; ${counts.size} taken outside, ${twice} of them once more after a kill`,
  );
});
