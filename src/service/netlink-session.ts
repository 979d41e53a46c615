import { DecodeError, KernelError, messageOf } from '../base/errors.ts';
import {
  type DialogEffect,
  type DialogEvent,
  type DialogState,
  type ExchangeKind,
  createDialog,
  stepDialog,
} from '../engine/netlink-dialog/dialog.ts';
import type { Cancel } from '../port/clock.ts';
import type {
  KernelMessage,
  KernelRequest,
  NetlinkListener,
  NetlinkSession,
  ReplyStream,
  RequestOptions,
} from '../port/netlink-session.ts';
import { NETLINK, type NetlinkPort, type NetlinkSocket } from '../port/netlink.ts';
import { decodeMessages, encodeMessages } from '../wire/netlink/message.ts';

/** NFNL_MSG_BATCH_BEGIN and END (linux/netfilter/nfnetlink.h); in rtnetlink the same numbers are link messages. */
const BATCH_MARKS = [0x10, 0x11];

interface Waiter {
  readonly stream: ReplyStream | undefined;
  resolve(replies: readonly KernelMessage[]): void;
  reject(error: Error): void;
}

/** Who asked for a stream is there until it ends. */
const NOBODY: ReplyStream = { onReply: () => {}, onRestart: () => {} };

class Session implements NetlinkSession {
  readonly #port: NetlinkPort;
  readonly #family: number;
  readonly #dialog: DialogState;
  readonly #waiters = new Map<number, Waiter>();
  readonly #listeners = new Set<NetlinkListener>();
  readonly #groups = new Set<number>();
  #socket: NetlinkSocket | undefined;
  #nextId = 1;
  #closed = false;

  constructor(port: NetlinkPort, family: number) {
    this.#port = port;
    this.#family = family;
    this.#dialog = createDialog(family === NETLINK.NETFILTER ? BATCH_MARKS : []);
    this.#open();
  }

  request(message: KernelRequest, options: RequestOptions = {}): Promise<readonly KernelMessage[]> {
    return this.#submit(options.dump === true ? 'dump' : 'request', [message], options.stream);
  }

  async transaction(messages: readonly KernelRequest[]): Promise<void> {
    await this.#submit('transaction', messages);
  }

  join(group: number): void {
    this.#socket?.join(group);
    this.#groups.add(group);
  }

  listen(listener: NetlinkListener): Cancel {
    this.#listeners.add(listener);
    return { cancel: () => void this.#listeners.delete(listener) };
  }

  close(): void {
    this.#closed = true;
    this.#socket?.close();
    this.#socket = undefined;
    this.#step({ kind: 'closed', error: new KernelError('use netlink', 'EBADF', 'the session was closed') });
  }

  #submit(
    exchange: ExchangeKind,
    messages: readonly KernelRequest[],
    stream?: ReplyStream,
  ): Promise<readonly KernelMessage[]> {
    if (this.#closed)
      return Promise.reject(new KernelError('use netlink', 'EBADF', 'the session was closed'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiters.set(id, { stream, resolve, reject });
      this.#step({ kind: 'submit', id, exchange, messages, streamed: stream !== undefined });
      if (this.#socket === undefined) this.#reopen();
    });
  }

  /** @throws KernelError */
  #open(): void {
    // What a former socket still has to say is of no use: its handlers see that it is not the current one.
    const socket: NetlinkSocket = this.#port.open(this.#family, {
      onDatagram: (datagram) => {
        if (socket === this.#socket) this.#receive(datagram);
      },
      onError: (error) => {
        if (socket === this.#socket) this.#lose(error);
      },
    });
    this.#joinAll(socket);
    this.#socket = socket;
    this.#step({ kind: 'opened', port: socket.localPort });
  }

  #joinAll(socket: NetlinkSocket): void {
    try {
      for (const group of this.#groups) socket.join(group);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  #receive(datagram: Uint8Array): void {
    try {
      for (const message of decodeMessages(datagram)) this.#step({ kind: 'received', message });
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#lose(error);
    }
  }

  /**
   * A socket that overran is congested until it is empty, may have a dump of ours half done, and has lost who knows
   * which answers: a new one costs two system calls and has none of that.
   */
  #lose(error: Error): void {
    this.#socket?.close();
    this.#socket = undefined;
    const lost =
      error instanceof KernelError
        ? error
        : new KernelError('understand the kernel by netlink', 'EBADMSG', messageOf(error));
    this.#step({ kind: 'lost', error: lost });
    this.#reopen();
  }

  /** The next call tries again if it fails now. */
  #reopen(): void {
    try {
      this.#open();
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#step({ kind: 'closed', error });
      return;
    }
    for (const listener of this.#listeners) listener.onResync();
  }

  #step(event: DialogEvent): void {
    for (const effect of stepDialog(this.#dialog, event)) this.#carryOut(effect);
  }

  #carryOut(effect: DialogEffect): void {
    switch (effect.kind) {
      case 'send':
        this.#socket?.send(encodeMessages(effect.messages));
        break;
      case 'reply':
        this.#streamOf(effect.id).onReply(effect.message);
        break;
      case 'restart':
        this.#streamOf(effect.id).onRestart();
        break;
      case 'resolve':
        this.#take(effect.id)?.resolve(effect.replies);
        break;
      case 'reject':
        this.#take(effect.id)?.reject(effect.error);
        break;
      case 'event':
        for (const listener of this.#listeners) listener.onMessage(effect.message);
        break;
    }
  }

  #streamOf(id: number): ReplyStream {
    return this.#waiters.get(id)?.stream ?? NOBODY;
  }

  #take(id: number): Waiter | undefined {
    const waiter = this.#waiters.get(id);
    this.#waiters.delete(id);
    return waiter;
  }
}

/** Opens a dialogue with a subsystem, one of NETLINK. @throws KernelError when the kernel has no such subsystem */
export function openNetlinkSession(port: NetlinkPort, family: number): NetlinkSession {
  return new Session(port, family);
}
