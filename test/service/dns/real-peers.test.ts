import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import { NodeClock } from '../../../src/io/node/clock.ts';
import { NodeRandom } from '../../../src/io/node/random.ts';
import { NodeTcp } from '../../../src/io/node/tcp.ts';
import { NodeUdp } from '../../../src/io/node/udp.ts';
import { type DnsService, startDns } from '../../../src/service/dns/start-dns.ts';
import { parseDomainName } from '../../../src/wire/dns/domain-name.ts';
import { parseUpstream } from '../../../src/base/upstream.ts';
import { MemoryLog } from '../../fake/memory-log.ts';

// The resolver on the loopback between two programs of others: dig asks it, unbound is its upstream.

/** Of this process alone: a port of 127.0.0.1 that is free for UDP may be in use by a TCP connection of another test. */
const OWN = `127.77.${(process.pid >> 8) & 0xff}.${process.pid & 0xff}`;
const LOOPBACK = { address: parseIpv4(OWN), port: 0 };
/** Where the kernel lets programs ask from. */
const CLIENT = parseIpv4('127.0.0.1');
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'dns-peers-'));
const ports = {
  udp: new NodeUdp(),
  tcp: new NodeTcp(),
  clock: new NodeClock(),
  random: new NodeRandom(),
  log: new MemoryLog(),
};
let upstream: ChildProcess | undefined;
let service: DnsService | undefined;

const LONG_TEXT = Array.from({ length: 8 }, (_, i) => `"${String(i).repeat(250)}"`).join(' ');

function unboundSettings(port: number): string {
  return `server:
  interface: ${OWN}@${port}
  do-daemonize: no
  use-syslog: no
  logfile: ""
  chroot: ""
  username: ""
  directory: "${folder}"
  pidfile: "${folder}/unbound.pid"
  do-ip6: no
  module-config: "iterator"
  local-zone: "world.example." static
  local-data: "world.example. 300 IN SOA ns.world.example. owner.world.example. 1 2 3 4 5"
  local-data: "www.world.example. 300 IN A 203.0.113.80"
  local-data: "www.world.example. 300 IN AAAA 2001:db8::80"
  local-data: "alias.world.example. 300 IN CNAME www.world.example."
  local-data: "mx.world.example. 300 IN MX 10 mail.world.example."
  local-data: "inside.world.example. 300 IN A 10.0.0.1"
  local-data: "odd\\032name.world.example. 300 IN A 203.0.113.81"
  local-data: 'long.world.example. 300 IN TXT ${LONG_TEXT}'
`;
}

async function freePort(): Promise<number> {
  const socket = await ports.udp.bind(LOOPBACK, () => {});
  socket.close();
  return socket.local.port;
}

/** dig's short output for one question to the server at `port`. */
async function dig(port: number, ...question: string[]): Promise<string> {
  const { stdout } = await run('dig', [`@${OWN}`, '-p', String(port), '+tries=1', '+time=3', ...question]);
  return stdout.trim();
}

async function digShort(...question: string[]): Promise<string> {
  return dig(service?.local[0]?.port ?? 0, '+short', ...question);
}

before(async () => {
  const port = await freePort();
  const settings = join(folder, 'unbound.conf');
  writeFileSync(settings, unboundSettings(port));
  const child = spawn('unbound', ['-d', '-c', settings], { stdio: ['ignore', 'ignore', 'pipe'] });
  upstream = child;
  let output = '';
  for await (const chunk of child.stderr) {
    output += String(chunk);
    if (output.includes('start of service')) break;
  }
  assert.match(output, /start of service/, output);
  service = await startDns(
    {
      listen: [LOOPBACK],
      isClient: (address) => address === CLIENT,
      upstreams: [parseUpstream(`udp://${OWN}:${port}`)],
      zone: {
        domain: parseDomainName('office.example'),
        hostName: 'gatepost',
        lan: [parsePrefix4('192.168.77.1/24')],
        lan6: [],
        mailHost: parseDomainName('mail.office.example'),
        records: [],
      },
      forward: true,
      cacheEntries: 100,
      rebindProtection: true,
      rebindAllow: [],
    },
    ports,
  );
});

after(async () => {
  service?.close();
  if (upstream?.exitCode === null) {
    upstream.kill('SIGKILL');
    await once(upstream, 'exit');
  }
  rmSync(folder, { recursive: true });
});

test('dig reads what the box knows itself', async () => {
  service?.setLeaseName('pc1', parseIpv4('192.168.77.20'));
  service?.setWan([parseIpv4('203.0.113.7')]);
  assert.equal(await digShort('admin.office.example'), '192.168.77.1');
  assert.equal(await digShort('www.office.example'), '203.0.113.7');
  assert.equal(await digShort('office.example', 'MX'), '10 mail.office.example.');
  assert.equal(await digShort('pc1.office.example'), '192.168.77.20');
  assert.equal(await digShort('-x', '192.168.77.20'), 'pc1.office.example.');
  assert.match(
    await digShort('office.example', 'SOA'),
    /^gatepost\.office\.example\. hostmaster\.office\.example\. /,
  );
  const full = await dig(service?.local[0]?.port ?? 0, 'nobody.office.example');
  assert.match(full, /status: NXDOMAIN/);
  assert.match(full, /flags: qr aa rd ra;/);
  assert.doesNotMatch(full, /WARNING|Malformed/);
});

test('dig reads what unbound knows, over UDP and TCP, and again from the cache', async () => {
  for (const transport of ['+notcp', '+tcp']) {
    assert.equal(await digShort(transport, 'www.world.example'), '203.0.113.80');
    assert.equal(await digShort(transport, 'www.world.example', 'AAAA'), '2001:db8::80');
    assert.equal(await digShort(transport, 'alias.world.example', 'CNAME'), 'www.world.example.');
    assert.equal(await digShort(transport, 'mx.world.example', 'MX'), '10 mail.world.example.');
    assert.equal(await digShort(transport, 'WWW.World.Example'), '203.0.113.80');
    assert.equal(await digShort(transport, 'odd\\032name.world.example'), '203.0.113.81');
  }
  assert.ok((service?.counters().cached ?? 0) >= 5);
});

test('dig gets a long text that fits no datagram: cut answers are fetched over TCP on both sides', async () => {
  const text = await digShort('long.world.example', 'TXT');
  assert.equal(text, LONG_TEXT);
  const ignored = await dig(service?.local[0]?.port ?? 0, '+ignore', 'long.world.example', 'TXT');
  assert.match(ignored, /flags: qr tc rd ra;/);
});

test('dig gets no private address of an outside name', async () => {
  assert.equal(await digShort('inside.world.example'), '');
});
