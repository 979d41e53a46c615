import { KernelError } from '../../src/base/errors.ts';
import { type Duration } from '../../src/base/duration.ts';
import { after } from '../../src/base/instant.ts';
import type { Ipv4 } from '../../src/base/ipv4.ts';
import { BROADCAST_MAC, type Mac } from '../../src/base/mac.ts';
import type { Clock } from '../../src/port/clock.ts';
import type { IcmpPort } from '../../src/port/icmp.ts';
import type { PacketFilter, PacketPort, PacketSocket, ReceivedPacket } from '../../src/port/packet.ts';

interface Open {
  readonly host: Mac;
  readonly filter: PacketFilter;
  readonly onPacket: (packet: ReceivedPacket) => void;
}

/** One frame as it was put on the wire. */
export interface FakeFrame {
  readonly source: Mac;
  readonly destination: Mac;
  readonly payload: Uint8Array;
}

/** Read here by hand, so that a wrong codec cannot hide behind it. */
function fits({ etherType, udpPort, words }: PacketFilter, payload: Uint8Array): boolean {
  const isIpv4 = (payload[0] ?? 0) >> 4 === 4;
  if (isIpv4 !== (etherType === 0x0800)) return false;
  if (udpPort === undefined) return true;
  const at = ((payload[0] ?? 0) & 15) * 4 + 2;
  const isForPort = payload[9] === 17 && (((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0)) === udpPort;
  return isForPort && (words === undefined || isOfPart(words, payload.subarray(at + 6)));
}

function isOfPart({ part, oneOf }: NonNullable<PacketFilter['words']>, datagram: Uint8Array): boolean {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  for (const { offset, mask, value } of oneOf) {
    if (offset + 4 > view.byteLength) return false;
    const word = (view.getUint32(offset) & mask) >>> 0;
    if (value === undefined ? word !== 0 : word === value) return part === 'with';
  }
  return part === 'without';
}

/** Several hosts on one wire. Frames arrive in order, after the code that sent them has come to rest. */
export class FakeLan {
  /** Every frame put on the wire, lost ones too. */
  readonly frames: FakeFrame[] = [];
  /** What sockets were told to thin by, in order; packets still all arrive. */
  readonly thinned: number[] = [];
  /** Addresses that answer a ping. */
  readonly answering = new Set<Ipv4>();
  /** Whether a frame is lost; none is unless a test says so. */
  loses: (frame: FakeFrame) => boolean = () => false;
  readonly #open = new Set<Open>();
  readonly #devices = new Map<string, Mac>();

  /** Sockets open now, of all hosts. */
  get sockets(): number {
    return this.#open.size;
  }

  /** A host with one device on the wire. */
  host(mac: Mac, device = 'eth0'): PacketPort {
    this.#devices.set(`${mac} ${device}`, mac);
    return {
      open: async (name, filter, onPacket) => {
        if (!this.#devices.has(`${mac} ${name}`)) throw new KernelError(`open packets of ${name}`, 'ENODEV');
        return this.#socket({ host: mac, filter, onPacket });
      },
    };
  }

  /** Pings on this wire: true at once from an address that answers, false after the time-out from others. */
  icmp(clock: Clock): IcmpPort {
    return {
      echo: (address, timeout: Duration) =>
        new Promise((resolve) => {
          if (this.answering.has(address)) resolve(true);
          else clock.wake(after(clock.now(), timeout), () => resolve(this.answering.has(address)));
        }),
    };
  }

  #socket(open: Open): PacketSocket {
    this.#open.add(open);
    return {
      mac: open.host,
      send: (destination, payload) =>
        this.#carry({ source: open.host, destination, payload: payload.slice() }),
      thin: (halvings) => void this.thinned.push(halvings),
      close: () => void this.#open.delete(open),
    };
  }

  #carry(frame: FakeFrame): void {
    this.frames.push(frame);
    if (this.loses(frame)) return;
    queueMicrotask(() => {
      for (const { host, filter, onPacket } of this.#open) {
        const isFor = frame.destination === BROADCAST_MAC || frame.destination === host;
        if (host === frame.source || !isFor || !fits(filter, frame.payload)) continue;
        onPacket({ ...frame, payload: frame.payload.slice(), checksumReady: true });
      }
    });
  }
}
