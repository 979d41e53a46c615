import { Writer } from '../../base/writer.ts';
import { OPTION_END, OPTION_OVERLOAD, OVERLOAD } from './constants.ts';
import { optionTlvs } from './option-area.ts';

/** Where options may go: octets of the options field, and the two header fields as far as they have no content. */
export interface OptionRoom {
  readonly main: number;
  readonly file: Uint8Array;
  readonly sname: Uint8Array;
}

export interface OptionLayout {
  readonly main: Uint8Array;
  readonly file: Uint8Array;
  readonly sname: Uint8Array;
}

const FILE_LENGTH = 128;
const SNAME_LENGTH = 64;
const OVERLOAD_TLV = 3;

/** A piece of the message that takes options until it is full; one octet is kept for END. */
class Area {
  readonly #writer = new Writer();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get used(): boolean {
    return this.#writer.length > 0;
  }

  take(tlvs: Uint8Array): boolean {
    if (this.#writer.length + tlvs.length + 1 > this.#capacity) return false;
    this.#writer.bytes(tlvs);
    return true;
  }

  finish(last: Uint8Array = new Uint8Array(0)): Uint8Array {
    return this.#writer.bytes(last).u8(OPTION_END).finish();
  }
}

function spill(tlvs: readonly Uint8Array[], room: OptionRoom): OptionLayout {
  const main = new Area(room.main - OVERLOAD_TLV);
  const file = new Area(room.file.length === 0 ? FILE_LENGTH : 0);
  const sname = new Area(room.sname.length === 0 ? SNAME_LENGTH : 0);
  // What fits nowhere is left out; a shorter option behind it may still fit and help the client.
  for (const one of tlvs) [main, file, sname].some((area) => area.take(one));
  const bits = (file.used ? OVERLOAD.FILE : 0) | (sname.used ? OVERLOAD.SNAME : 0);
  const notice = bits === 0 ? new Uint8Array(0) : optionTlvs(OPTION_OVERLOAD, Uint8Array.of(bits));
  return {
    main: main.finish(notice),
    file: file.used ? file.finish() : room.file,
    sname: sname.used ? sname.finish() : room.sname,
  };
}

/**
 * Distributes raw options over the options field and, if that is too small, the unused header fields (RFC 2132 §9.3),
 * announced by the overload option. An option is never divided between areas. What fits nowhere is left out.
 */
export function layOutOptions(
  raw: ReadonlyMap<number, Uint8Array>,
  order: readonly number[],
  room: OptionRoom,
): OptionLayout {
  const tlvs: Uint8Array[] = [];
  for (const code of order) {
    const value = raw.get(code);
    if (value !== undefined && code !== OPTION_OVERLOAD) tlvs.push(optionTlvs(code, value));
  }
  const main = new Area(room.main);
  if (tlvs.every((one) => main.take(one))) return { main: main.finish(), file: room.file, sname: room.sname };
  return spill(tlvs, room);
}
