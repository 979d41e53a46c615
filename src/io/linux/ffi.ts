import process from 'node:process';
import { getSystemErrorMessage, getSystemErrorName } from 'node:util';
import { KernelError } from '../../base/errors.ts';
import { SOL_SOCKET } from './socket-constants.ts';

/*
 * The only user of node:ffi: the functions of libc that Node offers in no other way. All layouts are those of 64-bit
 * little-endian Linux (x86-64 and arm64 agree). Memory whose address the kernel or another structure keeps is an
 * ArrayBuffer of its own, held in a field for as long as that is so: the collector moves small typed arrays.
 */

const ERRNO_LOCATION = '__errno_location';

function load() {
  // Loaded on first use: the roles and commands that never call it do not pay for it or print Node's warning.
  const ffi = process.getBuiltinModule('node:ffi');
  const { functions } = ffi.dlopen(null, {
    [ERRNO_LOCATION]: { arguments: [], return: 'pointer' },
    socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
    bind: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
    setsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'], return: 'i32' },
    getsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'pointer'], return: 'i32' },
    getsockname: { arguments: ['i32', 'pointer', 'pointer'], return: 'i32' },
    recvmsg: { arguments: ['i32', 'pointer', 'i32'], return: 'i64' },
    sendto: { arguments: ['i32', 'pointer', 'u64', 'i32', 'pointer', 'u32'], return: 'i64' },
    poll: { arguments: ['pointer', 'u64', 'i32'], return: 'i32' },
    eventfd: { arguments: ['u32', 'i32'], return: 'i32' },
    read: { arguments: ['i32', 'pointer', 'u64'], return: 'i64' },
    write: { arguments: ['i32', 'pointer', 'u64'], return: 'i64' },
    close: { arguments: ['i32'], return: 'i32' },
    if_nametoindex: { arguments: ['string'], return: 'u32' },
    posix_fadvise: { arguments: ['i32', 'i64', 'i64', 'i32'], return: 'i32' },
    prctl: { arguments: ['i32', 'u64', 'u64', 'u64', 'u64'], return: 'i32' },
    capget: { arguments: ['pointer', 'pointer'], return: 'i32' },
    capset: { arguments: ['pointer', 'pointer'], return: 'i32' },
  });
  // The address of errno is fixed for a thread, and each thread loads its own copy of this module.
  const errnoAddress = functions[ERRNO_LOCATION]();
  return { ffi, call: functions, errno: () => ffi.getInt32(errnoAddress) };
}

let loaded: ReturnType<typeof load> | undefined;
function libc(): ReturnType<typeof load> {
  loaded ??= load();
  return loaded;
}

/** Symbolic errno of the call just made. */
function errnoName(): string {
  return getSystemErrorName(-libc().errno());
}

function kernelError(operation: string): KernelError {
  const errno = libc().errno();
  return new KernelError(operation, getSystemErrorName(-errno), getSystemErrorMessage(-errno));
}

function checked(result: number | bigint, operation: string): number {
  if (result < 0) throw kernelError(operation);
  return Number(result);
}

/** socket(2). Types are given with SOCK_NONBLOCK and SOCK_CLOEXEC by the caller. @throws KernelError */
export function openSocket(domain: number, type: number, protocol: number): number {
  return checked(libc().call.socket(domain, type, protocol), 'open a socket');
}

/** bind(2) to an address in the kernel's layout. @throws KernelError */
export function bindSocket(socket: number, address: Uint8Array): void {
  checked(libc().call.bind(socket, address, address.length), 'bind a socket');
}

export interface SocketOption {
  readonly level: number;
  readonly name: number;
}

/** @throws KernelError */
export function setSocketOption(socket: number, option: SocketOption, value: Uint8Array): void {
  const { level, name } = option;
  checked(
    libc().call.setsockopt(socket, level, name, value, value.length),
    `set socket option ${level}/${name}`,
  );
}

/** Fills `value` by getsockopt(2). @throws KernelError */
export function readSocketOption(socket: number, option: SocketOption, value: Uint32Array): void {
  const { level, name } = option;
  const length = Uint32Array.of(value.byteLength);
  checked(libc().call.getsockopt(socket, level, name, value, length), `read socket option ${level}/${name}`);
}

/** Reads and clears the socket's pending error: its symbolic errno, or undefined. @throws KernelError */
export function takeSocketError(socket: number): string | undefined {
  const value = new Int32Array(1);
  const length = Uint32Array.of(4);
  checked(libc().call.getsockopt(socket, SOL_SOCKET, SO_ERROR, value, length), 'read the error of a socket');
  return value[0] === undefined || value[0] === 0 ? undefined : getSystemErrorName(-value[0]);
}

/** Who made the other end of a Unix connection (struct ucred: pid, uid, gid). @throws KernelError */
export function socketPeer(socket: number): { readonly pid: number; readonly uid: number } {
  const credentials = new Int32Array(3);
  const length = Uint32Array.of(12);
  checked(
    libc().call.getsockopt(socket, SOL_SOCKET, SO_PEERCRED, credentials, length),
    'ask who is at the other end of a socket',
  );
  return { pid: credentials[0] ?? -1, uid: credentials[1] ?? -1 };
}

const SO_ERROR = 4;
const SO_PEERCRED = 17;
const SO_ATTACH_FILTER = 26;

/** getsockname(2): the bound address in the kernel's layout. @throws KernelError */
export function socketAddress(socket: number): Uint8Array {
  const address = new Uint8Array(128);
  const length = Uint32Array.of(address.length);
  checked(libc().call.getsockname(socket, address, length), 'read the address of a socket');
  return address.subarray(0, length[0]);
}

/** Attaches a classic BPF program of `struct sock_filter` (8 octets each) to a socket. @throws KernelError */
export function attachFilter(socket: number, program: Uint8Array): void {
  const memory = new ArrayBuffer(16 + program.length);
  new Uint8Array(memory).set(program, 16);
  const view = new DataView(memory);
  view.setUint16(0, program.length / 8, true);
  view.setBigUint64(8, libc().ffi.getRawPointer(memory) + 16n, true);
  setSocketOption(socket, { level: SOL_SOCKET, name: SO_ATTACH_FILTER }, new Uint8Array(memory, 0, 16));
}

/** Sends one packet; false if the kernel has no room for it now. @throws KernelError */
export function sendTo(socket: number, packet: Uint8Array, address: Uint8Array): boolean {
  const sent = libc().call.sendto(socket, packet, BigInt(packet.length), 0, address, address.length);
  if (sent >= 0) return true;
  const errno = errnoName();
  if (errno === 'EAGAIN' || errno === 'ENOBUFS' || errno === 'EINTR') return false;
  throw kernelError('send a packet');
}

/** Waits until a file of the set is ready, at most `timeout` milliseconds (-1: for ever). Blocks the thread. @throws KernelError */
export function pollFiles(set: PollSet, timeout: number): void {
  const ready = libc().call.poll(set.memory, BigInt(set.size), timeout);
  if (ready < 0 && errnoName() !== 'EINTR') throw kernelError('wait for packets');
}

const POLLIN = 1;
const POLLFD_LENGTH = 8;

/** An array of `struct pollfd` { int fd; short events; short revents }. */
export class PollSet {
  readonly memory: ArrayBuffer;
  readonly size: number;
  readonly #view: DataView;

  constructor(files: readonly number[]) {
    this.size = files.length;
    this.memory = new ArrayBuffer(files.length * POLLFD_LENGTH);
    this.#view = new DataView(this.memory);
    for (const [index, file] of files.entries()) {
      this.#view.setInt32(index * POLLFD_LENGTH, file, true);
      this.#view.setInt16(index * POLLFD_LENGTH + 4, POLLIN, true);
    }
  }

  /** Whether the last wait found something to read, or an error, on the file at `index`. */
  isReady(index: number): boolean {
    return this.#view.getInt16(index * POLLFD_LENGTH + 6, true) !== 0;
  }
}

const EFD_FLAGS = 0o2_004_000;

/** A counter file by which one thread wakes another: eventfd(2), non-blocking. @throws KernelError */
export function openEvent(): number {
  return checked(libc().call.eventfd(0, EFD_FLAGS), 'open an event file');
}

export function signalEvent(event: number): void {
  // Refused only when the counter is at its limit, and then the other side is awake anyway.
  libc().call.write(event, BigUint64Array.of(1n), 8n);
}

export function clearEvent(event: number): void {
  libc().call.read(event, new BigUint64Array(1), 8n);
}

export function closeFile(file: number): void {
  libc().call.close(file);
}

// linux/fadvise.h
const POSIX_FADV_DONTNEED = 4;

/** Drops what the page cache holds of a file and is on the medium: the next read comes from there. @throws KernelError */
export function dropCached(file: number): void {
  // The one call of these that returns its error number and does not set errno.
  const errno = libc().call.posix_fadvise(file, 0n, 0n, POSIX_FADV_DONTNEED);
  if (errno !== 0) throw new KernelError('drop the cache of a file', getSystemErrorName(-errno));
}

/** The kernel's number of a network device, or undefined if there is none of that name. */
export function deviceIndex(name: string): number | undefined {
  const index = libc().call.if_nametoindex(name);
  return index === 0 ? undefined : index;
}

/** prctl(2); its result, or undefined for EINVAL. @throws KernelError */
export function processControl(option: number, first: number, second = 0): number | undefined {
  const result = libc().call.prctl(option, BigInt(first), BigInt(second), 0n, 0n);
  if (result < 0 && errnoName() === 'EINVAL') return undefined;
  return checked(result, `change a property of the process (prctl ${option})`);
}

/** The capability sets of the calling thread, one bit a capability. */
export interface CapabilitySets {
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly inheritable: bigint;
}

// linux/capability.h: header { version, pid }, data { effective, permitted, inheritable } twice, low words first.
const CAPABILITY_VERSION_3 = 0x2008_0522;
const LOW = 0xffff_ffffn;

/** @throws KernelError */
export function readCapabilities(): CapabilitySets {
  const data = new Uint32Array(6);
  checked(libc().call.capget(Uint32Array.of(CAPABILITY_VERSION_3, 0), data), 'read capabilities');
  const join = (index: number): bigint => BigInt(data[index] ?? 0) | (BigInt(data[index + 3] ?? 0) << 32n);
  return { effective: join(0), permitted: join(1), inheritable: join(2) };
}

/** Sets those of the calling thread. @throws KernelError (`EPERM`) */
export function writeCapabilities(sets: CapabilitySets): void {
  const all = [sets.effective, sets.permitted, sets.inheritable];
  const data = Uint32Array.from([
    ...all.map((set) => Number(set & LOW)),
    ...all.map((set) => Number(set >> 32n)),
  ]);
  checked(libc().call.capset(Uint32Array.of(CAPABILITY_VERSION_3, 0), data), 'set capabilities');
}

// struct msghdr, struct iovec, then the memory they point to.
const MSGHDR = { name: 0, nameLength: 8, iov: 16, iovLength: 24, control: 32, controlLength: 40 } as const;
const IOVEC_AT = 56;
const ADDRESS_AT = 72;
const ADDRESS_ROOM = 128;
const CONTROL_AT = ADDRESS_AT + ADDRESS_ROOM;
const CONTROL_ROOM = 128;
const DATA_AT = CONTROL_AT + CONTROL_ROOM;

/** What recvmsg(2) filled in: views that are valid until the next call. */
export interface ReceivedMessage {
  readonly address: Uint8Array;
  /** A sequence of `struct cmsghdr`. */
  readonly control: Uint8Array;
  readonly data: Uint8Array;
}

/** Room for one received message of up to `capacity` octets; longer ones are cut. */
export class MessageReceiver {
  readonly #memory: ArrayBuffer;
  readonly #view: DataView;
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#memory = new ArrayBuffer(DATA_AT + capacity);
    this.#view = new DataView(this.#memory);
    const base = libc().ffi.getRawPointer(this.#memory);
    const point = (at: number, to: number): void => this.#view.setBigUint64(at, base + BigInt(to), true);
    point(MSGHDR.name, ADDRESS_AT);
    point(MSGHDR.iov, IOVEC_AT);
    this.#view.setBigUint64(MSGHDR.iovLength, 1n, true);
    point(MSGHDR.control, CONTROL_AT);
    point(IOVEC_AT, DATA_AT);
    this.#view.setBigUint64(IOVEC_AT + 8, BigInt(capacity), true);
  }

  /** The next message, or undefined if there is none now. @throws KernelError, also for a pending error of the socket */
  receive(socket: number): ReceivedMessage | undefined {
    this.#view.setUint32(MSGHDR.nameLength, ADDRESS_ROOM, true);
    this.#view.setBigUint64(MSGHDR.controlLength, BigInt(CONTROL_ROOM), true);
    const length = libc().call.recvmsg(socket, this.#memory, 0);
    if (length < 0) {
      const errno = errnoName();
      if (errno === 'EAGAIN' || errno === 'EINTR') return undefined;
      throw kernelError('receive packets');
    }
    const part = (at: number, size: number): Uint8Array => new Uint8Array(this.#memory, at, size);
    return {
      address: part(ADDRESS_AT, this.#view.getUint32(MSGHDR.nameLength, true)),
      control: part(CONTROL_AT, Number(this.#view.getBigUint64(MSGHDR.controlLength, true))),
      data: part(DATA_AT, Math.min(Number(length), this.#capacity)),
    };
  }
}
