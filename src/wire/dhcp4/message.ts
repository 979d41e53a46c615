import { withoutTrailing } from '../../base/bytes.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import { Reader } from '../../base/reader.ts';
import { type Writer, written } from '../../base/writer.ts';
import type { ValueOf } from '../field/field.ts';
import { flags } from '../field/flags.ts';
import { ipv4, padded, u16, u32, u8 } from '../field/scalars.ts';
import { struct } from '../field/struct.ts';
import { MAGIC_COOKIE, OPTION_OVERLOAD, OVERLOAD } from './constants.ts';
import { readOptionArea } from './option-area.ts';
import { layOutOptions } from './option-layout.ts';
import {
  type Dhcp4Options,
  codeOfOption,
  namedOptions,
  optionCodes,
  rawOptions,
  writeOptions,
} from './options.ts';

/** RFC 2131 §2, figure 1, with the magic cookie of §3. */
const header = struct({
  op: u8,
  htype: u8,
  hlen: u8,
  hops: u8,
  xid: u32,
  secs: u16,
  flags: flags(u16, { broadcast: 0x8000 }),
  ciaddr: ipv4,
  yiaddr: ipv4,
  siaddr: ipv4,
  giaddr: ipv4,
  chaddr: padded(16),
  sname: padded(64),
  file: padded(128),
  cookie: u32,
});
type Header = ValueOf<typeof header>;

export interface Dhcp4Message {
  /** {@link OP} */
  readonly op: number;
  readonly htype: number;
  readonly hops: number;
  readonly xid: number;
  /** Seconds since the client began, as it says. */
  readonly secs: number;
  /** The client cannot receive unicast before it has an address. */
  readonly broadcast: boolean;
  readonly ciaddr: Ipv4;
  readonly yiaddr: Ipv4;
  readonly siaddr: Ipv4;
  readonly giaddr: Ipv4;
  /** The hardware address, `hlen` (0 to 16) octets. */
  readonly chaddr: Uint8Array;
  /** Server host name and boot file fields without trailing zeros; empty when they carried options (option 52). */
  readonly sname: Uint8Array;
  readonly file: Uint8Array;
  readonly options: Dhcp4Options;
}

export interface EncodeLimits {
  /** Octets of the whole message without UDP and IP headers; RFC 2131 §2 lets every client take 548. */
  readonly maxLength?: number;
  /** Option numbers in the order wanted on the wire; the others follow in property order. */
  readonly order?: readonly number[];
  /** Option numbers that come before all others when there is not room for all. */
  readonly important?: readonly number[];
}

/** A UDP payload every host must take: 576 octets without 20 of IP and 8 of UDP (RFC 2131 §2). */
export const DEFAULT_MAX_MESSAGE = 548;
/** BOOTP's fixed size (RFC 951); relays and old clients drop shorter messages (RFC 1542 §2.1). */
const MIN_MESSAGE = 300;
/** Everything up to and with the magic cookie. */
const HEADER_LENGTH = 240;
/** Put first unless the caller orders it: every capture of a server has it there. */
const FIRST = codeOfOption('messageType');

function readAllOptions(reader: Reader, head: Header): { raw: Map<number, Uint8Array>; overload: number } {
  const raw = new Map<number, Uint8Array>();
  readOptionArea(reader, raw);
  const overload = raw.get(OPTION_OVERLOAD)?.[0] ?? 0;
  raw.delete(OPTION_OVERLOAD);
  // RFC 2131 §4.1: first the options field, then `file`, then `sname`.
  if (overload & OVERLOAD.FILE) reader.within('file', () => readOptionArea(new Reader(head.file, 108), raw));
  if (overload & OVERLOAD.SNAME)
    reader.within('sname', () => readOptionArea(new Reader(head.sname, 44), raw));
  raw.delete(OPTION_OVERLOAD);
  return { raw, overload };
}

/** Reads one UDP payload. @throws DecodeError, also for BOOTP without the magic cookie. */
export function decodeMessage(payload: Uint8Array): Dhcp4Message {
  const reader = new Reader(payload);
  const head = header.decode(reader);
  if (head.cookie !== MAGIC_COOKIE) throw reader.error('the magic cookie is missing');
  if (head.hlen > 16)
    throw reader.error(`a hardware address of up to 16 octets is wanted, found ${head.hlen}`);
  const { raw, overload } = reader.within('options', () => readAllOptions(reader, head));
  const empty = new Uint8Array(0);
  return {
    op: head.op,
    htype: head.htype,
    hops: head.hops,
    xid: head.xid,
    secs: head.secs,
    broadcast: head.flags.broadcast,
    ciaddr: head.ciaddr,
    yiaddr: head.yiaddr,
    siaddr: head.siaddr,
    giaddr: head.giaddr,
    chaddr: head.chaddr.subarray(0, head.hlen),
    sname: overload & OVERLOAD.SNAME ? empty : withoutTrailing(head.sname, 0),
    file: overload & OVERLOAD.FILE ? empty : withoutTrailing(head.file, 0),
    options: namedOptions(raw),
  };
}

/** Option numbers in the order of the wire; some may have no value. */
function wireOrder({ options }: Dhcp4Message, order: readonly number[]): Set<number> {
  const codes = order.includes(FIRST) ? new Set(order) : new Set([FIRST, ...order]);
  for (const code of optionCodes(options)) codes.add(code);
  return codes;
}

function writeHeader(writer: Writer, message: Dhcp4Message): void {
  header.encode(writer, {
    ...message,
    hlen: message.chaddr.length,
    flags: { broadcast: message.broadcast, unknown: 0 },
    cookie: MAGIC_COOKIE,
  });
}

/**
 * Writes one UDP payload of at least {@link MIN_MESSAGE} octets, the message type first unless `order` names it.
 * What does not fit into `maxLength`, even with overload, is left out: of options not named as important, the later ones.
 */
export function encodeMessage(message: Dhcp4Message, limits: EncodeLimits = {}): Uint8Array<ArrayBuffer> {
  const { options, file, sname } = message;
  const codes = wireOrder(message, limits.order ?? []);
  const maxLength = Math.max(limits.maxLength ?? DEFAULT_MAX_MESSAGE, MIN_MESSAGE);
  return written((writer) => {
    // Nearly every message has room for all its options, none of them long: those are written without a value put aside.
    writeHeader(writer, message);
    if (!writeOptions(writer, options, codes, maxLength)) {
      writer.clear();
      const order = { wire: [...codes], importance: [FIRST, ...(limits.important ?? [])] };
      const layout = layOutOptions(rawOptions(options), order, {
        main: maxLength - HEADER_LENGTH,
        file,
        sname,
      });
      writeHeader(writer, { ...message, ...layout });
      writer.bytes(layout.main);
    }
    writer.zeros(Math.max(0, MIN_MESSAGE - writer.length));
  });
}
