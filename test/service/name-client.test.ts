import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seconds } from '../../src/base/duration.ts';
import { parseIpv4 } from '../../src/base/ipv4.ts';
import { latin1 } from '../../src/base/text.ts';
import type { Endpoint } from '../../src/port/udp.ts';
import { NameClient } from '../../src/service/name-client.ts';
import { RCODE } from '../../src/wire/dns/constants.ts';
import { decodeMessage } from '../../src/wire/dns/decode-message.ts';
import { parseDomainName } from '../../src/wire/dns/domain-name.ts';
import { encodeMessage } from '../../src/wire/dns/encode-message.ts';
import type { DnsRecord, Message, RecordData } from '../../src/wire/dns/message.ts';
import { FrameSplitter, frameMessage } from '../../src/wire/dns/stream-frame.ts';
import { FakeClock } from '../fake/fake-clock.ts';
import { FakeNetwork } from '../fake/fake-network.ts';
import { FakeRandom } from '../fake/fake-random.ts';

const SERVER: Endpoint = { address: parseIpv4('192.168.77.1'), port: 53 };

type Zone = (name: string, type: number, overTcp: boolean) => Partial<Message> | undefined;

const record = (name: string, data: RecordData): DnsRecord => ({
  name: parseDomainName(name),
  class: 1,
  ttl: 60,
  data,
});

function reply(question: Uint8Array, zone: Zone, overTcp: boolean): Uint8Array | undefined {
  const asked = decodeMessage(question);
  const [first] = asked.questions;
  const answer = zone(first?.name ?? '', first?.type ?? 0, overTcp);
  if (answer === undefined) return undefined;
  const { edns: _edns, ...plain } = asked;
  return encodeMessage({ ...plain, flags: { ...asked.flags, response: true }, ...answer });
}

/** A name server on a made-up network with these answers, and a client that asks it. */
async function clientOf(zone: Zone): Promise<{ client: NameClient; clock: FakeClock }> {
  const clock = new FakeClock();
  const network = new FakeNetwork(clock);
  const [server, host] = [network.host(SERVER.address), network.host(parseIpv4('192.168.77.9'))];
  const socket = await server.udp.bind(SERVER, (bytes, from) => {
    const answer = reply(bytes, zone, false);
    if (answer !== undefined) socket.send(answer, from);
  });
  await server.tcp.listen(SERVER, (connection) => {
    const splitter = new FrameSplitter();
    connection.onData((chunk) => {
      for (const bytes of splitter.push(chunk))
        connection.write(frameMessage(reply(bytes, zone, true) ?? new Uint8Array(0)));
    });
  });
  const { udp, tcp } = host;
  return {
    client: new NameClient({ udp, tcp, clock, random: new FakeRandom(1), servers: () => [SERVER] }),
    clock,
  };
}

const A = 1;

test('mx() gives preferences and hosts, null MX as "."', async () => {
  const { client } = await clientOf((name) => ({
    answers: [
      record(name, {
        type: 'MX',
        preference: 10,
        exchange: parseDomainName(name.startsWith('null') ? '.' : 'mx.elsewhere.example'),
      }),
    ],
  }));
  assert.deepEqual(await client.mx('elsewhere.example'), {
    kind: 'found',
    records: [{ preference: 10, exchange: 'mx.elsewhere.example' }],
  });
  assert.deepEqual(await client.mx('null.example'), {
    kind: 'found',
    records: [{ preference: 10, exchange: '.' }],
  });
});

test('addresses() follows aliases within an answer and beyond it, and takes both families', async () => {
  const { client } = await clientOf((name, type) => {
    if (name === 'a.example')
      return { answers: [record('a.example', { type: 'CNAME', target: parseDomainName('b.example') })] };
    if (type === A) return { answers: [record(name, { type: 'A', address: parseIpv4('192.0.2.1') })] };
    return { answers: [record(name, { type: 'AAAA', address: 1n as never })] };
  });
  assert.deepEqual(await client.addresses('a.example'), {
    kind: 'found',
    records: [parseIpv4('192.0.2.1'), 1n],
  });
});

test('aliases that go round within one answer are a failure too, and no name without records', async () => {
  const alias = (name: string, target: string): DnsRecord =>
    record(name, { type: 'CNAME', target: parseDomainName(target) });
  const { client } = await clientOf(() => ({
    answers: [alias('a.example', 'b.example'), alias('b.example', 'a.example')],
  }));
  assert.deepEqual(await client.mx('a.example'), {
    kind: 'failed',
    reason: 'Cannot find out about a.example: its aliases lead nowhere',
  });
});

test('a name without such records, one that does not exist, a failure and a circle are told apart', async () => {
  const { client } = await clientOf((name) => {
    if (name === 'gone.example') return { rcode: RCODE.NXDOMAIN };
    if (name === 'broken.example') return { rcode: RCODE.SERVFAIL };
    if (name === 'circle.example')
      return { answers: [record(name, { type: 'CNAME', target: parseDomainName('turn.example') })] };
    if (name === 'turn.example')
      return { answers: [record(name, { type: 'CNAME', target: parseDomainName('circle.example') })] };
    return {};
  });
  assert.deepEqual(await client.mx('plain.example'), { kind: 'none', nameExists: true });
  assert.deepEqual(await client.addresses('gone.example'), { kind: 'none', nameExists: false });
  assert.equal((await client.mx('broken.example')).kind, 'failed');
  assert.equal((await client.mx('circle.example')).kind, 'failed');
  assert.deepEqual(await client.mx('no name at all'), { kind: 'none', nameExists: false });
});

test('a truncated answer is asked for again over TCP', async () => {
  const { client } = await clientOf((name, _type, overTcp) =>
    overTcp
      ? { answers: [record(name, { type: 'TXT', texts: [latin1('v=STSv1; '), latin1('id=1;')] })] }
      : {
          flags: {
            response: true,
            authoritative: false,
            truncated: true,
            recursionDesired: true,
            recursionAvailable: true,
            authenticData: false,
            checkingDisabled: false,
          },
        },
  );
  assert.deepEqual(await client.texts('_mta-sts.a.example'), { kind: 'found', records: ['v=STSv1; id=1;'] });
});

test('answers to other questions are not believed, and silence ends in a reason', async () => {
  const { client, clock } = await clientOf(() => ({ id: 1, answers: [] }));
  const asked = client.mx('elsewhere.example');
  await clock.advance(Seconds(30));
  assert.deepEqual(await asked, {
    kind: 'failed',
    reason: 'Cannot find out about elsewhere.example: no name server answers',
  });
});
