import { parseAddress } from '../../../src/base/address.ts';
import { Seconds } from '../../../src/base/duration.ts';
import { parsePrefix4 } from '../../../src/base/prefix.ts';
import { parseIpv4 } from '../../../src/base/ipv4.ts';
import type { TcpConnection } from '../../../src/port/tcp.ts';
import type { UdpSocket } from '../../../src/port/udp.ts';
import { type DnsOptions, type DnsService, startDns } from '../../../src/service/dns/start-dns.ts';
import { decodeMessage } from '../../../src/wire/dns/decode-message.ts';
import { parseDomainName } from '../../../src/wire/dns/domain-name.ts';
import { encodeMessage } from '../../../src/wire/dns/encode-message.ts';
import type { DnsRecord, Message, RecordData } from '../../../src/wire/dns/message.ts';
import { FrameSplitter, frameMessage } from '../../../src/wire/dns/stream-frame.ts';
import { parseUpstream } from '../../../src/base/upstream.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeNetwork, type FakeHost } from '../../fake/fake-network.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { MemoryLog } from '../../fake/memory-log.ts';

export const BOX = { address: parseIpv4('192.168.77.1'), port: 53 };
export const UPSTREAM = { address: parseIpv4('192.0.2.53'), port: 53 };
const FLAGS = {
  response: false,
  authoritative: false,
  truncated: false,
  recursionDesired: true,
  recursionAvailable: false,
  authenticData: false,
  checkingDisabled: false,
};

/** A question as a client sends it. */
export function makeQuery(name: string, type = 1, id = 7): Message {
  return {
    id,
    opcode: 0,
    flags: FLAGS,
    rcode: 0,
    questions: [{ name: parseDomainName(name), type, class: 1 }],
    answers: [],
    authorities: [],
    additionals: [],
    edns: { udpSize: 1232, version: 0, dnssecOk: false },
  };
}

export function record(name: string, data: RecordData, ttl = 300): DnsRecord {
  return { name: parseDomainName(name), class: 1, ttl, data };
}

export function addressRecord(name: string, address: string, ttl = 300): DnsRecord {
  return record(name, { type: 'A', address: parseIpv4(address) }, ttl);
}

/** What an upstream says to a question: records, or undefined for silence. */
export type Script = (query: Message, transport: 'udp' | 'tcp') => Partial<Message> | undefined;

/** A name server on the fake network that follows a script and counts. */
export class FakeNameServer {
  asked = 0;
  script: Script = (query) => ({
    answers: [addressRecord(query.questions[0]?.name ?? '.', '203.0.113.80')],
  });

  async start(host: FakeHost): Promise<void> {
    const socket: UdpSocket = await host.udp.bind(UPSTREAM, (bytes, from) => {
      const response = this.#respond(bytes, 'udp');
      if (response !== undefined) socket.send(response, from);
    });
    await host.tcp.listen(UPSTREAM, (connection) => {
      const splitter = new FrameSplitter();
      connection.onData((chunk) => {
        for (const bytes of splitter.push(chunk)) {
          const response = this.#respond(bytes, 'tcp');
          if (response !== undefined) connection.write(frameMessage(response));
        }
      });
    });
  }

  #respond(bytes: Uint8Array, transport: 'udp' | 'tcp'): Uint8Array | undefined {
    this.asked++;
    const query = decodeMessage(bytes);
    const changes = this.script(query, transport);
    if (changes === undefined) return undefined;
    return encodeMessage({ ...query, flags: { ...query.flags, response: true }, ...changes });
  }
}

/** The resolver on a fake box with one upstream, a client on the LAN and one on the WAN. */
export class DnsBench {
  readonly clock = new FakeClock();
  readonly network = new FakeNetwork(this.clock);
  readonly log = new MemoryLog();
  readonly upstream = new FakeNameServer();
  readonly box = this.network.host(BOX.address, parseAddress('203.0.113.7'));
  readonly pc = this.network.host(parseIpv4('192.168.77.20'));
  readonly stranger = this.network.host(parseIpv4('198.51.100.66'));
  readonly server = this.network.host(UPSTREAM.address);
  #service: DnsService | undefined;
  #options: DnsOptions | undefined;

  /** What it was started with. */
  get options(): DnsOptions {
    if (this.#options === undefined) throw new Error('start() comes first');
    return this.#options;
  }

  get service(): DnsService {
    if (this.#service === undefined) throw new Error('start() comes first');
    return this.#service;
  }

  async start(changes: Partial<DnsOptions> = {}): Promise<this> {
    await this.upstream.start(this.server);
    const { clock, log } = this;
    const options: DnsOptions = {
      listen: [BOX],
      isClient: (address) => typeof address === 'number' && address >>> 8 === BOX.address >>> 8,
      upstreams: [parseUpstream('udp://192.0.2.53')],
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
      ...changes,
    };
    this.#options = options;
    this.#service = await startDns(options, { ...pick(this.box), clock, log, random: new FakeRandom() });
    return this;
  }

  /** Sends octets over UDP and yields what comes back until nothing more happens on its own. */
  async exchange(bytes: Uint8Array, host = this.pc, to = BOX): Promise<Uint8Array[]> {
    const received: Uint8Array[] = [];
    const any = { address: host.addresses[0] ?? BOX.address, port: 0 };
    const socket = await host.udp.bind(any, (datagram) => received.push(datagram));
    socket.send(bytes, to);
    await this.clock.settle();
    await this.clock.settle();
    return received;
  }

  /** The one response to a question; undefined if there is none yet. */
  async ask(name: string, type = 1): Promise<Message | undefined> {
    const [response] = await this.exchange(encodeMessage(makeQuery(name, type)));
    return response === undefined ? undefined : decodeMessage(response);
  }

  /** A TCP connection of the client, with the messages it received. */
  async connect(host = this.pc): Promise<{ connection: TcpConnection; messages: Message[] }> {
    const connection = await host.tcp.connect(BOX, Seconds(5));
    const [splitter, messages] = [new FrameSplitter(), [] as Message[]];
    connection.onData((chunk) => messages.push(...splitter.push(chunk).map(decodeMessage)));
    return { connection, messages };
  }
}

function pick(host: FakeHost): Pick<FakeHost, 'udp' | 'tcp'> {
  return { udp: host.udp, tcp: host.tcp };
}

/** A response as words: the code's number, then the addresses. */
export function words(message: Message | undefined): string {
  if (message === undefined) return 'silence';
  const data = message.answers.map(({ data: one }) => {
    if (one.type === 'A') return [24, 16, 8, 0].map((shift) => (one.address >>> shift) & 255).join('.');
    return 'target' in one ? one.target : one.type;
  });
  return [String(message.rcode), ...data].join(' ');
}
