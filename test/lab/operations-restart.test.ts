import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADDRESSES } from './addresses.ts';
import { BUNDLE, Box } from './box.ts';
import { KernelWatch } from './kernel-watch.ts';
import { LongDownload } from './long-download.ts';
import { Office } from './office.ts';
import { waitFor } from './wait-for.ts';

// A download that outlasts a restart, and is checked to have done so.
const RATE = 1_000_000;
const SIZE = 12_000_000;

let office: Office;
let box: Box;

before(async () => {
  office = await Office.create();
  box = await Box.start(office.box);
  await box.online();
  office.pc1.start();
  await office.pc1.lease();
});

after(() => office.remove());

/** Ruleset with its counters. */
const ruleset = (): Promise<string> => office.box.output(['nft', 'list', 'ruleset']);

function packetsIn(text: string): number {
  return [...text.matchAll(/packets (\d+)/g)].reduce((sum, [, packets]) => sum + Number(packets), 0);
}

async function connection(): Promise<string> {
  const argv = ['conntrack', '-L', '-o', 'id', '-p', 'tcp', '--dport', '80'];
  const [id = ''] = /id=\d+/.exec(await office.box.output(argv)) ?? [];
  return id;
}

test('the box stops by SIGTERM and starts again: the kernel keeps everything, connections go on', async () => {
  const download = new LongDownload(office, RATE, SIZE);
  const id = await waitFor('the connection of the download', async () => {
    const found = await connection();
    return found !== '' && found;
  });
  const watch = await KernelWatch.start(office.box);
  const packets = packetsIn(await ruleset());
  const from = office.isp.dnsmasq.log.end();

  assert.deepEqual(await box.stop(), { code: 0, signal: null });
  assert.deepEqual(await box.pids(), []);
  assert.match(await ruleset(), /hook forward .*policy drop;/);
  await box.start();
  await box.online();

  const acknowledged = office.isp.dnsmasq.log.text().slice(from);
  assert.doesNotMatch(acknowledged, /DHCPDISCOVER|DHCPRELEASE/, 'the lease is asked for again, not anew');
  assert.deepEqual(await watch.changes(), []);
  assert.ok(packetsIn(await ruleset()) >= packets, 'counters were not reset');
  assert.equal(await connection(), id);
  download.assertGoesOn();
  await download.assertWhole();
});

test('the parent of all roles is killed: they end too, the office stays online, and a new start takes over', async () => {
  const watch = await KernelWatch.start(office.box);
  box.program.kill('SIGKILL');
  await waitFor('the end of every role', async () => (await box.pids()).length === 0);
  const argv = ['curl', '-sS', '--fail', '-m', '10', `http://${ADDRESSES.world}/address`];
  assert.equal((await office.pc1.namespace.output(argv)).trim(), ADDRESSES.boxWan);
  await box.start();
  await box.online();
  assert.deepEqual(await watch.changes(), []);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  test(`${signal} in the middle of a start ends it in order`, async () => {
    await box.stop();
    const program = box.launch();
    await waitFor('the first role', async () => (await box.rolePids()).size > 0);
    program.kill(signal);
    assert.deepEqual(await program.ended, { code: 0, signal: null });
    assert.deepEqual(await box.pids(), []);
    await box.start();
    await box.online();
  });

test('a box started with --teardown removes its addresses, routes and table, and nothing else', async () => {
  await box.stop();
  await office.box.output(['nft', 'add', 'table', 'inet', 'somebody-else']);
  await office.box.ip('addr', 'add', '10.9.9.9/32', 'dev', 'lo');
  const places = ['--config', box.configPath, '--data', box.dataPath, '--run', box.runPath];
  const program = office.box.start('gatepost-teardown', [BUNDLE, 'run', '--teardown', ...places]);
  await program.line(/^gatepost ready$/m);
  await box.online();
  const from = office.isp.dnsmasq.log.end();
  assert.deepEqual(await program.stop(), { code: 0, signal: null });

  assert.deepEqual((await office.box.output(['nft', 'list', 'tables'])).trim(), 'table inet somebody-else');
  const addresses = [...(await office.box.ip('-4', 'addr')).matchAll(/inet (\S+)/g)].map(([, one]) => one);
  assert.deepEqual(new Set(addresses), new Set(['127.0.0.1/8', '10.9.9.9/32']));
  assert.equal((await office.box.ip('route')).trim(), '');
  assert.equal(await office.box.output(['sysctl', '-n', 'net.ipv4.ip_forward']), '0\n');
  await office.isp.dnsmasq.log.line(new RegExp(`DHCPRELEASE\\(wan\\) ${ADDRESSES.boxWan}`), { from });
  assert.deepEqual(await box.pids(), []);
});
