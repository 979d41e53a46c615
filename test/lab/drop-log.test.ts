import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { NFLOG_GROUP } from '../../src/engine/firewall/names.ts';
import { linuxNetlink } from '../../src/io/linux/netlink.ts';
import { NodeClock } from '../../src/io/node/clock.ts';
import type { NetlinkSession } from '../../src/port/netlink-session.ts';
import { NETLINK } from '../../src/port/netlink.ts';
import { type DropLog, MAX_LINES, MAX_PACKETS, startDropLog } from '../../src/service/drop-log/drop-log.ts';
import { startFirewall } from '../../src/service/firewall/firewall.ts';
import { openNetlinkSession } from '../../src/service/netlink-session.ts';
import { MemoryLog } from '../fake/memory-log.ts';
import { BOX, FIREWALL, FirewallSite, PC1, WORLD, run } from './firewall-site.ts';
import { inOwnNetwork } from './own-network.ts';
import { waitFor } from './wait-for.ts';

/** The group of the box's own rules. */
const GROUP = NFLOG_GROUP;
const RULES = `table inet own {
  chain incoming { type filter hook input priority 0
    iifname "wan0" tcp dport 23 log prefix "wan-input" group ${GROUP} snaplen 128 drop
    iifname "wan0" udp dport 161 log prefix "wan-input" group ${GROUP} snaplen 128 drop
    iifname "wan0" icmp type echo-request log prefix "ping" group ${GROUP} snaplen 128 drop
  }
  chain passing { type filter hook forward priority 0
    iifname "wan0" ip6 daddr ${PC1.address6} log prefix "wan-forward" group ${GROUP} snaplen 128 drop
  }
}`;

/** A program that sends so many datagrams as fast as it can. */
function flood(count: number): string {
  return `const socket = require('dgram').createSocket('udp4');
    let left = ${count};
    const next = () => left-- === 0 ? process.exit() : socket.send('x', 161, '${BOX.wan}', next);
    next();`;
}

inOwnNetwork(import.meta.filename, () => {
  let site: FirewallSite;
  let session: NetlinkSession;
  let dropLog: DropLog;
  let log: MemoryLog;

  const names = (): ReadonlyMap<number, string> =>
    new Map(
      (JSON.parse(run('ip', '-j', 'link')) as { ifindex: number; ifname: string }[]).map((link) => [
        link.ifindex,
        link.ifname,
      ]),
    );
  const listen = (): void => {
    const known = names();
    log = new MemoryLog();
    session = openNetlinkSession(linuxNetlink, NETLINK.NETFILTER);
    dropLog = startDropLog(session, {
      group: GROUP,
      clock: new NodeClock(),
      log,
      deviceName: (index) => known.get(index),
    });
  };
  const isBound = (): boolean => {
    const table = run('cat', '/proc/thread-self/net/netfilter/nfnetlink_log');
    return new RegExp(`^ *${GROUP} `, 'm').test(table);
  };
  const line = (pattern: RegExp): Promise<string> =>
    waitFor(String(pattern), () => log.entries.map(({ text }) => text).find((text) => pattern.test(text)));

  before(async () => {
    execFileSync('nft', ['-f', '-'], { input: RULES });
    site = await FirewallSite.create();
    listen();
    await waitFor('the group to be bound', isBound);
  });
  after(() => {
    site.remove();
    session.close();
  });

  test('a dropped connection attempt is in the log with its reason, ends and device', async () => {
    const call = site.call(site.world, BOX.wan, 23);
    const text = await line(/:23 /);
    assert.match(text, /^Dropped \(wan-input\): TCP 203\.0\.113\.1:\d+ -> 203\.0\.113\.50:23 SYN from wan0$/);
    await call.hangUp();
  });

  test('a packet dropped on its way through names both devices, in IPv6 too', async () => {
    const call = site.call(site.world, PC1.address6, 80);
    const text = await line(/wan-forward/);
    const ends = `\\[${WORLD.address6}\\]:\\d+ -> \\[${PC1.address6}\\]:80`;
    assert.match(text, new RegExp(`^Dropped \\(wan-forward\\): TCP ${ends} SYN from wan0 to lan0$`));
    await call.hangUp();
  });

  test('a large datagram and a ping are named by their headers', async () => {
    await site.world.run(['ping', '-c', '1', '-W', '1', BOX.wan]);
    assert.equal(
      await line(/ICMP /),
      `Dropped (ping): ICMP ${WORLD.gateway} -> ${BOX.wan} echo request from wan0`,
    );
    const send = `require('dgram').createSocket('udp4').send(Buffer.alloc(1400), 161, '${BOX.wan}', () => process.exit())`;
    await site.world.output([process.execPath, '-e', send]);
    assert.match(
      await line(/UDP /),
      new RegExp(`^Dropped \\(wan-input\\): UDP .* -> ${BOX.wan}:161 from wan0$`),
    );
  });

  test('a flood ends in silence: few lines, and a kernel that is told to say no more', async () => {
    const count = MAX_PACKETS * 2;
    await site.world.output([process.execPath, '-e', flood(count)]);
    await waitFor('the group to be left', () => !isBound());
    assert.equal(log.entries.length, MAX_LINES);
  });

  test('after stop() the group is free for the next listener', async () => {
    dropLog.stop();
    session.close();
    listen();
    await waitFor('the group to be bound again', isBound);
    dropLog.stop();
    await waitFor('the group to be left', () => !isBound());
    assert.deepEqual(log.entries, []);
  });

  test('what the ruleset of the box drops is in the log with the reason of its rule', async () => {
    session.close();
    run('nft', 'delete', 'table', 'inet', 'own');
    const rules = openNetlinkSession(linuxNetlink, NETLINK.NETFILTER);
    listen();
    await waitFor('the group to be bound once more', isBound);
    await startFirewall(rules, new MemoryLog()).apply({ ...FIREWALL, logDropped: true });
    const calls = [site.call(site.world, BOX.wan, 4444), site.call(site.world, PC1.address6, 80)];
    assert.match(
      await line(/wan-input/),
      /^Dropped \(wan-input\): TCP \S+ -> 203\.0\.113\.50:4444 SYN from wan0$/,
    );
    assert.match(await line(/wan-forward/), /:80 SYN from wan0 to lan0$/);
    await Promise.all(calls.map((call) => call.hangUp()));
    dropLog.stop();
    rules.close();
  });
});
