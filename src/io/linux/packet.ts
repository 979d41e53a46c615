import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { InvariantError, KernelError, unreachable } from '../../base/errors.ts';
import { type Mac, macFromBytes } from '../../base/mac.ts';
import type { PacketFilter, PacketPort, PacketSocket, ReceivedPacket } from '../../port/packet.ts';
import { attachFilter, closeFile, openEvent, sendTo, signalEvent } from './ffi.ts';
import { linkAddress } from './link-address.ts';
import { packetsOf } from './packet-batch.ts';
import { packetFilterProgram } from './packet-filter.ts';
import {
  type Failure,
  type PacketCommand,
  type PacketReport,
  type PacketWorkerData,
  RESUME_AT,
} from './packet-protocol.ts';

export interface LinuxPacketOptions {
  /** The program of the worker thread; it calls `runPacketWorker()` when `workerData.worker` is `packet`. */
  readonly worker?: URL;
  /** Called once when a device with open sockets stops carrying packets (gone, or down), and without error when it carries them again. */
  readonly onDevice?: (device: string, error: KernelError | undefined) => void;
}

interface User {
  readonly device: string;
  readonly filter: PacketFilter;
  readonly onPacket: (packet: ReceivedPacket) => void;
}

interface Opened extends User {
  readonly socket: number;
  /** The device's number, which may change when it is taken away and comes back. */
  index: number;
}

interface Opening extends User {
  readonly resolve: (socket: PacketSocket) => void;
  readonly reject: (error: Error) => void;
}

function errorOf(failure: Failure): KernelError {
  const error = new KernelError(failure.operation, failure.errno);
  error.message = failure.message;
  return error;
}

/** Packet sockets of Linux (packet(7)), served by one worker thread that is started with the first of them. */
export class LinuxPacketPort implements PacketPort {
  readonly #program: URL;
  readonly #onDevice: NonNullable<LinuxPacketOptions['onDevice']>;
  readonly #unhandled = new Int32Array(new SharedArrayBuffer(4));
  readonly #opening = new Map<number, Opening>();
  readonly #opened = new Map<number, Opened>();
  /** By device, the sockets that reported a failure. */
  readonly #failed = new Map<string, Set<number>>();
  #running: { readonly thread: Worker; readonly event: number } | undefined;
  readonly #asking: (() => void)[] = [];
  #closed = false;
  #lastId = 0;

  constructor(options: LinuxPacketOptions = {}) {
    this.#program = options.worker ?? new URL('./packet-worker-entry.ts', import.meta.url);
    this.#onDevice = options.onDevice ?? (() => {});
  }

  open(
    device: string,
    filter: PacketFilter,
    onPacket: (packet: ReceivedPacket) => void,
  ): Promise<PacketSocket> {
    if (this.#closed) throw new InvariantError('The packet port is closed');
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#opening.set(id, { device, filter, onPacket, resolve, reject });
      this.#command({ kind: 'open', id, device, filter });
    });
  }

  /** Settles when the worker answers; at once while there is none. */
  alive(): Promise<void> {
    if (this.#running === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#asking.push(resolve);
      if (this.#asking.length === 1) this.#command({ kind: 'ask' });
    });
  }

  /** Ends the worker thread and every socket. */
  async close(): Promise<void> {
    this.#closed = true;
    const running = this.#running;
    if (running === undefined) return;
    const ended = new Promise((resolve) => running.thread.once('exit', resolve));
    this.#stop();
    await ended;
    closeFile(running.event);
  }

  /** Without this, a process that ends would wait for ever for the thread that sleeps in the kernel. */
  readonly #stop = (): void => {
    process.off('exit', this.#stop);
    this.#command({ kind: 'stop' });
    this.#running = undefined;
  };

  #start(): { readonly thread: Worker; readonly event: number } {
    const event = openEvent();
    const data: PacketWorkerData = {
      worker: 'packet',
      event,
      unhandled: this.#unhandled.buffer,
    };
    const thread = new Worker(this.#program, {
      workerData: data,
      name: 'packet',
      resourceLimits: { maxYoungGenerationSizeMb: 2 },
      // Not those of the process, which may be about its main program. The warning is that node:ffi may change.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    thread.on('message', (report: PacketReport) => this.#handle(report));
    process.once('exit', this.#stop);
    return { thread, event };
  }

  #command(command: PacketCommand): void {
    this.#running ??= this.#start();
    this.#running.thread.postMessage(command, []);
    signalEvent(this.#running.event);
  }

  #handle(report: PacketReport): void {
    switch (report.kind) {
      case 'opened':
      case 'refused':
        return this.#settle(report);
      case 'alive':
        for (const resolve of this.#asking.splice(0)) resolve();
        return undefined;
      case 'packets':
        return this.#take(report);
      case 'failed':
        return this.#note(report.id, report.failure);
      case 'recovered': {
        const opened = this.#opened.get(report.id);
        if (opened !== undefined) opened.index = report.index;
        return this.#note(report.id, undefined);
      }
      default:
        return unreachable(report);
    }
  }

  #settle(report: PacketReport & { readonly kind: 'opened' | 'refused' }): void {
    const { id } = report;
    const opening = this.#opening.get(id);
    if (opening === undefined) return;
    this.#opening.delete(id);
    if (report.kind === 'refused') {
      opening.reject(errorOf(report.failure));
      return;
    }
    const { socket, index } = report;
    this.#opened.set(id, { ...opening, socket, index });
    opening.resolve({
      mac: macFromBytes(report.mac),
      send: (destination, payload) => this.#send(id, destination, payload),
      thin: (halvings) => this.#thin(id, halvings),
      close: () => {
        if (this.#opened.delete(id) && !this.#closed) this.#command({ kind: 'close', id });
        this.#failed.get(opening.device)?.delete(id);
      },
    });
  }

  #take({ id, count, batch }: PacketReport & { readonly kind: 'packets' }): void {
    try {
      for (const { source, destination, payload, checksumReady } of packetsOf(batch)) {
        const macs = { source: macFromBytes(source), destination: macFromBytes(destination) };
        this.#opened.get(id)?.onPacket({ ...macs, payload, checksumReady });
      }
    } finally {
      const before = Atomics.sub(this.#unhandled, 0, count);
      const isResumed = before >= RESUME_AT && before - count < RESUME_AT;
      if (isResumed && this.#running !== undefined) signalEvent(this.#running.event);
    }
  }

  /** From this thread: the way over the worker would cost more than the sending. */
  #send(id: number, destination: Mac, payload: Uint8Array): void {
    const opened = this.#opened.get(id);
    if (opened === undefined || this.#closed) return;
    const { socket, index, filter } = opened;
    try {
      sendTo(socket, payload, linkAddress(filter.etherType, index, destination));
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      // The failure was this socket's news for the worker, which now hears of it by this alone.
      const { operation, errno, message } = error;
      this.#command({ kind: 'failed', id, failure: { operation, errno, message } });
    }
  }

  /** The kernel puts one program in the place of another between two packets. */
  #thin(id: number, halvings: number): void {
    const opened = this.#opened.get(id);
    if (opened === undefined || this.#closed) return;
    try {
      attachFilter(opened.socket, packetFilterProgram(opened.filter, halvings));
    } catch (error) {
      // Without memory for another program the old one goes on; what comes is then dropped later, and at a higher price.
      if (!(error instanceof KernelError)) throw error;
    }
  }

  /** Several sockets on one device fail together: the first failure and the last recovery are told. */
  #note(id: number, failure: Failure | undefined): void {
    const device = this.#opened.get(id)?.device;
    if (device === undefined) return;
    const failed = this.#failed.get(device) ?? new Set();
    this.#failed.set(device, failed);
    const before = failed.size;
    if (failure === undefined) failed.delete(id);
    else failed.add(id);
    if (before === 0 && failure !== undefined) this.#onDevice(device, errorOf(failure));
    if (before > 0 && failed.size === 0) this.#onDevice(device, undefined);
  }
}
