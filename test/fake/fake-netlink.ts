import { KernelError } from '../../src/base/errors.ts';
import { fromHex } from '../../src/base/hex.ts';
import { Writer } from '../../src/base/writer.ts';
import type { NetlinkHandlers, NetlinkPort, NetlinkSocket } from '../../src/port/netlink.ts';
import { NLMSG, NLM_F } from '../../src/wire/netlink/constants.ts';
import { type NetlinkMessage, decodeMessages, encodeMessages } from '../../src/wire/netlink/message.ts';

/** What a fake kernel makes of one message: replies, or an error number with the kernel's sentence. */
export type FakeAnswer =
  | { readonly replies: readonly { readonly type: number; readonly payload: Uint8Array }[] }
  | { readonly errno: number; readonly text?: string };

const HEADER = 16;

/** Payload of NLMSG_ERROR as the kernel writes it with NETLINK_EXT_ACK and NETLINK_CAP_ACK set. */
function acknowledgement(request: NetlinkMessage, errno: number, text: string): NetlinkMessage {
  const writer = new Writer();
  writer.u32Le(errno === 0 ? 0 : 0x1_0000_0000 - errno);
  writer
    .u32Le(HEADER + request.payload.length)
    .u16Le(request.type)
    .u16Le(request.flags);
  writer.u32Le(request.sequence).u32Le(0);
  if (text !== '') {
    writer.u16Le(5 + text.length).u16Le(1);
    writer.bytes(Buffer.from(text, 'latin1')).u8(0).align(4);
  }
  const flags = NLM_F.CAPPED | (text === '' ? 0 : NLM_F.ACK_TLVS);
  const { sequence, port } = request;
  return { type: NLMSG.ERROR, flags, sequence, port, payload: writer.finish() };
}

class FakeSocket implements NetlinkSocket {
  readonly localPort: number;
  readonly groups = new Set<number>();
  readonly handlers: NetlinkHandlers;
  readonly #kernel: FakeNetlink;

  constructor(kernel: FakeNetlink, localPort: number, handlers: NetlinkHandlers) {
    this.#kernel = kernel;
    this.localPort = localPort;
    this.handlers = handlers;
  }

  send(datagram: Uint8Array): void {
    this.#kernel.take(this, datagram);
  }
  join(group: number): void {
    this.#kernel.requireGroup(group);
    this.groups.add(group);
  }
  close(): void {
    this.#kernel.drop(this);
  }
}

/**
 * An in-memory kernel at the other end of netlink. It answers each datagram on the next microtask, after the events
 * the change caused, as the real one queues them.
 */
export class FakeNetlink implements NetlinkPort {
  /** Every message sent to the kernel. */
  readonly sent: NetlinkMessage[] = [];
  readonly datagrams: Uint8Array[] = [];
  readonly #answer: (message: NetlinkMessage) => FakeAnswer;
  readonly #sockets = new Set<FakeSocket>();
  #nextPort = 1000;
  #silent = false;
  #refuseOpen = false;
  #refusedGroup: number | undefined;

  constructor(answer: (message: NetlinkMessage) => FakeAnswer = () => ({ replies: [] })) {
    this.#answer = answer;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  /** From now on answers are lost. */
  fallSilent(): void {
    this.#silent = true;
  }

  refuseToOpen(refuse: boolean): void {
    this.#refuseOpen = refuse;
  }

  /** From now on nobody can join this group. */
  refuseToJoin(group: number): void {
    this.#refusedGroup = group;
  }

  requireGroup(group: number): void {
    if (group === this.#refusedGroup) throw new KernelError(`join netlink group ${group}`, 'EPERM');
  }

  open(_family: number, handlers: NetlinkHandlers): NetlinkSocket {
    if (this.#refuseOpen) throw new KernelError('open a netlink socket', 'EMFILE');
    const socket = new FakeSocket(this, this.#nextPort++, handlers);
    this.#sockets.add(socket);
    return socket;
  }

  take(socket: FakeSocket, datagram: Uint8Array): void {
    this.datagrams.push(datagram);
    const messages = decodeMessages(datagram);
    this.sent.push(...messages);
    if (this.#silent) return;
    const answers = messages.flatMap((message) => this.#reply({ ...message, port: socket.localPort }));
    for (const answer of answers) this.#deliver(socket, answer);
  }

  drop(socket: FakeSocket): void {
    this.#sockets.delete(socket);
  }

  /** An event to all who joined the group; `cause` is the request that led to it, if one did. */
  multicast(group: number, event: { type: number; payload: Uint8Array }, cause?: NetlinkMessage): void {
    const message = {
      ...event,
      flags: 0,
      sequence: cause?.sequence ?? 0,
      port: cause?.port ?? 0,
    };
    for (const socket of this.#sockets) if (socket.groups.has(group)) this.#deliver(socket, message);
  }

  /** The socket's buffer was too small for what happened. */
  overrun(): void {
    this.#silent = false;
    const error = new KernelError('receive netlink messages', 'ENOBUFS', 'messages were dropped');
    // The set grows while the sessions open their next socket.
    const broken = [...this.#sockets];
    for (const socket of broken) socket.handlers.onError(error);
  }

  /** Bytes no kernel sends. */
  garble(): void {
    const broken = [...this.#sockets];
    for (const socket of broken) socket.handlers.onDatagram(fromHex('ff'));
  }

  #reply(message: NetlinkMessage): NetlinkMessage[] {
    const { sequence, port } = message;
    const answer = this.#answer(message);
    if ('errno' in answer) return [acknowledgement(message, answer.errno, answer.text ?? '')];
    const isDump = (message.flags & NLM_F.DUMP) === NLM_F.DUMP && (message.flags & NLM_F.ACK) === 0;
    const flags = isDump ? NLM_F.MULTI : 0;
    const replies = answer.replies.map((reply) => ({ ...reply, flags, sequence, port }));
    if (isDump) return [...replies, { type: NLMSG.DONE, flags, sequence, port, payload: new Uint8Array(4) }];
    return (message.flags & NLM_F.ACK) === 0 ? replies : [...replies, acknowledgement(message, 0, '')];
  }

  #deliver(socket: FakeSocket, message: NetlinkMessage): void {
    queueMicrotask(() => {
      if (this.#sockets.has(socket)) socket.handlers.onDatagram(encodeMessages([message]));
    });
  }
}
