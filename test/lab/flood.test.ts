import assert from 'node:assert/strict';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { cpuSeconds, pssMebibytes } from '../bench/process-use.ts';
import { ADDRESSES, NAMES } from './addresses.ts';
import type { Box } from './box.ts';
import type { FloodKind } from './flood-frames.ts';
import type { Namespace } from './namespace.ts';
import type { Office } from './office.ts';
import type { Program } from './program.ts';
import { startOffice } from './running-office.ts';

// As much as is asked for; on a slow machine it becomes what the machine can send, which is printed.
const RATE = 100_000;
const SECONDS = Number(process.env['GATEPOST_FLOOD_SECONDS'] ?? 3);
/** A client tries something this often, in milliseconds. */
const EVERY = 200;
/** How long a client has patience with one page: with two processors for attacker, box and client, it may have to wait. */
const PAGE_SECONDS = '15';
/** What a box may grow by: its tables at their caps, and what the collector has not got round to. */
const GROWTH_MIB = 96;

let office: Office;
let box: Box;

before(async () => {
  ({ office, box } = await startOffice());
});

after(() => office.remove());

interface Tried {
  readonly what: string;
  readonly times: number;
  readonly slowest: number;
}

/** What an office does, over and over as long as the flood runs, and once more behind it. Fails when a single try does. */
async function keepDoing(
  what: string,
  isOver: () => boolean,
  action: () => Promise<unknown>,
): Promise<Tried> {
  let [times, slowest] = [0, 0];
  for (let isLast = false; !isLast;) {
    isLast = isOver();
    const begun = performance.now();
    await action();
    const took = performance.now() - begun;
    slowest = Math.max(slowest, took);
    times += 1;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, EVERY - took)));
  }
  return { what, times, slowest: Math.round(slowest) };
}

/** The work of the two computers of the office. */
function everyday(isOver: () => boolean): Promise<Tried[]> {
  const [pc1, pc2] = [office.pc1, office.pc2];
  const curl = ['curl', '-sS', '--fail', '-o', '/dev/null', '-m', PAGE_SECONDS];
  // In front of the answer stands what it had to wait for.
  const dig = ['dig', '+short', '+tries=5', '+time=2'];
  return Promise.all([
    keepDoing('page through NAT', isOver, () =>
      pc1.namespace.output([...curl, `http://${ADDRESSES.world}/address`]),
    ),
    keepDoing('name outside', isOver, async () => {
      const answer = await pc1.namespace.output([...dig, NAMES.elsewhereWeb]);
      assert.equal(answer.trim().split('\n').at(-1), ADDRESSES.world);
    }),
    keepDoing('name inside', isOver, async () => {
      const answer = await pc1.namespace.output([...dig, `pc1.${NAMES.office}`]);
      assert.equal(answer.trim().split('\n').at(-1), (await pc1.lease()).address);
    }),
    keepDoing("owner's page", isOver, () =>
      pc1.namespace.output([...curl, `http://${ADDRESSES.boxLan}:8080/`]),
    ),
    keepDoing('lease renewed', isOver, async () => {
      const from = pc2.program.log.end();
      pc2.program.kill('SIGUSR1');
      await pc2.program.log.line(/lease of \S+ obtained/, { from });
    }),
  ]);
}

interface Attack {
  readonly kind: FloodKind;
  readonly from: Namespace;
  readonly device: string;
  readonly mac: string;
  readonly address: string;
}

function start({ kind, from, device, mac, address }: Attack): Program {
  const program = join(import.meta.dirname, 'flood-sender.ts');
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', program];
  return from.start(`flood-${kind}`, [...node, kind, device, mac, address, String(RATE), String(SECONDS)]);
}

async function number(path: string): Promise<number> {
  return Number(await office.box.output(['cat', `/proc/sys/net/netfilter/${path}`]));
}

async function counters(): Promise<ReadonlyMap<string, number>> {
  return new Map((await box.status()).firewall.map(({ name, packets }) => [name, packets]));
}

/** Floods while the office works, prints the figures, and checks what has to be bounded. */
async function survive(attack: Attack): Promise<ReadonlyMap<string, number>> {
  const countedBefore = await counters();
  const pids = await box.pids();
  const pssBefore = pssMebibytes(pids);
  const cpuBefore = cpuSeconds(pids);
  const flood = start(attack);
  await flood.line(/flooding/);
  const tried = await everyday(() => !flood.running);
  const cpu = cpuSeconds(pids) - cpuBefore;
  const [, sent = '0', seconds = '1', microseconds = '0'] = await flood.line(
    /"sent":(\d+),"seconds":([\d.]+),"microseconds":([\d.]+)/,
  );
  const pss = pssMebibytes(await box.pids());
  const [connections, most] = [await number('nf_conntrack_count'), await number('nf_conntrack_max')];
  const rate = Math.round(Number(sent) / Number(seconds));
  const doings = tried.map(({ what, times, slowest }) => `${what} ${times} times, slowest ${slowest} ms`);
  console.log(
    `${attack.kind}: ${rate} frames/s for ${Number(seconds).toFixed(1)} s, each ${Number(microseconds).toFixed(1)} us of the sender; ` +
      `box ${cpu.toFixed(1)} s of CPU, ${pssBefore.toFixed(0)} to ${pss.toFixed(0)} MiB; ` +
      `${connections} of ${most} connections; ${doings.join('; ')}`,
  );
  assert.ok(pss < pssBefore + GROWTH_MIB, `the box grew from ${pssBefore} to ${pss} MiB`);
  assert.ok(connections < most, `${connections} connections fill the table of ${most}`);
  const counted = await counters();
  return new Map([...counted].map(([name, packets]) => [name, packets - (countedBefore.get(name) ?? 0)]));
}

async function wellAfterwards(): Promise<void> {
  const { roles } = await box.status();
  assert.deepEqual(
    roles.map(({ name, restarts }) => [name, restarts]),
    [
      ['net', 0],
      ['post', 0],
      ['web', 0],
    ],
  );
}

/** A device that is not one of the office's computers. */
const RENEWER = { address: '192.168.77.90', mac: '02:00:00:00:77:90' } as const;

test('a flood of DISCOVERs from made-up devices leaves the office working and its leases alone, and loses no renewal', async () => {
  const from = await plugIn('intruder');
  const known = await plugIn('renewer', RENEWER.mac);
  await known.ip('addr', 'add', `${RENEWER.address}/24`, 'dev', 'eth0');
  const program = join(import.meta.dirname, 'dhcp-renewer.ts');
  const renewer = known.start('renewer', [
    process.execPath,
    program,
    RENEWER.address,
    RENEWER.mac,
    ADDRESSES.boxLan,
  ]);
  await renewer.line(/renewing/);
  await survive({ kind: 'dhcp', from, device: 'eth0', mac: ADDRESSES.boxLanMac, address: ADDRESSES.boxLan });
  renewer.kill('SIGTERM');
  const [, answered = '0', lost = ''] = await renewer.line(/answered (\d+) lost (\d+)/);
  assert.ok(Number(answered) > 10, `${answered} renewals in the flood`);
  assert.equal(lost, '0');
  const leases = await box.leases();
  const bound = leases.filter(({ state }) => state === 'bound').map(({ mac }) => mac);
  assert.deepEqual(bound.toSorted(), [ADDRESSES.pc1Mac, ADDRESSES.pc2Mac, RENEWER.mac].toSorted());
  assert.ok(leases.length <= 100, `${leases.length} leases and offers of a pool of 100`);
  await wellAfterwards();
});

for (const kind of ['syn', 'udp'] as const)
  test(`a flood of ${kind} from made-up addresses of the Internet leaves the office working, and is counted`, async () => {
    const { isp } = office.hosts;
    const dropped = await survive({
      kind,
      from: isp,
      device: 'wan',
      mac: ADDRESSES.boxWanMac,
      address: ADDRESSES.boxWan,
    });
    assert.ok(
      [...dropped.values()].some((packets) => packets > 1000),
      JSON.stringify([...dropped]),
    );
    await wellAfterwards();
  });

/** One more device on the LAN. */
async function plugIn(name: string, mac?: string): Promise<Namespace> {
  const { lab, hosts } = office;
  const host = await lab.namespace(name);
  const end = { namespace: host, device: 'eth0' };
  await lab.cable({ namespace: hosts.switch, device: name }, mac === undefined ? end : { ...end, mac });
  await hosts.switch.ip('link', 'set', 'dev', name, 'master', 'br0');
  return host;
}
