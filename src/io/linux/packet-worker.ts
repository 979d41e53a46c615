import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { InvariantError, KernelError, unreachable } from '../../base/errors.ts';
import { MessageReceiver, PollSet, clearEvent, pollFiles } from './ffi.ts';
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
  readonly #endpoints = new Map<number, PacketEndpoint>();
  #order: readonly (readonly [number, PacketEndpoint])[] = [];
  #poll: PollSet;
  #stopped = false;

  constructor(port: MessagePort, data: PacketWorkerData) {
    this.#port = port;
    this.#event = data.event;
    this.#unhandled = new Int32Array(data.unhandled);
    this.#poll = new PollSet([data.event]);
  }

  /** The thread's whole life: it never returns to Node's event loop, commands are taken from the port by hand. */
  run(): void {
    while (!this.#stopped) {
      const broken = this.#order.filter(([, endpoint]) => endpoint.isBroken);
      pollFiles(this.#poll, broken.length > 0 ? RETRY_MILLISECONDS : FOR_EVER);
      if (this.#poll.isReady(0)) clearEvent(this.#event);
      for (const [index, [id, endpoint]] of this.#order.entries()) {
        if (this.#poll.isReady(index + 1)) this.#receive(id, endpoint);
      }
      for (const [id, endpoint] of broken)
        if (endpoint.recover()) this.#report({ kind: 'device', id, failure: undefined });
      this.#takeCommands();
    }
    for (const endpoint of this.#endpoints.values()) endpoint.close();
  }

  #report(report: PacketReport): void {
    // A packet's copy changes hands instead of being copied once more.
    this.#port.postMessage(report, report.kind === 'packet' ? [report.payload.buffer] : []);
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
      case 'send':
        return this.#send(command);
      case 'close':
        this.#endpoints.get(command.id)?.close();
        this.#endpoints.delete(command.id);
        return this.#arrange();
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
    this.#report({ kind: 'opened', id, mac: endpoint.mac });
  }

  #send(command: PacketCommand & { readonly kind: 'send' }): void {
    const endpoint = this.#endpoints.get(command.id);
    if (endpoint === undefined) return;
    this.#watched(command.id, endpoint, () => endpoint.send(command.destination, command.payload));
  }

  #receive(id: number, endpoint: PacketEndpoint): void {
    this.#watched(id, endpoint, () => {
      for (let count = 0; count < MAX_PACKETS_A_TURN; count++) {
        const packet = endpoint.receive(this.#receiver);
        if (packet === undefined) return;
        if (Atomics.load(this.#unhandled, 0) >= MAX_UNHANDLED_PACKETS) continue;
        Atomics.add(this.#unhandled, 0, 1);
        this.#report({ kind: 'packet', id, ...packet });
      }
    });
  }

  /** Runs `action`; the first failure of an endpoint that was well is reported. */
  #watched(id: number, endpoint: PacketEndpoint, action: () => void): void {
    const wasBroken = endpoint.isBroken;
    try {
      action();
    } catch (error) {
      const failure = failureOf(error);
      if (!wasBroken) this.#report({ kind: 'device', id, failure });
    }
  }
}

/** The body of the packet worker: call it in a worker thread whose `workerData` is {@link PacketWorkerData}. */
export function runPacketWorker(): void {
  if (parentPort === null) throw new InvariantError('The packet worker was started outside a worker thread');
  new PacketWorker(parentPort, workerData as PacketWorkerData).run();
  parentPort.close();
}
