import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADDRESSES, NAMES } from './addresses.ts';
import { type Box, ROLES, type Role } from './box.ts';
import { LongDownload } from './long-download.ts';
import { MailLoad } from './mail-load.ts';
import { subjectsOf } from './mailbox-subjects.ts';
import type { Office } from './office.ts';
import { startOffice } from './running-office.ts';
import { waitFor } from './wait-for.ts';

// Long enough to outlast the death and the return of a role, and checked to have done so.
const RATE = 4_000_000;
const SIZE = 24_000_000;
const BACK_WITHIN = 2000;

let office: Office;
let box: Box;

before(async () => {
  ({ office, box } = await startOffice());
});

after(() => office.remove());

/** What a client sees of each role when it works. */
async function answers(role: Role): Promise<boolean> {
  const { namespace } = office.pc1;
  const ask = {
    net: ['dig', '+short', '+timeout=1', '+tries=1', `admin.${NAMES.office}`],
    post: ['curl', '-sS', '-m', '1', '-o', '/dev/null', `smtp://${ADDRESSES.boxLan}`],
    web: ['curl', '-sS', '-m', '1', '--fail', '-o', '/dev/null', `http://${ADDRESSES.boxLan}:8080/`],
  } as const;
  return (await namespace.run(ask[role])).status === 0;
}

for (const role of ROLES)
  test(`kill -9 of ${role}: the download goes on, no promised message is lost, the role comes back`, async (t) => {
    const { namespace } = office.pc1;
    const download = new LongDownload(office, RATE, SIZE);
    const mail = await MailLoad.start(office.hosts.world, role);

    const begun = performance.now();
    const old = await box.killRole(role);
    await waitFor(`the role ${role}`, async () => {
      const pid = (await box.rolePids()).get(role);
      return pid !== undefined && pid !== old;
    });
    const back = performance.now() - begun;
    await waitFor(`an answer of ${role}`, () => answers(role));
    t.diagnostic(
      `process back after ${back.toFixed(0)} ms, answers after ${(performance.now() - begun).toFixed(0)} ms`,
    );
    assert.ok(back < BACK_WITHIN, `the role ${role} came back after ${back} ms`);
    download.assertGoesOn();

    await mail.more();
    await mail.stop();
    await download.assertWhole();
    const kept = await subjectsOf(namespace, ADDRESSES.boxLan);
    for (const id of mail.acknowledged)
      assert.equal(kept.filter((subject) => subject === id).length, 1, `${id} is there exactly once`);
  });
