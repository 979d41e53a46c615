import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Milliseconds, Seconds } from '../../../src/base/duration.ts';
import { KernelError } from '../../../src/base/errors.ts';
import { fromHex } from '../../../src/base/hex.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import { RCODE, TYPE } from '../../../src/wire/dns/constants.ts';
import { decodeMessage } from '../../../src/wire/dns/decode-message.ts';
import { parseDomainName } from '../../../src/wire/dns/domain-name.ts';
import { encodeMessage } from '../../../src/wire/dns/encode-message.ts';
import { parseOwner, parseRecordData } from '../../../src/wire/dns/presentation.ts';
import { frameMessage } from '../../../src/wire/dns/stream-frame.ts';
import { parseUpstream } from '../../../src/base/upstream.ts';
import { IDLE_TIMEOUT } from '../../../src/service/dns/tcp-session.ts';
import { BOX, DnsBench, addressRecord, makeQuery, record, words } from './bench.ts';

const soa = record('example', {
  type: 'SOA',
  mname: parseDomainName('ns.example'),
  rname: parseDomainName('owner.example'),
  serial: 1,
  refresh: 1,
  retry: 1,
  expire: 1,
  minimum: 60,
});

test('startDns() answers its own names with authority and others from the upstream without', async () => {
  const bench = await new DnsBench().start();
  const own = await bench.ask('admin.office.example');
  assert.equal(words(own), '0 192.168.77.1');
  assert.ok(own?.flags.authoritative && own.flags.recursionAvailable);
  assert.equal(bench.upstream.asked, 0);
  const other = await bench.ask('www.world.example');
  assert.equal(words(other), '0 203.0.113.80');
  assert.ok(other?.flags.authoritative === false && other.flags.recursionAvailable);
  const { udp, local, forwarded } = bench.service.counters();
  assert.deepEqual([udp, local, forwarded], [2, 1, 1]);
});

test('startDns() answers from its cache until the time to live is over, and counts it down', async () => {
  const bench = await new DnsBench().start();
  await bench.ask('www.world.example');
  await bench.clock.advance(Seconds(100));
  const again = await bench.ask('www.world.example');
  assert.equal(again?.answers[0]?.ttl, 200);
  assert.equal(bench.upstream.asked, 1);
  assert.equal(bench.service.counters().cached, 1);
  await bench.clock.advance(Seconds(200));
  await bench.ask('www.world.example');
  assert.equal(bench.upstream.asked, 2);
});

test('startDns() remembers absence (RFC 2308), and no failure', async () => {
  const bench = await new DnsBench().start();
  bench.upstream.script = () => ({ rcode: RCODE.NXDOMAIN, authorities: [soa] });
  assert.equal(words(await bench.ask('no.example')), '3');
  assert.equal(words(await bench.ask('no.example')), '3');
  assert.equal(bench.upstream.asked, 1);
  bench.upstream.script = () => ({ rcode: RCODE.SERVFAIL });
  assert.equal(words(await bench.ask('broken.example')), '2');
  assert.equal(words(await bench.ask('broken.example')), '2');
  assert.equal(bench.upstream.asked, 3);
});

test('startDns() says SERVFAIL at once without upstreams, and once it is known that none answers', async () => {
  const bench = await new DnsBench().start({ upstreams: [] });
  assert.equal(words(await bench.ask('www.world.example')), '2');
  bench.service.setUpstreams([parseUpstream('udp://192.0.2.53')]);
  assert.equal(words(await bench.ask('www.world.example')), '0 203.0.113.80');
  bench.network.unplug(bench.server);
  for (const name of ['a.example', 'b.example', 'c.example'])
    assert.equal(words(await bench.ask(name)), 'silence');
  await bench.clock.advance(Milliseconds(1500));
  assert.equal(words(await bench.ask('d.example')), '2');
  assert.equal(words(await bench.ask('admin.office.example')), '0 192.168.77.1');
  assert.equal(words(await bench.ask('www.world.example')), '0 203.0.113.80');
  assert.match(bench.log.text, /The name server udp:\/\/192\.0\.2\.53:53 does not answer/);
});

test('startDns() says SERVFAIL at once when the host of the upstream says that no name server runs there', async () => {
  const bench = await new DnsBench().start();
  bench.service.setUpstreams([parseUpstream('udp://192.0.2.53:5353')]);
  assert.equal(words(await bench.ask('www.world.example')), '2');
  assert.equal(bench.box.openSockets, 1);
});

test('startDns() answers a waiting client SERVFAIL when every try was in vain', async () => {
  const bench = await new DnsBench().start();
  bench.network.unplug(bench.server);
  const received: Uint8Array[] = [];
  const socket = await bench.pc.udp.bind({ address: parseIpv4('192.168.77.20'), port: 0 }, (bytes) =>
    received.push(bytes),
  );
  socket.send(encodeMessage(makeQuery('www.world.example')), BOX);
  await bench.clock.advance(Seconds(3));
  assert.deepEqual(
    received.map((bytes) => words(decodeMessage(bytes))),
    ['2'],
  );
  assert.equal(bench.box.openSockets, 1);
});

test('startDns() without forwarding denies all it does not know, with authority and without asking', async () => {
  const bench = await new DnsBench().start({ forward: false });
  const answer = await bench.ask('www.world.example');
  assert.equal(words(answer), '3');
  assert.ok(answer?.flags.authoritative);
  assert.equal(answer.authorities[0]?.data.type, 'SOA');
  assert.equal(words(await bench.ask('admin.office.example')), '0 192.168.77.1');
  assert.equal(bench.upstream.asked, 0);
});

test('startDns() answers nobody outside the LAN, not even with an error', async () => {
  const bench = await new DnsBench().start({
    listen: [BOX, { address: parseIpv4('203.0.113.7'), port: 53 }],
  });
  const wan = { address: parseIpv4('203.0.113.7'), port: 53 };
  for (const message of [encodeMessage(makeQuery('admin.office.example')), fromHex('ffff')])
    assert.deepEqual(await bench.exchange(message, bench.stranger, wan), []);
  assert.equal(bench.service.counters().dropped, 2);
  const { connection } = await bench.connect(bench.stranger);
  const closed = new Promise<void>((resolve) => connection.onClose(() => resolve()));
  await closed;
  assert.equal(bench.service.counters().dropped, 3);
  assert.equal(bench.upstream.asked, 0);
});

test('startDns() answers what is wrong and drops what is no question', async () => {
  const bench = await new DnsBench().start();
  const rcode = async (hex: string): Promise<number | undefined> => {
    const [response] = await bench.exchange(fromHex(hex));
    return response === undefined ? undefined : decodeMessage(response).rcode;
  };
  assert.equal(await rcode('0001 0100 0001 0000 0000 0000'), RCODE.FORMERR);
  assert.equal(await rcode('0001 2800 0000 0000 0000 0000'), RCODE.NOTIMP);
  assert.equal(await rcode('0001 0100 0001 0000 0000 0000 01 61 00 0001 0003'), RCODE.REFUSED);
  assert.equal(await rcode('0001 8100 0001 0000 0000 0000 01 61 00 0001 0001'), undefined);
  assert.equal(await rcode('0001'), undefined);
  const { refused, dropped } = bench.service.counters();
  assert.deepEqual([refused, dropped], [3, 2]);
});

test('startDns() refuses to ask outside for who does not desire recursion (RFC 1035 §4.1.1)', async () => {
  const bench = await new DnsBench().start();
  const query = makeQuery('www.world.example');
  const silent = { ...query, flags: { ...query.flags, recursionDesired: false } };
  const [response] = await bench.exchange(encodeMessage(silent));
  assert.equal(response === undefined ? undefined : decodeMessage(response).rcode, RCODE.REFUSED);
  assert.equal(bench.upstream.asked, 0);
});

test('startDns() fetches cut answers over TCP and cuts them for its own client', async () => {
  const bench = await new DnsBench().start();
  const texts = [new Uint8Array(250), new Uint8Array(250), new Uint8Array(250)];
  bench.upstream.script = (query, transport) =>
    transport === 'udp'
      ? { flags: { ...query.flags, response: true, truncated: true } }
      : {
          answers: [
            record('big.example', { type: 'TXT', texts }),
            record('big.example', { type: 'TXT', texts }),
          ],
        };
  const cut = await bench.ask('big.example', TYPE.TXT);
  assert.ok(cut?.flags.truncated);
  assert.equal(cut.answers.length, 0);
  const { connection, messages } = await bench.connect();
  connection.write(frameMessage(encodeMessage(makeQuery('big.example', TYPE.TXT))));
  await bench.clock.settle();
  assert.equal(messages[0]?.answers.length, 2);
  assert.equal(bench.upstream.asked, 2);
  assert.equal(bench.service.counters().cached, 1);
});

test('startDns() merges equal questions of several clients', async () => {
  const bench = await new DnsBench().start();
  const received: string[] = [];
  for (const port of [0, 0, 0]) {
    const socket = await bench.pc.udp.bind({ address: parseIpv4('192.168.77.20'), port }, (bytes) =>
      received.push(words(decodeMessage(bytes))),
    );
    socket.send(encodeMessage(makeQuery('www.world.example')), BOX);
  }
  await bench.clock.settle();
  await bench.clock.settle();
  assert.deepEqual(received, ['0 203.0.113.80', '0 203.0.113.80', '0 203.0.113.80']);
  assert.equal(bench.upstream.asked, 1);
});

test('startDns() withholds outside answers that lead inside, except for allowed names', async () => {
  const bench = await new DnsBench().start({ rebindAllow: [parseDomainName('plex.example')] });
  bench.upstream.script = (query) => ({
    answers: [addressRecord(query.questions[0]?.name ?? '.', '192.168.77.20')],
  });
  assert.equal(words(await bench.ask('evil.example')), '0');
  assert.equal(words(await bench.ask('home.plex.example')), '0 192.168.77.20');
  assert.equal(bench.service.counters().withheld, 1);
  assert.match(bench.log.text, /evil\.example leads to an address inside/);
  const open = await new DnsBench().start({ rebindProtection: false });
  open.upstream.script = bench.upstream.script;
  assert.equal(words(await open.ask('evil.example')), '0 192.168.77.20');
});

test('startDns() lets a domain keep its mail hosts though one of them is inside, without the address of that one', async () => {
  const bench = await new DnsBench().start();
  const mx = record('mail.example', {
    type: 'MX',
    preference: 10,
    exchange: parseDomainName('mx.mail.example'),
  });
  bench.upstream.script = () => ({
    answers: [mx],
    additionals: [
      addressRecord('mx.mail.example', '203.0.113.9'),
      addressRecord('old.mail.example', '10.0.0.1'),
    ],
  });
  for (const turn of ['from the upstream', 'from the cache']) {
    const answer = await bench.ask('mail.example', TYPE.MX);
    assert.deepEqual(
      answer?.answers.map(({ data }) => data),
      [mx.data],
      turn,
    );
    assert.deepEqual(answer?.additionals, [], turn);
  }
  assert.equal(bench.service.counters().withheld, 0);
});

test('startDns() adds what an alias of the office leads to outside (RFC 1034 §5.3.1)', async () => {
  const domain = parseDomainName('office.example');
  const alias = (name: string, target: string) => ({
    name: parseOwner(name, domain),
    class: 1,
    ttl: 300,
    data: parseRecordData('CNAME', target, domain),
  });
  const bench = new DnsBench();
  const zone = {
    domain,
    hostName: 'gatepost',
    lan: [],
    lan6: [],
    mailHost: undefined,
    records: [alias('shop', 'shops.example.net'), alias('me', 'localhost.')],
  };
  await bench.start({ zone });
  assert.equal(words(await bench.ask('shop.office.example')), '0 shops.example.net 203.0.113.80');
  assert.equal(words(await bench.ask('me.office.example')), '0 localhost 127.0.0.1');
  bench.upstream.script = () => ({ rcode: RCODE.NXDOMAIN, authorities: [soa] });
  const gone = await bench.ask('shop.office.example', TYPE.AAAA);
  assert.equal(words(gone), '3 shops.example.net');
  assert.equal(gone?.authorities.length, 1);
});

test('startDns() answers the alias alone when what it leads to is larger than a message once its names are written out', async () => {
  const domain = parseDomainName('office.example');
  const target = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.example.net`;
  const data = parseRecordData('CNAME', target, domain);
  const alias = { name: parseOwner('shop', domain), class: 1, ttl: 300, data };
  const zone = { domain, hostName: 'gatepost', lan: [], lan6: [], mailHost: undefined, records: [alias] };
  const bench = await new DnsBench().start({ zone });
  const many = Array.from({ length: 1000 }, () => addressRecord(target, '203.0.113.80'));
  bench.upstream.script = () => ({ answers: many });
  const { connection, messages } = await bench.connect();
  connection.write(frameMessage(encodeMessage(makeQuery('shop.office.example'))));
  await bench.clock.settle();
  assert.equal(messages[0] && words(messages[0]), `0 ${target}`);
});

test('startDns() answers names of leases while they last and lists them', async () => {
  const bench = await new DnsBench().start();
  const address = parseIpv4('192.168.77.20');
  assert.ok(bench.service.setLeaseName('pc1', address).granted);
  assert.equal(words(await bench.ask('pc1.office.example')), '0 192.168.77.20');
  assert.equal(words(await bench.ask('20.77.168.192.in-addr.arpa', TYPE.PTR)), '0 pc1.office.example');
  assert.ok(bench.service.names().some((entry) => entry.source === 'dhcp'));
  bench.service.removeLease(address);
  assert.equal(words(await bench.ask('pc1.office.example')), '3');
  bench.service.setWan([parseIpv4('203.0.113.7')]);
  assert.equal(words(await bench.ask('www.office.example')), '0 203.0.113.7');
});

test('startDns() serves pipelined questions of a connection cut anywhere (RFC 7766 §6.2.1.1)', async () => {
  const bench = await new DnsBench().start();
  const { connection, messages } = await bench.connect();
  for (let id = 1; id <= 60; id++) {
    const bytes = frameMessage(encodeMessage(makeQuery(`n${id}.office.example`, 1, id)));
    for (const octet of bytes) connection.write(Uint8Array.of(octet));
  }
  await bench.clock.settle();
  await bench.clock.settle();
  assert.deepEqual(
    messages.map((message) => message.id).sort((a, b) => a - b),
    Array.from({ length: 60 }, (_, i) => i + 1),
  );
  assert.equal(bench.service.counters().tcp, 60);
});

test('startDns() ends idle connections and limits those of one client', async () => {
  const bench = await new DnsBench().start();
  const first = await bench.connect();
  let isClosed = false;
  first.connection.onClose(() => (isClosed = true));
  first.connection.write(Uint8Array.of(0));
  await bench.clock.advance(Milliseconds(IDLE_TIMEOUT - 1));
  first.connection.write(Uint8Array.of(20));
  assert.ok(!isClosed);
  await bench.clock.advance(Milliseconds(1));
  await bench.clock.settle();
  assert.ok(isClosed);
  assert.equal(bench.box.openConnections, 0);
  for (let i = 0; i < 12; i++) await bench.connect();
  await bench.clock.settle();
  assert.equal(bench.box.openConnections, 10);
});

test('DnsService.setUpstreams() with those of now forgets nothing and fails no question under way', async () => {
  const bench = await new DnsBench().start();
  await bench.ask('kept.example');
  bench.upstream.script = () => undefined;
  const received: Uint8Array[] = [];
  const socket = await bench.pc.udp.bind({ address: parseIpv4('192.168.77.20'), port: 0 }, (bytes) =>
    received.push(bytes),
  );
  socket.send(encodeMessage(makeQuery('slow.example')), BOX);
  await bench.clock.settle();
  bench.service.setUpstreams([parseUpstream('udp://192.0.2.53')]);
  await bench.clock.settle();
  assert.deepEqual(received, []);
  assert.equal(words(await bench.ask('kept.example')), '0 203.0.113.80');
  assert.equal(bench.upstream.asked, 2);
});

test('DnsService.reconfigure() keeps sockets, connections and questions under way, and refuses to listen elsewhere', async () => {
  const bench = await new DnsBench().start();
  bench.upstream.script = () => undefined;
  const received: Uint8Array[] = [];
  const socket = await bench.pc.udp.bind({ address: parseIpv4('192.168.77.20'), port: 0 }, (bytes) =>
    received.push(bytes),
  );
  const { connection, messages } = await bench.connect();
  socket.send(encodeMessage(makeQuery('slow.example')), BOX);
  connection.write(frameMessage(encodeMessage(makeQuery('slow.example'))));
  await bench.clock.settle();
  const isFollowed = bench.service.reconfigure({ ...bench.options, rebindProtection: false });
  assert.ok(isFollowed);
  bench.upstream.script = (query) => ({
    answers: [addressRecord(query.questions[0]?.name ?? '.', '192.168.77.9')],
  });
  await bench.clock.advance(Seconds(2));
  assert.deepEqual(
    received.map((bytes) => words(decodeMessage(bytes))),
    ['0'],
  );
  assert.deepEqual(messages.map(words), ['0']);
  assert.equal(words(await bench.ask('new.example')), '0 192.168.77.9');
  const elsewhere = { address: parseIpv4('192.168.99.1'), port: 53 };
  assert.equal(bench.service.reconfigure({ ...bench.options, listen: [elsewhere] }), false);
  assert.equal(words(await bench.ask('new.example')), '0 192.168.77.9');
});

test('startDns() refuses to start where it cannot listen and leaves nothing open', async () => {
  const bench = new DnsBench();
  const elsewhere = { address: parseIpv4('192.168.99.1'), port: 53 };
  await assert.rejects(
    bench.start({ listen: [BOX, elsewhere] }),
    (error) => error instanceof KernelError && error.errno === 'EADDRNOTAVAIL',
  );
  assert.equal(bench.box.openSockets, 0);
});

test('DnsService.close() ends listeners, connections, questions under way and timers', async () => {
  const bench = await new DnsBench().start();
  const { connection } = await bench.connect();
  const closed = new Promise<void>((resolve) => connection.onClose(() => resolve()));
  bench.upstream.script = () => undefined;
  await bench.ask('slow.example');
  bench.service.close();
  await closed;
  await bench.clock.settle();
  assert.deepEqual([bench.box.openSockets, bench.box.openConnections, bench.clock.pending], [0, 0, 0]);
  assert.equal(words(await bench.ask('admin.office.example')), 'silence');
});
