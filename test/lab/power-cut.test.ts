import assert from 'node:assert/strict';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Box } from './box.ts';
import { boxConfig } from './box-config.ts';
import { DhcpLoad } from './dhcp-load.ts';
import { MailLoad } from './mail-load.ts';
import { subjectsOf } from './mailbox-subjects.ts';
import { Office } from './office.ts';

// GATEPOST_POWER_CUTS=200 is the long run; a few show the same in a minute.
const POWER_CUTS = Number(process.env['GATEPOST_POWER_CUTS'] ?? 8);
const LONGEST_LIFE = 2500;

let office: Office;

before(async () => {
  office = await Office.create();
});

after(() => office.remove());

test(`Gatepost, all its processes killed ${POWER_CUTS} times under load, keeps every lease and message it acknowledged`, async (t) => {
  const { pc1, pc2, world, box: namespace } = office.hosts;
  const config = boxConfig({
    // Room for every computer that will ever ask, so that no lease has a reason to go.
    lan: { devices: ['lan0'], address: '10.77.0.1/16' },
    dhcp: { pool: { first: '10.77.1.0', last: '10.77.250.255' } },
    firewall: { publicServices: ['smtp'] },
  });
  const box = await Box.start(namespace, config);
  await box.online();
  const dhcp = await DhcpLoad.start(pc2, '10.77.255.2/16');
  const mail = await MailLoad.start(world, 'cut');

  for (let cut = 0; cut < POWER_CUTS; cut += 1) {
    // The moment is the test: it falls into starting, into recovering, and into the middle of writes.
    await delay(Math.random() * LONGEST_LIFE);
    await box.crash();
    box.launch();
  }
  await box.program.line(/^gatepost ready$/m);
  await Promise.all([dhcp.more(), mail.more()]);
  await Promise.all([dhcp.stop(), mail.stop()]);

  const leases = await box.leases();
  for (const { mac, address } of dhcp.acknowledged)
    assert.deepEqual(
      leases.filter((lease) => lease.mac === mac).map((lease) => lease.address),
      [address],
      `the lease of ${mac}`,
    );
  await pc1.ip('addr', 'add', '10.77.255.1/16', 'dev', 'eth0');
  const kept = countOf(await subjectsOf(pc1, '10.77.0.1'));
  for (const id of mail.acknowledged) assert.equal(kept.get(id), 1, `${id} is there exactly once`);
  for (const [id, times] of kept) assert.equal(times, 1, `${id} is there exactly once`);
  t.diagnostic(`${dhcp.acknowledged.length} leases and ${mail.acknowledged.length} messages, all there`);
});

function countOf(values: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
