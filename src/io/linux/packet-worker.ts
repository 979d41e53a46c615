import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { InvariantError, KernelError, unreachable } from '../../base/errors.ts';
import { MessageReceiver, PollSet, clearEvent, pollFiles } from './ffi.ts';
import { PacketBatch } from './packet-batch.ts';
import { PacketCoalescing } from './packet-coalescing.ts';
import { PacketEndpoint } from './packet-endpoint.ts';
import {
  type Failure,
  MAX_UNHANDLED_PACKETS,
  type PacketCommand,
  type PacketReport,
  type PacketWorkerData,
} from './packet-protocol.ts';

/** The largest IPv4 datagram. */
const RECEIVE_CAPACITY = 65_536;
/** Packets taken from one socket before the others get their turn. */
const MAX_PACKETS_A_TURN = 64;
/** How often a device that is gone or down is tried again; while all are well the thread sleeps without limit. */
const RETRY_MILLISECONDS = 1000;
const FOR_EVER = -1;

function failureOf(error: unknown): Failure {
  if (!(error instanceof KernelError)) throw error;
  return { operation: error.operation, errno: error.errno, message: error.message };
}

class PacketWorker {
  readonly #port: MessagePort;
  readonly #event: number;
  readonly #unhandled: Int32Array;
  readonly #receiver = new MessageReceiver(RECEIVE_CAPACITY);
  readonly #batch = new PacketBatch();
  readonly #coalescing = new PacketCoalescing();
  readonly #endpoints = new Map<number, PacketEndpoint>();
  readonly #pollEvent: PollSet;
  #order: readonly (readonly [number, PacketEndpoint])[] = [];
  #poll: PollSet;
  #stopped = false;

  constructor(port: MessagePort, data: PacketWorkerData) {
    this.#port = port;
    this.#event = data.event;
    this.#unhandled = new Int32Array(data.unhandled);
    this.#poll = new PollSet([data.event]);
    this.#pollEvent = new PollSet([data.event]);
  }

  /** The thread's whole life: it never returns to Node's event loop, commands are taken from the port by hand. */
  run(): void {
    while (!this.#stopped) {
      const broken = this.#order.filter(([, endpoint]) => endpoint.isBroken);
      const isFull = Atomics.load(this.#unhandled, 0) >= MAX_UNHANDLED_PACKETS;
      const poll = isFull ? this.#pollEvent : this.#poll;
      this.#wait(poll, broken.length > 0 ? RETRY_MILLISECONDS : FOR_EVER);
      if (poll.isReady(0)) clearEvent(this.#event);
      if (!isFull) this.#receiveAll();
      for (const [id, endpoint] of broken)
        if (endpoint.recover()) this.#report({ kind: 'recovered', id, index: endpoint.index });
      this.#takeCommands();
    }
    for (const endpoint of this.#endpoints.values()) endpoint.close();
  }

  /** Until there is something to do; packets that keep coming are then left to lie until others have joined them, or a command comes. */
  #wait(poll: PollSet, timeout: number): void {
    pollFiles(poll, timeout);
    const delay = poll.isReady(0) ? 0 : this.#coalescing.delay(performance.now());
    if (delay === 0) return;
    pollFiles(this.#pollEvent, delay);
    // What came meanwhile, also to other sockets, is part of this turn.
    pollFiles(poll, 0);
  }

  #report(report: PacketReport): void {
    // The packets' copy changes hands instead of being copied once more.
    this.#port.postMessage(report, report.kind === 'packets' ? [report.batch.buffer] : []);
  }

  #takeCommands(): void {
    for (
      let next = receiveMessageOnPort(this.#port);
      next !== undefined;
      next = receiveMessageOnPort(this.#port)
    ) {
      this.#carryOut(next.message as PacketCommand);
    }
  }

  #carryOut(command: PacketCommand): void {
    switch (command.kind) {
      case 'open':
        return this.#open(command);
      case 'failed':
        return this.#fail(command);
      case 'close':
        this.#endpoints.get(command.id)?.close();
        this.#endpoints.delete(command.id);
        return this.#arrange();
      case 'ask':
        return this.#report({ kind: 'alive' });
      case 'stop':
        this.#stopped = true;
        return undefined;
      default:
        return unreachable(command);
    }
  }

  #arrange(): void {
    this.#order = [...this.#endpoints];
    this.#poll = new PollSet([this.#event, ...this.#order.map(([, endpoint]) => endpoint.socket)]);
  }

  #open(command: PacketCommand & { readonly kind: 'open' }): void {
    const { id, device, filter } = command;
    let endpoint: PacketEndpoint;
    try {
      endpoint = new PacketEndpoint(device, filter);
    } catch (error) {
      this.#report({ kind: 'refused', id, failure: failureOf(error) });
      return;
    }
    this.#endpoints.set(id, endpoint);
    this.#arrange();
    const { socket, index, mac } = endpoint;
    this.#report({ kind: 'opened', id, socket, index, mac });
  }

  #fail({ id, failure }: PacketCommand & { readonly kind: 'failed' }): void {
    const endpoint = this.#endpoints.get(id);
    if (endpoint === undefined || endpoint.isBroken) return;
    endpoint.fail();
    this.#report({ kind: 'failed', id, failure });
  }

  #receiveAll(): void {
    let most = 0;
    for (const [index, [id, endpoint]] of this.#order.entries()) {
      if (!this.#poll.isReady(index + 1)) continue;
      const wasBroken = endpoint.isBroken;
      try {
        this.#receive(endpoint);
      } catch (error) {
        const failure = failureOf(error);
        // The first failure of an endpoint that was well.
        if (!wasBroken) this.#report({ kind: 'failed', id, failure });
      }
      most = Math.max(most, this.#batch.count);
      this.#pass(id);
    }
    if (most > 0) this.#coalescing.took(performance.now(), most === MAX_PACKETS_A_TURN);
  }

  #receive(endpoint: PacketEndpoint): void {
    for (let count = 0; count < MAX_PACKETS_A_TURN; count++) {
      const packet = endpoint.receive(this.#receiver);
      if (packet === undefined) return;
      this.#batch.add(packet);
    }
  }

  #pass(id: number): void {
    const { count } = this.#batch;
    if (count === 0) return;
    Atomics.add(this.#unhandled, 0, count);
    this.#report({ kind: 'packets', id, count, batch: this.#batch.take() });
  }
}

/** The body of the packet worker: call it in a worker thread whose `workerData` is {@link PacketWorkerData}. */
export function runPacketWorker(): void {
  if (parentPort === null) throw new InvariantError('The packet worker was started outside a worker thread');
  new PacketWorker(parentPort, workerData as PacketWorkerData).run();
  parentPort.close();
}
