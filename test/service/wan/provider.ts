import { KernelError } from '../../../src/base/errors.ts';
import type { Duration } from '../../../src/base/duration.ts';
import { formatIpv4, type Ipv4, parseIpv4 } from '../../../src/base/ipv4.ts';
import { BROADCAST_MAC, type Mac, macBytes, parseMac } from '../../../src/base/mac.ts';
import type { IcmpPort } from '../../../src/port/icmp.ts';
import type { PacketFilter, PacketPort, PacketSocket, ReceivedPacket } from '../../../src/port/packet.ts';
import type { Endpoint, UdpPort, UdpSocket } from '../../../src/port/udp.ts';

export const BOX_MAC = parseMac('02:00:00:00:00:51');
const PROVIDER_MAC = parseMac('02:00:00:00:00:01');
export const NEIGHBOUR_MAC = parseMac('02:00:00:00:00:99');
const TYPES = ['', 'DISCOVER', 'OFFER', 'REQUEST', 'DECLINE', 'ACK', 'NAK', 'RELEASE'];

interface Open {
  readonly filter: PacketFilter;
  readonly onPacket: (packet: ReceivedPacket) => void;
}

/** Options of a DHCP message by number; the test reads bytes, not our decoder's values. */
function readOptions(message: Uint8Array): Map<number, Uint8Array> {
  const options = new Map<number, Uint8Array>();
  for (let at = 240; message[at] !== undefined && message[at] !== 255;) {
    const code = message[at] ?? 0;
    const length = message[at + 1] ?? 0;
    options.set(code, message.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return options;
}

function text(bytes: Uint8Array): string {
  return bytes.join('.');
}

const octets = (address: string): number[] => address.split('.').map(Number);

function word(value: number): number[] {
  return [(value >> 8) & 255, value & 255];
}

/** IPv4 with UDP from port 67 to 68; no UDP checksum. */
function packetOf(source: string, destination: string, payload: Uint8Array): Uint8Array {
  const udp = [...word(67), ...word(68), ...word(8 + payload.length), 0, 0, ...payload];
  const start = [0x45, 0, ...word(20 + udp.length), 0, 0, 0, 0, 64, 17];
  const addresses = [...octets(source), ...octets(destination)];
  const head = [...start, 0, 0, ...addresses];
  let sum = 0;
  for (let i = 0; i < head.length; i += 2) sum += (head[i] ?? 0) * 256 + (head[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return Uint8Array.from([...start, ...word(~sum), ...addresses, ...udp]);
}

/**
 * The network behind the WAN device: a DHCP server that answers at once as its fields say, and a gateway. It stands in
 * for the packet, ICMP and UDP ports of the box.
 */
export class Provider implements PacketPort, IcmpPort {
  /** What the box sent, `DISCOVER`, `REQUEST 203.0.113.50`, with ` to SERVER` if not broadcast. */
  readonly heard: string[] = [];
  address = '203.0.113.50';
  leaseSeconds = 1000;
  mode: 'answers' | 'refuses' | 'silent' = 'answers';
  gatewayAnswers: 'echo' | 'arp' | 'nothing' = 'echo';
  /** An address another customer has and answers ARP for. */
  neighbour: string | undefined;
  /** ARP packets of the box, `probe 203.0.113.50` or `announce 203.0.113.50`. */
  readonly arp: string[] = [];
  /** Hosts of the Internet that answer questions for the time, and how. */
  readonly timeServers = new Map<string, 'time' | 'kiss' | 'garbage'>();
  /** Questions for the time, by server. */
  readonly timeAsked: string[] = [];
  deviceExists = true;
  hearsArp = true;
  echoes = 0;
  readonly #sockets = new Set<Open>();

  get openSockets(): number {
    return this.#sockets.size;
  }

  async open(
    device: string,
    filter: PacketFilter,
    onPacket: (packet: ReceivedPacket) => void,
  ): Promise<PacketSocket> {
    if (!this.deviceExists) throw new KernelError(`open a packet socket on ${device}`, 'ENODEV');
    if (filter.arpAddress !== undefined && !this.hearsArp) {
      throw new KernelError(`open a packet socket on ${device}`, 'EPERM');
    }
    const open: Open = { filter, onPacket };
    this.#sockets.add(open);
    return {
      mac: BOX_MAC,
      send: (_destination, payload) => {
        if (!this.#sockets.has(open)) return;
        if (filter.etherType === 0x0806) this.#takeArp(payload, open);
        else this.#take(payload.subarray(28), undefined);
      },
      thin: () => {},
      close: () => void this.#sockets.delete(open),
    };
  }

  async echo(address: Ipv4, _timeout: Duration): Promise<boolean> {
    this.echoes++;
    return address === GATEWAY && this.gatewayAnswers === 'echo';
  }

  /** The box's UDP: what it sends from its port 68 reaches the server. */
  readonly udp: UdpPort = {
    bind: async (local: Endpoint, onDatagram): Promise<UdpSocket> => ({
      local,
      send: (datagram, to) => {
        if (to.port === 123) this.#tellTime(datagram, (answer) => onDatagram(answer, to), to);
        else this.#take(datagram, to.address as Ipv4);
      },
      close: () => undefined,
    }),
  };

  /** Bytes of anybody's making to the client port. */
  inject(payload: Uint8Array, checksumReady = true): void {
    for (const { filter, onPacket } of this.#sockets) {
      if (filter.etherType !== 0x0800) continue;
      onPacket({ source: PROVIDER_MAC, destination: BOX_MAC, payload, checksumReady });
    }
  }

  #take(message: Uint8Array, server: Ipv4 | undefined): void {
    const options = readOptions(message);
    const type = options.get(53)?.[0] ?? 0;
    const requested = options.get(50) ?? message.subarray(12, 16);
    const subject = type === 3 || type === 4 || type === 7 ? ` ${text(requested)}` : '';
    const to = server === undefined ? '' : ` to ${formatIpv4(server)}`;
    this.heard.push(`${TYPES[type]}${subject}${to}`);
    const answer = this.#answerTo(type, text(requested));
    if (answer === undefined) return;
    const reply = this.#reply(answer, message);
    queueMicrotask(() => this.inject(packetOf('203.0.113.1', '255.255.255.255', reply)));
  }

  #answerTo(type: number, requested: string): number | undefined {
    if (this.mode === 'silent') return undefined;
    if (type === 1) return 2;
    if (type !== 3) return undefined;
    return this.mode === 'refuses' || requested !== this.address ? 6 : 5;
  }

  #reply(type: number, request: Uint8Array): Uint8Array {
    const message = new Uint8Array(240);
    message.set([2, 1, 6, 0, ...request.subarray(4, 8)]);
    if (type !== 6) message.set(octets(this.address), 16);
    message.set(request.subarray(28, 34), 28);
    message.set([99, 130, 83, 99], 236);
    const lease = [0, 0, ...word(this.leaseSeconds)];
    const grant = [51, 4, ...lease, 1, 4, 255, 255, 255, 0, 3, 4, 203, 0, 113, 1, 6, 4, 192, 0, 2, 53];
    const kind = [53, 1, type, 54, 4, 203, 0, 113, 1];
    return Uint8Array.from([...message, ...kind, ...(type === 6 ? [] : grant), 255]);
  }

  #takeArp(packet: Uint8Array, open: Open): void {
    const [sender, target] = [text(packet.subarray(14, 18)), text(packet.subarray(24, 28))];
    if (sender === '0.0.0.0' || sender === target) {
      this.arp.push(`${sender === target ? 'announce' : 'probe'} ${target}`);
      if (target === this.neighbour && sender !== target) this.claim(target);
    } else if (this.gatewayAnswers === 'arp') {
      queueMicrotask(() => this.#sendArp(open, PROVIDER_MAC, '203.0.113.1'));
    }
  }

  /** The neighbour says that it has this address. */
  claim(address: string): void {
    for (const open of this.#sockets) {
      if (open.filter.etherType !== 0x0806) continue;
      queueMicrotask(() => this.#sendArp(open, NEIGHBOUR_MAC, address));
    }
  }

  #sendArp({ onPacket }: Open, mac: Mac, sender: string): void {
    const from = [...macBytes(mac), ...octets(sender)];
    const to = [...macBytes(BOX_MAC), 203, 0, 113, 50];
    const payload = Uint8Array.from([0, 1, 8, 0, 6, 4, 0, 2, ...from, ...to]);
    onPacket({ source: mac, destination: BROADCAST_MAC, payload, checksumReady: true });
  }

  #tellTime(question: Uint8Array, answer: (datagram: Uint8Array) => void, to: Endpoint): void {
    const server = formatIpv4(to.address as Ipv4);
    this.timeAsked.push(server);
    const manner = this.timeServers.get(server);
    if (manner === undefined) return;
    const message = new Uint8Array(48);
    message.set([0x24, manner === 'kiss' ? 0 : 2]);
    // Somebody who has not seen the question does not know its time.
    if (manner !== 'garbage') message.set(question.subarray(40, 48), 24);
    queueMicrotask(() => answer(message));
  }
}

export const GATEWAY = parseIpv4('203.0.113.1');
