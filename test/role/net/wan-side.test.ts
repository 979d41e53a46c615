import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Milliseconds, Seconds } from '../../../src/base/duration.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parseMac } from '../../../src/base/mac.ts';
import { readConfig } from '../../../src/config/load.ts';
import { BOX_MAC } from '../../service/wan/provider.ts';
import { DHCP, LAN_ONLY, WanStage, staticWan } from './wan-stage.ts';

const [A, B] = ['203.0.113.8', '203.0.113.9'] as const;
const LEASED = '203.0.113.50';
const OTHER_MAC = parseMac('02:00:00:00:00:52');

async function started(config = DHCP): Promise<WanStage> {
  const stage = new WanStage(config);
  await stage.apply(config);
  await stage.wait(Seconds(2));
  return stage;
}

function told({ log }: WanStage): string[] {
  return log
    .entries()
    .flatMap(({ source, text }) => (source === 'net' && text.startsWith('The WAN has') ? [text] : []));
}

test('WanSide does not come back to the address of a change that was taken back', async () => {
  const stage = await started(staticWan(`${A}/24`));
  const { promise, resolve } = Promise.withResolvers<void>();
  void stage.inTurn(() => promise);
  void stage.apply(staticWan(`${B}/24`), true);
  resolve();
  await stage.wait(Seconds(1));
  assert.deepEqual(stage.kernel.history, [A, B, A]);
  assert.deepEqual([stage.address, stage.configured, stage.named], [A, A, A]);
  assert.deepEqual([...stage.kernel.connections], [parseIpv4(A)]);
});

test('WanSide keeps the address when a change to "lan-only" is taken back', async () => {
  const stage = await started(staticWan(`${A}/24`));
  await stage.apply(LAN_ONLY, true);
  await stage.wait(Seconds(2));
  assert.deepEqual([stage.address, stage.configured, stage.named], [A, A, A]);
});

test('WanSide brings no address back once it is stopped', async () => {
  const stage = await started();
  const { promise, resolve } = Promise.withResolvers<void>();
  void stage.inTurn(() => promise);
  const stopped = stage.inTurn(async () => {
    await stage.side.stop({ release: true });
    await stage.kernel.apply({ wan: { device: 'wan0', up: true, ipv4: { addresses: [], routes: [] } } });
  });
  stage.provider.address = '203.0.113.60';
  stage.plug(OTHER_MAC);
  await stage.wait(Seconds(2));
  assert.equal(stage.address, '203.0.113.60');
  resolve();
  await stage.wait(Seconds(2));
  await stopped;
  assert.deepEqual(stage.kernel.history, [LEASED, 'none']);
});

test('WanSide tells of the address of now only, however often it changed while others had their turn', async () => {
  const stage = await started();
  const { promise, resolve } = Promise.withResolvers<void>();
  void stage.inTurn(() => promise);
  for (const [at, mac] of [OTHER_MAC, BOX_MAC, OTHER_MAC].entries()) {
    stage.provider.address = `203.0.113.6${at}`;
    stage.plug(mac);
    await stage.wait(Seconds(2));
  }
  const endings = stage.endings;
  resolve();
  await stage.wait(Seconds(1));
  assert.deepEqual(stage.kernel.history, [LEASED, '203.0.113.62']);
  assert.deepEqual(
    told(stage).map((text) => text.replace(/\/24.*/, '')),
    [LEASED, '203.0.113.62'].map((address) => `The WAN has the address ${address}`),
  );
  assert.equal(stage.endings, endings + 1);
  assert.deepEqual([...stage.kernel.connections], [parseIpv4('203.0.113.62')]);
});

test('WanSide ends the connections of an address that was on the device although its turn never came', async () => {
  const stage = await started();
  stage.kernel.takes = Milliseconds(300);
  stage.provider.address = '203.0.113.60';
  stage.plug(OTHER_MAC);
  await stage.wait(Seconds(1));
  stage.provider.address = '203.0.113.61';
  stage.plug(BOX_MAC);
  void stage.apply(DHCP);
  await stage.wait(Seconds(4));
  assert.equal(stage.configured, '203.0.113.61');
  assert.deepEqual([...stage.kernel.connections], [parseIpv4('203.0.113.61')]);
});

test('WanSide ends the connections of an address that the kernel would not take off, when it has', async () => {
  const stage = await started();
  stage.kernel.refuses = true;
  stage.provider.address = '203.0.113.60';
  stage.plug(OTHER_MAC);
  await stage.wait(Seconds(2));
  assert.equal(stage.configured, LEASED);
  assert.match(stage.notices.problems.get('wan') ?? '', /add an address/);
  stage.kernel.refuses = false;
  stage.provider.address = '203.0.113.61';
  stage.plug(BOX_MAC);
  await stage.wait(Seconds(2));
  assert.deepEqual([...stage.kernel.connections], [parseIpv4('203.0.113.61')]);
  assert.deepEqual([...stage.notices.problems], []);
});

test('WanSide ends the connections of the run before when the address is another', async () => {
  const stage = new WanStage(DHCP);
  stage.kernel.addresses = [parseIpv4(A)];
  stage.kernel.use();
  await stage.apply(DHCP);
  await stage.wait(Seconds(2));
  assert.deepEqual([stage.configured, [...stage.kernel.connections]], [LEASED, [parseIpv4(LEASED)]]);
});

test('WanSide hears of a carrier that comes while the last lease is read from the card', async (t) => {
  const stage = new WanStage(DHCP);
  stage.plug(BOX_MAC, false);
  t.mock.method(stage.data, 'read', async () => stage.plug(BOX_MAC));
  await stage.apply(DHCP);
  await stage.wait(Seconds(2));
  assert.deepEqual([stage.address, stage.configured], [LEASED, LEASED]);
});

test('WanSide gives the lease back before its address is taken off, whatever comes in its place', async () => {
  for (const next of [LAN_ONLY, staticWan(`${A}/24`)]) {
    const stage = await started();
    const done = stage.apply(next);
    await stage.wait(Seconds(1));
    await done;
    assert.equal(stage.provider.heard.at(-1), `RELEASE ${LEASED} to 203.0.113.1`);
    assert.ok(!stage.kernel.addresses.includes(parseIpv4(LEASED)));
    assert.ok(!stage.kernel.connections.has(parseIpv4(LEASED)));
  }
});

test('WanSide keeps its lease while a change to another device is refused', async () => {
  const stage = await started();
  stage.kernel.refuses = true;
  await assert.rejects(stage.apply(readConfig({ version: 1, wan: { device: 'wan1' } })), /add an address/);
  stage.kernel.refuses = false;
  await stage.apply(DHCP);
  assert.deepEqual([stage.address, stage.configured, stage.named], [LEASED, LEASED, LEASED]);
  assert.ok(!stage.provider.heard.some((message) => message.startsWith('RELEASE')));
});

test('WanSide tells nothing of a WAN problem any more in "lan-only"', async () => {
  const stage = new WanStage(DHCP);
  stage.provider.address = '192.168.77.9';
  await stage.apply(DHCP);
  await stage.wait(Seconds(2));
  assert.match(stage.notices.problems.get('wan') ?? '', /overlaps/);
  void stage.apply(LAN_ONLY);
  await stage.wait(Seconds(1));
  assert.equal(stage.notices.problems.get('wan'), undefined);
});

test('WanSide takes back that an address overlaps the LAN when the LAN is another, and says it again when it is back', async () => {
  const stage = new WanStage(DHCP);
  stage.provider.address = '192.168.77.9';
  await stage.apply(DHCP);
  await stage.wait(Seconds(2));
  await stage.apply(readConfig({ version: 1, lan: { address: '10.7.7.1/24' } }));
  assert.deepEqual([stage.configured, [...stage.notices.problems]], ['192.168.77.9', []]);
  await stage.apply(DHCP);
  assert.equal(stage.configured, 'none');
  assert.match(stage.notices.problems.get('wan') ?? '', /overlaps/);
});

test('WanSide takes the address of the run before away at its start where the lease of it is lost, though no server answers', async () => {
  const stage = new WanStage(DHCP);
  stage.provider.mode = 'silent';
  stage.kernel.addresses = [parseIpv4(A)];
  stage.kernel.use();
  await stage.apply(DHCP);
  assert.deepEqual([stage.configured, [...stage.kernel.connections]], ['none', []]);
});

const CONFIGS = [DHCP, LAN_ONLY, staticWan(`${A}/24`), staticWan(`${B}/24`)];

const EVENT = fc.record({
  what: fc.oneof(
    fc.record({ config: fc.constantFrom(...CONFIGS), isRefused: fc.boolean() }),
    fc.record({ mac: fc.constantFrom(BOX_MAC, OTHER_MAC), carrier: fc.boolean() }),
    fc.record({
      address: fc.constantFrom('203.0.113.60', '203.0.113.61'),
      mode: fc.constantFrom('answers', 'refuses', 'silent'),
    }),
  ),
  takes: fc.constantFrom(0, 10, 200, 3000),
  wait: fc.constantFrom(0, 20, 400, 1500, 12_000),
});

test('WanSide ends with the latest address alone on the device, in the names and in the connections, whatever came in which order', async () => {
  const runs = Number(process.env['GATEPOST_WAN_STORIES'] ?? 300);
  await fc.assert(
    fc.asyncProperty(
      fc.array(EVENT, { minLength: 1, maxLength: 12 }),
      fc.boolean(),
      async (events, stops) => {
        const stage = new WanStage(DHCP);
        stage.provider.leaseSeconds = 20;
        void stage.apply(DHCP);
        for (const { what, takes, wait } of events) {
          stage.kernel.takes = Milliseconds(takes);
          if ('config' in what) void stage.apply(what.config, what.isRefused);
          else if ('mac' in what) stage.plug(what.mac, what.carrier);
          else {
            stage.provider.address = what.address;
            stage.provider.mode = what.mode;
          }
          await stage.wait(Milliseconds(wait));
        }
        if (stops) {
          const stopped = stage.inTurn(() => stage.side.stop({ release: false }));
          await stage.wait(Seconds(60));
          await stopped;
          const kept = stage.configured;
          await stage.wait(Seconds(60));
          assert.equal(stage.configured, kept);
          assert.equal(stage.provider.openSockets, 0);
          return;
        }
        stage.kernel.takes = Milliseconds(0);
        stage.provider.mode = 'answers';
        await stage.wait(Seconds(90));
        const now = stage.address;
        assert.deepEqual(
          [stage.configured, stage.config.mode === 'lan-only' ? 'none' : stage.named],
          [now, now],
        );
        const inUse = now === 'none' ? [] : [parseIpv4(now)];
        assert.deepEqual([...stage.kernel.connections], inUse);
      },
    ),
    { numRuns: runs },
  );
});
