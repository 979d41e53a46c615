import { Writer } from '../../base/writer.ts';
import { MAX_TLV, OPTION_END, OPTION_OVERLOAD, OVERLOAD } from './constants.ts';
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

/** In which order options are written, and in which order they are given up for want of room: the last first. */
export interface OptionOrder {
  readonly wire: readonly number[];
  readonly importance: readonly number[];
}

const EMPTY = new Uint8Array(0);
const FILE_LENGTH = 128;
const SNAME_LENGTH = 64;
const OVERLOAD_TLV = 3;
const TLV_HEADER = 2;

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

  get room(): number {
    return Math.max(0, this.#capacity - this.#writer.length - 1);
  }

  take(tlvs: Uint8Array): boolean {
    if (tlvs.length > this.room) return false;
    this.#writer.bytes(tlvs);
    return true;
  }

  finish(last: Uint8Array = EMPTY): Uint8Array {
    return this.#writer.bytes(last).u8(OPTION_END).finish();
  }
}

/** All of `codes` in the options field alone, or undefined if it is too small. */
function inOneArea(
  raw: ReadonlyMap<number, Uint8Array>,
  codes: readonly number[],
  capacity: number,
): Uint8Array | undefined {
  const area = new Area(capacity);
  const hasRoom = codes.every((code) => area.take(optionTlvs(code, raw.get(code) ?? EMPTY)));
  return hasRoom ? area.finish() : undefined;
}

/** Puts the option into the first area that has room for all of it. */
function takeWhole(areas: readonly Area[], code: number, value: Uint8Array): boolean {
  const tlvs = optionTlvs(code, value);
  return areas.some((area) => area.take(tlvs));
}

/**
 * Divides a long option between the areas in the order in which they are read (RFC 3396 §5). Only an option that has to come in parts
 * anyway is divided, so that a client which knows nothing of that RFC reads all others.
 */
function takeDivided(areas: readonly Area[], code: number, value: Uint8Array): boolean {
  let at = 0;
  for (const area of areas) {
    while (at < value.length && area.room > TLV_HEADER) {
      const part = value.subarray(at, at + Math.min(MAX_TLV, area.room - TLV_HEADER));
      area.take(optionTlvs(code, part));
      at += part.length;
    }
  }
  return at >= value.length;
}

/** All of `codes`, or undefined if there is no room for them. */
function spill(
  raw: ReadonlyMap<number, Uint8Array>,
  codes: readonly number[],
  room: OptionRoom,
): OptionLayout | undefined {
  const main = new Area(room.main - OVERLOAD_TLV);
  const file = new Area(room.file.length === 0 ? FILE_LENGTH : 0);
  const sname = new Area(room.sname.length === 0 ? SNAME_LENGTH : 0);
  const areas = [main, file, sname];
  const hasRoom = codes.every((code) => {
    const value = raw.get(code) ?? EMPTY;
    return takeWhole(areas, code, value) || (value.length > MAX_TLV && takeDivided(areas, code, value));
  });
  if (!hasRoom) return undefined;
  const bits = (file.used ? OVERLOAD.FILE : 0) | (sname.used ? OVERLOAD.SNAME : 0);
  const notice = bits === 0 ? EMPTY : optionTlvs(OPTION_OVERLOAD, Uint8Array.of(bits));
  return {
    main: main.finish(notice),
    file: file.used ? file.finish() : room.file,
    sname: sname.used ? sname.finish() : room.sname,
  };
}

/** As many as there is room for, the important ones before the others. */
function spillMost(
  raw: ReadonlyMap<number, Uint8Array>,
  { wire, importance }: OptionOrder,
  room: OptionRoom,
): OptionLayout {
  const none = Uint8Array.of(OPTION_END);
  let best: OptionLayout = { main: none, file: room.file, sname: room.sname };
  const kept = new Set<number>();
  for (const code of importance) {
    kept.add(code);
    const layout = spill(
      raw,
      wire.filter((one) => kept.has(one)),
      room,
    );
    if (layout === undefined) kept.delete(code);
    else best = layout;
  }
  return best;
}

/**
 * Distributes raw options over the options field and, if that is too small, the unused header fields (RFC 2132 §9.3),
 * announced by the overload option. What fits nowhere is left out.
 */
export function layOutOptions(
  raw: ReadonlyMap<number, Uint8Array>,
  order: OptionOrder,
  room: OptionRoom,
): OptionLayout {
  const isWritten = (code: number): boolean => raw.has(code) && code !== OPTION_OVERLOAD;
  const wire = order.wire.filter(isWritten);
  const main = inOneArea(raw, wire, room.main);
  if (main !== undefined) return { main, file: room.file, sname: room.sname };
  const importance = order.importance.filter(isWritten);
  const rest = wire.filter((code) => !importance.includes(code));
  return (
    spill(raw, wire, room) ?? spillMost(raw, { wire, importance: [...new Set(importance), ...rest] }, room)
  );
}
