// Made-up computers that ask a DHCP server, all on one device, as fast as it answers:
//   dhcp-generator.ts acquire '{"device":"eth0","clients":20000,"outstanding":64,"rate":null,"seconds":null,"leases":"FILE"}'
//   dhcp-generator.ts renew   '{"device":"eth0","clients":250,"outstanding":64,"rate":null,"seconds":null,"leases":"FILE","serverMac":"..."}'
// `acquire` makes whole exchanges (DISCOVER OFFER REQUEST ACK) and keeps who got what in FILE; `renew` has each extend
// its lease once, by unicast as a client does at T1. Prints one line of JSON. As perfdhcp: nothing is asked twice,
// what is not answered in time counts as dropped.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import {
  MessageReceiver,
  PollSet,
  attachFilter,
  bindSocket,
  pollFiles,
  sendTo,
  setSocketOption,
} from '../../src/io/linux/ffi.ts';
import { type FrameSocket, openFrameSocket } from '../lab/frame-socket.ts';
import { FrameTemplate, TYPE, readAnswer } from './dhcp-frames.ts';
import type { DhcpLoadResult, DhcpLoadSettings, LeaseOf } from './dhcp-load-settings.ts';
import { percentile } from './percentile.ts';

const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
/** For all answers and all questions that may be under way: what the generator loses must not count as the server's loss. */
const BUFFER = 16 << 20;
const ETHERTYPE_IPV4 = 0x0800;
const PATIENCE = 3000;
const FRAME_CAPACITY = 2048;
/** The part of an exchange's transaction number that says which half it is. */
const SECOND_HALF = 0x8000_0000;
/** Exchanges at the begin and at the end over which the rate is told, and those before and behind them that are left out. */
const EDGE = 2000;
const MARGIN = 512;

/** Lets through IPv4 datagrams without IP options to UDP port 68: EtherType, protocol, port. */
const FILTER: readonly (readonly [code: number, yes: number, no: number, operand: number])[] = [
  [0x28, 0, 0, 12],
  [0x15, 0, 5, ETHERTYPE_IPV4],
  [0x30, 0, 0, 23],
  [0x15, 0, 3, 17],
  [0x28, 0, 0, 36],
  [0x15, 0, 1, 68],
  [0x06, 0, 0, 0xffff_ffff],
  [0x06, 0, 0, 0],
];

function filterProgram(): Uint8Array {
  const view = new DataView(new ArrayBuffer(FILTER.length * 8));
  for (const [index, [code, yes, no, operand]] of FILTER.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, yes);
    view.setUint8(index * 8 + 3, no);
    view.setUint32(index * 8 + 4, operand, true);
  }
  return new Uint8Array(view.buffer);
}

function openFrames(device: string): FrameSocket {
  const frames = openFrameSocket(device, ETHERTYPE_IPV4);
  attachFilter(frames.socket, filterProgram());
  const size = new Uint8Array(Uint32Array.of(BUFFER).buffer);
  for (const name of [SO_RCVBUFFORCE, SO_SNDBUFFORCE])
    setSocketOption(frames.socket, { level: SOL_SOCKET, name }, size);
  bindSocket(frames.socket, frames.address);
  return frames;
}

function perSecond(count: number, milliseconds: number): number {
  return (count / Math.max(milliseconds, 1)) * 1000;
}

abstract class Load {
  readonly settings: DhcpLoadSettings;
  readonly firsts: number[] = [];
  readonly wholes: number[] = [];
  readonly ends: number[] = [];
  readonly #begun: Float64Array;
  readonly #asked: Float64Array;
  readonly #address: Uint8Array;
  readonly #socket: number;
  readonly #receiver = new MessageReceiver(FRAME_CAPACITY);
  readonly #waiting = new Set<number>();
  #next = 0;
  #refused = 0;
  #lost = 0;

  constructor(settings: DhcpLoadSettings) {
    this.settings = settings;
    this.#begun = new Float64Array(settings.clients);
    this.#asked = new Float64Array(settings.clients);
    ({ socket: this.#socket, address: this.#address } = openFrames(settings.device));
  }

  /** Sends the first message of a computer. */
  abstract begin(index: number): void;
  /** Takes an answer; true when the exchange is over. */
  abstract take(
    index: number,
    type: number,
    answer: { readonly address: number; readonly server: number },
  ): boolean;

  send(frame: Uint8Array): void {
    sendTo(this.#socket, frame, this.#address);
  }

  run(): DhcpLoadResult {
    const { clients } = this.settings;
    const poll = new PollSet([this.#socket]);
    const start = performance.now();
    let checked = start;
    const end = start + (this.settings.seconds ?? Infinity) * 1000;
    while ((this.#next < clients && performance.now() < end) || this.#waiting.size > 0) {
      const now = performance.now();
      if (now < end) this.#startSome(now, start);
      pollFiles(poll, 1);
      this.#receive();
      if (now - checked > 100) {
        checked = now;
        this.#giveUp(now);
      }
    }
    return this.#result(start);
  }

  #startSome(now: number, start: number): void {
    const { clients, outstanding, rate } = this.settings;
    const due = rate === null ? clients : Math.min(clients, Math.ceil(((now - start) * rate) / 1000));
    while (this.#next < due && this.#waiting.size < outstanding) {
      const index = this.#next++;
      this.#waiting.add(index);
      this.#begun[index] = this.#asked[index] = performance.now();
      this.begin(index);
    }
  }

  #receive(): void {
    for (
      let got = this.#receiver.receive(this.#socket);
      got !== undefined;
      got = this.#receiver.receive(this.#socket)
    ) {
      const answer = readAnswer(got.data);
      if (answer === undefined) continue;
      const index = (answer.transaction & ~SECOND_HALF) >>> 0;
      if (!this.#waiting.has(index)) continue;
      if (answer.type === TYPE.nak) {
        this.#refused++;
        this.#waiting.delete(index);
      } else this.#answered(index, answer.type, answer);
    }
  }

  #answered(
    index: number,
    type: number,
    answer: { readonly address: number; readonly server: number },
  ): void {
    const now = performance.now();
    const isOver = this.take(index, type, answer);
    if (!isOver) {
      if (type === TYPE.offer) this.firsts.push(now - (this.#asked[index] ?? now));
      this.#asked[index] = now;
      return;
    }
    this.#waiting.delete(index);
    this.wholes.push(now - (this.#begun[index] ?? now));
    this.ends.push(now);
  }

  #giveUp(now: number): void {
    for (const index of this.#waiting) {
      if (now - (this.#asked[index] ?? now) < PATIENCE) continue;
      this.#waiting.delete(index);
      this.#lost++;
    }
  }

  #result(start: number): DhcpLoadResult {
    const { ends } = this;
    const last = ends.at(-1) ?? start;
    // What is under way when the load begins and ends would be counted at the pace of the slowest of them.
    const edge = Math.min(MARGIN, this.settings.outstanding);
    const over = Math.min(EDGE, Math.max(0, ends.length - 2 * edge - 1));
    const between = (from: number): number =>
      perSecond(over, (ends.at(from + over) ?? last) - (ends.at(from) ?? start));
    // With a given rate, what came of it; else from the first question to the last answer.
    const lasted =
      this.settings.rate === null ? last - start : (this.#begun.at(this.#next - 1) ?? last) - start;
    return {
      completed: ends.length,
      refused: this.#refused,
      dropped: this.#lost,
      rate: perSecond(ends.length, lasted),
      firstRate: between(edge),
      lastRate: between(ends.length - 1 - edge - over),
      offer: [percentile(this.firsts, 0.5), percentile(this.firsts, 0.99)],
      whole: [percentile(this.wholes, 0.5), percentile(this.wholes, 0.99)],
    };
  }
}

class Acquire extends Load {
  readonly leases: LeaseOf[] = [];
  readonly #discover = new FrameTemplate(TYPE.discover);
  readonly #request = new FrameTemplate(TYPE.request, [50, 4, 0, 0, 0, 0, 54, 4, 0, 0, 0, 0]);

  override begin(index: number): void {
    this.send(this.#discover.of({ index, transaction: index }));
  }

  override take(
    index: number,
    type: number,
    { address, server }: { address: number; server: number },
  ): boolean {
    if (type === TYPE.offer) {
      this.#request.patchOption(2, address);
      this.#request.patchOption(8, server);
      this.send(this.#request.of({ index, transaction: (index | SECOND_HALF) >>> 0 }));
      return false;
    }
    if (type === TYPE.ack) this.leases.push([index, address, server]);
    return type === TYPE.ack;
  }
}

class Renew extends Load {
  readonly #leases: readonly LeaseOf[];
  readonly #request = new FrameTemplate(TYPE.request);
  readonly #serverMac: Uint8Array;

  constructor(settings: DhcpLoadSettings, leases: readonly LeaseOf[]) {
    super({ ...settings, clients: leases.length });
    this.#leases = leases;
    this.#serverMac = Uint8Array.from((settings.serverMac ?? '').split(':'), (pair) =>
      Number.parseInt(pair, 16),
    );
  }

  override begin(place: number): void {
    const [index = 0, address = 0, server = 0] = this.#leases[place] ?? [];
    this.#request.unicast(address, { mac: this.#serverMac, address: server });
    this.send(this.#request.of({ index, transaction: place }));
  }

  override take(_place: number, type: number): boolean {
    return type === TYPE.ack;
  }
}

const [verb, json = '{}'] = process.argv.slice(2);
const settings = JSON.parse(json) as DhcpLoadSettings;
if (verb === 'acquire') {
  const load = new Acquire(settings);
  const result = load.run();
  writeFileSync(settings.leases, JSON.stringify(load.leases));
  console.log(JSON.stringify(result));
} else {
  const leases = JSON.parse(readFileSync(settings.leases, 'utf8')) as readonly LeaseOf[];
  console.log(JSON.stringify(new Renew(settings, leases).run()));
}
