import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { ADDRESSES } from './addresses.ts';
import { Box } from './box.ts';
import { FORWARDED_PORT, PC1_ADDRESS } from './box-config.ts';
import { KernelWatch } from './kernel-watch.ts';
import { Office } from './office.ts';
import { waitFor } from './wait-for.ts';

let office: Office;
let box: Box;

before(async () => {
  office = await Office.create();
  box = await Box.start(office.box);
  await box.online();
});

after(() => office.remove());

const ruleset = (): Promise<string> => office.box.output(['nft', '-s', '-a', 'list', 'ruleset']);

test('nft prints the ruleset of the box and reads its own print back', async () => {
  const text = await office.box.output(['nft', '-s', 'list', 'ruleset']);
  assert.match(text, /table inet \S+ \{/);
  assert.match(text, /hook input .*policy drop;/);
  assert.match(text, /hook forward .*policy drop;/);
  assert.match(text, /masquerade/);
  assert.match(text, new RegExp(String(FORWARDED_PORT)));
  assert.match(text, new RegExp(PC1_ADDRESS.replaceAll('.', '\\.')));
  // nft writes what it cannot express as a comment or as raw bytes, and would not take that back.
  assert.doesNotMatch(text, /unknown|@nh|#/);
  await office.box.output(['nft', '-c', '-f', '-'], { input: text });
});

test('ip sees the addresses and routes of the box', async () => {
  assert.match(await office.box.ip('addr', 'show', 'dev', 'wan0'), new RegExp(`inet ${ADDRESSES.boxWan}/24`));
  assert.match(await office.box.ip('addr'), new RegExp(`inet ${ADDRESSES.boxLanPrefix} `));
  assert.match(await office.box.ip('route'), new RegExp(`^default via ${ADDRESSES.isp} dev wan0`, 'm'));
});

test('applying the same configuration again changes nothing in the kernel', async () => {
  const before = await ruleset();
  const watch = await KernelWatch.start(office.box);
  const { status, stderr } = await box.cli(['config', 'apply', box.configPath]);
  assert.equal(status, 0, stderr);
  assert.deepEqual(await watch.changes(), []);
  assert.equal(await ruleset(), before);
});

test('the roles of the box run without rights they do not need', async () => {
  const fields = (pid: number): ReadonlyMap<string, string> =>
    new Map(
      readFileSync(`/proc/${pid}/status`, 'utf8')
        .split('\n')
        .map((line) => line.split(':\t') as [string, string]),
    );
  const pids = await box.rolePids();
  const uids = new Set<string>();
  for (const role of ['post', 'web'] as const) {
    const status = fields(pids.get(role) ?? 0);
    const [uid = ''] = (status.get('Uid') ?? '').split('\t');
    assert.notEqual(uid, '0', `${role} is not root`);
    uids.add(uid);
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'])
      assert.equal(BigInt(`0x${status.get(set)}`), 0n, `${set} of ${role}`);
    assert.equal((status.get('Groups') ?? '').trim(), '', `${role} has no further groups`);
  }
  assert.equal(uids.size, 2, 'each role has a user of its own');
  // CAP_SYS_ADMIN (21), CAP_SYS_PTRACE (19), CAP_DAC_OVERRIDE (1), CAP_SYS_MODULE (16): capability(7).
  const bound = BigInt(`0x${fields(pids.get('net') ?? 0).get('CapBnd')}`);
  for (const capability of [21n, 19n, 1n, 16n])
    assert.equal((bound >> capability) & 1n, 0n, `CapBnd ${capability}`);
});

test('a firewall that another program changes or flushes is put right again, and nothing else of the other', async () => {
  const nft = (...argv: string[]): Promise<string> => office.box.output(['nft', ...argv]);
  const ours = (): Promise<string> => nft('-s', 'list', 'table', 'inet', 'gatepost').catch(() => '');
  const before = await ours();
  const others = 'table inet other { chain input { type filter hook input priority 0; policy accept; }; }';
  const tamperings = [
    `flush ruleset; ${others}`,
    'flush chain inet gatepost input; add rule inet gatepost input accept',
  ];
  for (const tampering of tamperings) {
    await nft(tampering);
    await waitFor(`the ruleset behind "${tampering}"`, async () => (await ours()) === before);
    await box.program.line(/Put right the firewall, which another program had changed/);
  }
  assert.match(await nft('list', 'tables'), /^table inet other$/m);
  await nft('delete table inet other');
});
