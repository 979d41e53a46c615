import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { parseAddress } from '../../src/base/address.ts';
import { Ipv4, parseIpv4 } from '../../src/base/ipv4.ts';
import { parsePrefix4 } from '../../src/base/prefix.ts';
import { selectionOf } from '../../src/engine/conntrack/selection.ts';
import { linuxNetlink } from '../../src/io/linux/netlink.ts';
import type { KernelRequest, NetlinkSession } from '../../src/port/netlink-session.ts';
import { NETLINK } from '../../src/port/netlink.ts';
import { type Conntrack, openConntrack } from '../../src/service/conntrack/conntrack.ts';
import { openNetlinkSession } from '../../src/service/netlink-session.ts';
import { FAMILY } from '../../src/wire/conntrack/constants.ts';
import { decodeConntrack, encodeConntrack } from '../../src/wire/conntrack/message.ts';
import { NLM_F } from '../../src/wire/netlink/constants.ts';
import { conntrackLine, plainLine } from '../fake/conntrack-line.ts';
import { BOX, FirewallSite, PC1, PC2, WORLD, run } from './firewall-site.ts';
import { inOwnNetwork } from './own-network.ts';
import { waitFor } from './wait-for.ts';

const LAN = [parsePrefix4('192.168.77.1/24')];

const TRANSLATION = `table inet own {
  chain pre { type nat hook prerouting priority dstnat
    iifname "wan0" tcp dport 8443 dnat ip to ${PC2.address}:443
  }
  chain post { type nat hook postrouting priority srcnat
    oifname "wan0" meta nfproto ipv4 masquerade
  }
}`;

/** What the reference tool lists, in both families; it says "not found" by its exit code when nothing fits. */
function listed(...filter: string[]): string[] {
  const lines = ['ipv4', 'ipv6'].flatMap((family) =>
    spawnSync('conntrack', ['-L', '-f', family, '-o', 'extended,id', ...filter], {
      encoding: 'utf8',
    }).stdout.split('\n'),
  );
  return lines.filter((line) => line !== '').map(plainLine);
}

/** Times count down and packets up between one reading and the next. */
function withoutClocks(line: string): string {
  return line.replace(/^(\S+ \d+ \S+ \d+) \d+/, '$1').replaceAll(/ (packets|bytes|use)=\d+/g, '');
}

function insert(...args: string[]): void {
  execFileSync('conntrack', ['-I', ...args], { stdio: 'ignore' });
}

inOwnNetwork(import.meta.filename, () => {
  let site: FirewallSite;
  let session: NetlinkSession;
  let conntrack: Conntrack;

  const rawEntries = async (): Promise<string[]> => {
    const request = { ...encodeConntrack({ kind: 'get', family: FAMILY.ANY, body: {} }), flags: 0 };
    const replies = await session.request(request, { dump: true });
    return replies.flatMap((reply) => {
      const message = decodeConntrack(reply);
      return message?.kind === 'new' ? [conntrackLine(message.body)] : [];
    });
  };
  const forget = (): void => void execFileSync('conntrack', ['-F'], { stdio: 'ignore' });

  before(async () => {
    execFileSync('nft', ['-f', '-'], { input: TRANSLATION });
    session = openNetlinkSession(linuxNetlink, NETLINK.NETFILTER);
    conntrack = openConntrack(session);
    run('sysctl', '-q', '-w', 'net.netfilter.nf_conntrack_acct=1');
    site = await FirewallSite.create();
  });
  after(() => {
    site.remove();
    session.close();
  });

  test('every entry of the kernel is read as the reference tool reads it: TCP, ICMP, translated, forwarded, IPv6', async () => {
    const calls = [
      site.call(site.pc1, WORLD.address, 80),
      site.call(site.pc1, WORLD.address6, 80),
      site.call(site.world, BOX.wan, 8443),
      site.call(site.pc2, BOX.lan, 53),
    ];
    await Promise.all(calls.map((call) => call.outcome()));
    await site.pc1.run(['ping', '-c', '1', WORLD.address]);
    await site.pc1.run(['ping', '-c', '1', WORLD.address6]);
    const ours = (await rawEntries()).map(withoutClocks).toSorted();
    assert.deepEqual(ours, listed().map(withoutClocks).toSorted());
    assert.ok(ours.length >= 6, ours.join('\n'));
    const { flows, total } = await conntrack.list({});
    assert.equal(total, ours.length);
    const ids = listed().map((line) => Number(/ id=(\d+)$/.exec(line)?.[1]));
    const byNumber = (a: number, b: number): number => a - b;
    assert.deepEqual(flows.map(({ id }) => id).toSorted(byNumber), ids.toSorted(byNumber));
    const masked = flows.find(({ destination, replyDestination }) =>
      [destination.port === 80, replyDestination.address === parseAddress(BOX.wan)].every(Boolean),
    );
    assert.equal(masked?.state, 'ESTABLISHED');
    assert.ok(masked.received.bytes > 0);
    await Promise.all(calls.map((call) => call.hangUp()));
  });

  test('Conntrack.list() finds by address at any end, by port and by protocol what the reference tool finds', async () => {
    const count = async (filter: Parameters<typeof selectionOf>[0]): Promise<number> =>
      (await conntrack.list(selectionOf(filter))).total;
    const having = (text: string): number => listed().filter((line) => line.includes(text)).length;
    assert.equal(await count({ address: PC1.address }), having(`=${PC1.address} `));
    assert.equal(await count({ address: PC1.address6 }), having(`=${PC1.address6} `));
    assert.equal(await count({ address: BOX.wan }), having(`=${BOX.wan} `));
    assert.equal(await count({ port: 8443 }), having('port=8443 '));
    assert.equal(await count({ protocol: 'icmpv6' }), having(' icmpv6 '));
    assert.equal(await count({ address: '192.0.2.77' }), 0);
  });

  test('Conntrack.count() agrees with the reference tool', async () => {
    forget();
    insert(...'-p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1 --dport 2 -t 600'.split(' '));
    const { entries, limit } = await conntrack.count();
    assert.equal(entries, Number(run('conntrack', '-C')));
    assert.equal(limit, Number(run('sysctl', '-n', 'net.netfilter.nf_conntrack_max')));
  });

  test('Conntrack.end() ends exactly what is meant, of every protocol and zone', async () => {
    forget();
    insert(
      ...'-p tcp -s 192.0.2.1 -d 192.0.2.2 --sport 1000 --dport 80 --state ESTABLISHED -t 600'.split(' '),
    );
    insert(...'-p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1000 --dport 53 -t 600'.split(' '));
    insert(...'-p udp -s 192.0.2.9 -d 192.0.2.2 --sport 1000 --dport 53 -t 600'.split(' '));
    insert(...'-p udp -s 2001:db8::1 -d 2001:db8::2 --sport 1000 --dport 53 -t 600 -w 5'.split(' '));
    insert(...'-p icmp -s 192.0.2.1 -d 192.0.2.2 --icmp-type 8 --icmp-code 0 --icmp-id 7 -t 600'.split(' '));
    assert.equal(await conntrack.end(selectionOf({ address: '192.0.2.1', port: 53 })), 1);
    assert.equal(await conntrack.end(selectionOf({ protocol: 'icmp' })), 1);
    assert.equal(await conntrack.end(selectionOf({ address: '2001:db8::2' })), 1);
    assert.equal(await conntrack.end(selectionOf({ address: '192.0.2.77' })), 0);
    const left = listed().map((line) => line.replace(/^.*?(src=\S+).*$/, '$1'));
    assert.deepEqual(left.toSorted(), ['src=192.0.2.1', 'src=192.0.2.9']);
  });

  test('a blocked device loses its running connections of both families, and nobody else any', async () => {
    forget();
    const others = site.call(site.pc2, WORLD.address, 80);
    const calls = [
      site.call(site.pc1, WORLD.address, 80),
      site.call(site.pc1, WORLD.address6, 80),
      site.call(site.pc1, BOX.lan, 53),
    ];
    await Promise.all([others, ...calls].map((call) => call.outcome()));
    const device = [PC1.address, PC1.address6].map(parseAddress);
    assert.equal((await conntrack.list({ addresses: device })).total, 3);
    assert.equal(await conntrack.end({ addresses: device }), 3);
    assert.deepEqual(
      listed().filter((line) => [PC1.address, PC1.address6].some((address) => line.includes(`=${address} `))),
      [],
    );
    await others.echo('still here');
    await Promise.all([others, ...calls].map((call) => call.hangUp()));
  });

  test('when the WAN address changes, no entry keeps translating to the old one', async () => {
    forget();
    await site.pc1.run(['ping', '-c', '1', WORLD.address]);
    const call = site.call(site.pc1, WORLD.address, 80);
    await call.outcome();
    assert.equal(listed().filter((line) => line.includes(`dst=${BOX.wan} `)).length, 2);
    // A connection that began while nothing was translated, and one of the LAN with the box that has to stay.
    insert(...`-p udp -s ${PC1.address} -d 198.51.100.77 --sport 5060 --dport 5060 -t 600`.split(' '));
    insert(...`-p udp -s ${PC1.address} -d ${BOX.lan} --sport 1000 --dport 53 -t 600`.split(' '));
    const ended = await conntrack.endStaleNat({ oldAddresses: [parseAddress(BOX.wan)], lan: LAN });
    assert.equal(ended, 3);
    const left = listed();
    assert.ok(!left.some((line) => line.includes(`=${BOX.wan} `)), left.join('\n'));
    assert.ok(!left.some((line) => line.includes('=198.51.100.77 ')));
    assert.equal(left.filter((line) => line.includes(`dst=${BOX.lan} sport=1000 `)).length, 1);
    await call.hangUp();
  });

  test('Conntrack.end() ends tens of thousands in several readings', async () => {
    forget();
    const insertMany = async (count: number): Promise<void> => {
      for (let from = 0; from < count; from += 256)
        await Promise.all(Array.from({ length: 256 }, (_, i) => session.request(insertion(from + i))));
    };
    await insertMany(40_960);
    await waitFor('all to be there', async () => (await conntrack.count()).entries >= 40_960);
    assert.equal(await conntrack.end({ protocol: 17, port: 53 }), 40_960);
    assert.equal((await conntrack.list({ protocol: 17 })).total, 0);
  });
});

const PORTS = 16_384;

/** A request for a UDP connection to port 53, another one for each number. */
function insertion(number: number): KernelRequest {
  const source4 = Ipv4(parseIpv4('192.0.2.1') + Math.floor(number / PORTS));
  const destination4 = parseIpv4('198.51.100.1');
  const port = 1024 + (number % PORTS);
  const body = {
    original: {
      addresses: { source4, destination4 },
      protocol: { number: 17, sourcePort: port, destinationPort: 53 },
    },
    reply: {
      addresses: { source4: destination4, destination4: source4 },
      protocol: { number: 17, sourcePort: 53, destinationPort: port },
    },
    timeout: 600,
  };
  return { ...encodeConntrack({ kind: 'new', family: FAMILY.IPV4, body }), flags: NLM_F.CREATE | NLM_F.EXCL };
}
