import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADDRESSES, NAMES } from './addresses.ts';
import { Box } from './box.ts';
import { PC1_ADDRESS } from './box-config.ts';
import type { Namespace } from './namespace.ts';
import { Office } from './office.ts';
import type { Program } from './program.ts';
import { waitFor } from './wait-for.ts';

/** Longer than any test lasts: who has asked for an address once does not ask again. */
const NEVER = 3_600_000;

const { boxLan, boxLanMac } = ADDRESSES;

/** A computer of the office that asks for an Ethernet address once and then waits: it learns of a box only what that says. */
async function quietPc(office: Office): Promise<Namespace> {
  const pc = office.pc1.namespace;
  await pc.ip('addr', 'add', `${PC1_ADDRESS}/24`, 'dev', 'eth0');
  await pc.sysctl('net.ipv4.neigh.eth0.retrans_time_ms', NEVER);
  return pc;
}

const entry = (pc: Namespace): Promise<string> => pc.ip('neigh', 'show', boxLan);

test('a question asked while the box was not there is answered when it is ready: it announces its address (RFC 5227 §2.3)', async () => {
  await using office = await Office.create();
  const pc = await quietPc(office);
  const question = ['dig', '+short', '+tries=1', '+timeout=60', `@${boxLan}`, `admin.${NAMES.office}`];
  const answer = pc.output(question);
  await waitFor('the computer to look for the box', async () => (await entry(pc)).includes('INCOMPLETE'));
  await Box.start(office.box);
  assert.equal(await answer, `${boxLan}\n`);
});

/** Ends when the box has announced its address, as often as it does: what it says later has another cause. */
async function bothAnnouncements(pc: Namespace): Promise<Program> {
  const filter = `arp[14:4] == arp[24:4] and ether src ${boxLanMac}`;
  const program = pc.start('tcpdump', ['tcpdump', '-p', '-n', '-i', 'eth0', '-c', '2', filter]);
  await program.line(/listening on/);
  return program;
}

test('a computer that knows a former box by its Ethernet address learns the one of this box when the cable is in', async () => {
  await using office = await Office.create();
  const pc = await quietPc(office);
  const announcements = await bothAnnouncements(pc);
  const box = await Box.start(office.box);
  await announcements.ended;
  const { switch: middle } = office.hosts;
  await middle.ip('link', 'set', 'dev', 'box', 'down');
  await waitFor(
    'the box to miss the cable',
    async () => (await box.status()).lan.devices[0]?.link === 'down',
  );
  await pc.ip('neigh', 'replace', boxLan, 'lladdr', '02:67:70:00:00:ff', 'dev', 'eth0', 'nud', 'stale');
  await middle.ip('link', 'set', 'dev', 'box', 'up');
  await waitFor('the announcement', async () => (await entry(pc)).includes(`lladdr ${boxLanMac} `));
});
