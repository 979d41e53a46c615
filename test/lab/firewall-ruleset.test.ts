import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, afterEach, test } from 'node:test';
import { parseIpv4 } from '../../src/base/ipv4.ts';
import { minimalRuleset } from '../../src/engine/firewall/minimal.ts';
import type { FirewallOptions } from '../../src/engine/firewall/options.ts';
import { contentMessages } from '../../src/engine/firewall/transaction.ts';
import type { Firewall } from '../../src/service/firewall/firewall.ts';
import { sendBatch } from '../../src/service/firewall/ruleset-loader.ts';
import { EVERYTHING, FIREWALL, packetsOf, ruleset, run } from './firewall-site.ts';
import { openFirewall } from './own-firewall.ts';
import { inOwnNetwork } from './own-network.ts';
import { Program } from './program.ts';
import { waitFor } from './wait-for.ts';

/** What the reference tool says of a ruleset as JSON, without its handles, with the elements of sets in order. */
function facts(json: string): unknown[] {
  const { nftables } = JSON.parse(json, (key, value: unknown) => {
    if (key === 'handle') return undefined;
    if (key === 'elem' && Array.isArray(value))
      return value.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    return value;
  }) as { nftables: object[] };
  return nftables.filter((one) => !('metainfo' in one));
}

/** What the reference tool says of a text that it loads itself, in a namespace of its own. */
function factsOfText(text: string): unknown[] {
  const script = 'nft -f - && nft -j list ruleset';
  return facts(execFileSync('unshare', ['--net', 'sh', '-c', script], { input: text, encoding: 'utf8' }));
}

function golden(name: string): string {
  return readFileSync(join(import.meta.dirname, '../vectors/nftables', `${name}.nft`), 'utf8');
}

inOwnNetwork(import.meta.filename, () => {
  const { session, firewall } = openFirewall();

  afterEach(() => firewall.teardown());
  after(() => session.close());

  const cases: readonly (readonly [string, (firewall: Firewall) => Promise<unknown>])[] = [
    ['ruleset-deny-all', (one) => one.protect(FIREWALL)],
    ['ruleset-firewall', (one) => one.apply(FIREWALL)],
    ['ruleset-firewall-dmz', (one) => one.apply(EVERYTHING)],
    ['ruleset-minimal', () => sendBatch(session, contentMessages(minimalRuleset(FIREWALL)))],
    ['ruleset-router', (one) => one.apply({ ...FIREWALL, mode: 'router' })],
    ['ruleset-lan-only', (one) => one.apply({ ...FIREWALL, mode: 'lan-only' })],
  ];
  for (const [name, load] of cases) {
    test(`nft lists what we load as the text of ${name}.nft, and loses nothing of it`, async () => {
      await load(firewall);
      const listed = facts(ruleset('-j'));
      assert.deepEqual(listed, factsOfText(golden(name)), `run nft list ruleset to compare:\n${ruleset()}`);
      assert.deepEqual(listed, factsOfText(ruleset()));
      assert.doesNotMatch(ruleset(), /203\.0\.113\.50/, 'the address of the WAN');
    });
  }

  test('apply() sends nothing that the kernel has already, also after a restart', async () => {
    await firewall.apply(FIREWALL);
    const path = join(tmpdir(), `gatepost-monitor-${process.pid}.log`);
    const monitor = new Program('monitor', ['stdbuf', '-oL', 'nft', 'monitor'], { logPath: path });
    try {
      const mark = async (name: string): Promise<void> => {
        await waitFor(`${name} in the monitor`, () => {
          run('nft', `add table ip ${name}; delete table ip ${name}`);
          return monitor.log.text().includes(` ${name}`);
        });
      };
      await mark('begin');
      const other = openFirewall();
      assert.equal((await firewall.apply(FIREWALL)).outcome, 'unchanged');
      assert.equal((await other.firewall.apply(FIREWALL)).outcome, 'unchanged');
      other.session.close();
      await mark('end');
      assert.doesNotMatch(monitor.log.text(), /gatepost/);
      assert.equal((await firewall.apply({ ...FIREWALL, pingFromWan: false })).outcome, 'changed');
      await monitor.line(/add rule inet gatepost input-from-wan/);
    } finally {
      await monitor.stop();
      run('rm', '-f', path);
    }
  });

  const tamperings = [
    'flush chain inet gatepost input-from-wan',
    'add rule inet gatepost forward accept',
    'insert rule inet gatepost input accept',
    'add element inet gatepost lan { "eth9" }',
    'delete element inet gatepost lan { "lan0" }',
    'add element inet gatepost forwarded-ports { tcp . 22 : 192.168.77.12 . 22 }',
    'flush map inet gatepost directions',
    'flush chain inet gatepost source-nat',
    'add chain inet gatepost input { policy accept; }',
    'add counter inet gatepost mine',
    'add set inet gatepost mine { type mark; }',
    'add chain inet gatepost mine',
    'delete table inet gatepost',
  ];
  for (const tampering of tamperings) {
    test(`apply() repairs what "nft ${tampering}" does`, async () => {
      await firewall.apply(FIREWALL);
      const before = facts(ruleset('-j'));
      run('nft', tampering);
      assert.notDeepEqual(facts(ruleset('-j')), before);
      const outcome = tampering.startsWith('delete table') ? 'replaced' : 'changed';
      assert.equal((await firewall.apply(FIREWALL)).outcome, outcome);
      assert.deepEqual(facts(ruleset('-j')), before);
    });
  }

  test('apply() carries the totals of counters over', async () => {
    await firewall.apply(FIREWALL);
    run('ip', 'link', 'set', 'lo', 'up');
    run('nft', 'add rule inet gatepost output counter name port-forwards');
    run('ping', '-c', '1', '127.0.0.1');
    const total = packetsOf('port-forwards');
    assert.ok(total >= 2);
    assert.equal((await firewall.apply(FIREWALL)).outcome, 'changed');
    assert.equal(packetsOf('port-forwards'), total);
    const counters = await firewall.readCounters();
    assert.equal(counters.find(({ name }) => name === 'port-forwards')?.packets, total);
  });

  test('apply() loads a ruleset of thousands of elements, and knows it again', async () => {
    const forwards: FirewallOptions['forwards'] = Array.from({ length: 2000 }, (_, i) => ({
      name: `device-${i}`,
      protocol: 'both',
      port: { first: 2000 + i * 4, last: 2000 + i * 4 + 1 },
      to: parseIpv4('192.168.77.20'),
      toPort: 10_000 + i,
      from: [],
      enabled: true,
    }));
    const options = { ...FIREWALL, forwards };
    assert.equal((await firewall.apply(options)).outcome, 'replaced');
    assert.equal((await firewall.apply(options)).outcome, 'unchanged');
    const listed = run('nft', 'list', 'map', 'inet', 'gatepost', 'forwarded-ports');
    assert.equal(listed.match(/192\.168\.77\.20/g)?.length, 8000);
  });

  test('apply() leaves the ruleset in force when the kernel refuses another', async () => {
    await firewall.apply(FIREWALL);
    const before = facts(ruleset('-j'));
    const [network] = FIREWALL.lanNetworks;
    assert.ok(network);
    const overlapping = { ...FIREWALL, lanNetworks: [network, { ...network, length: 25 }] };
    await assert.rejects(firewall.apply(overlapping), /Cannot load the firewall: .*lan-networks/);
    assert.deepEqual(facts(ruleset('-j')), before);
    assert.equal((await firewall.apply(FIREWALL)).outcome, 'unchanged');
  });
});
