/** A key as far as the console knows any. */
export type Key =
  | { readonly kind: 'character'; readonly character: string }
  | { readonly kind: 'enter' | 'escape' | 'backspace' };

/** What a terminal has begun to say: an escape sequence may arrive in pieces. */
export type Pending = readonly number[];

const ESC = 0x1b;
/** Longer than any sequence of a keyboard; what is still none by then was noise on the line. */
const MAX_SEQUENCE = 16;

/**
 * Reads the octets of a terminal. Sequences of arrows and function keys (ECMA-48 section 5.4) are passed over, as is everything that is no
 * key: a serial line without a cable brings any octet.
 */
export function readKeys(
  before: Pending,
  octets: Uint8Array,
): { readonly pending: Pending; readonly keys: readonly Key[] } {
  const keys: Key[] = [];
  let pending: Pending = before;
  for (const octet of octets) {
    if (pending.length === 0 && octet !== ESC) keys.push(...keyOf(octet));
    else pending = afterSequence(pending, octet, keys);
  }
  // A sequence comes in one piece or nearly so: an ESC with nothing behind it is the key.
  if (pending.length === 1 && octets.at(-1) === ESC) {
    keys.push({ kind: 'escape' });
    pending = [];
  }
  return { pending, keys };
}

/** What is left of a sequence behind one more octet. */
function afterSequence(pending: Pending, octet: number, keys: Key[]): Pending {
  const [, introducer] = pending;
  if (octet === ESC) return [ESC];
  if (introducer === undefined) {
    if (octet === 0x5b || octet === 0x4f) return [...pending, octet];
    keys.push({ kind: 'escape' }, ...keyOf(octet));
    return [];
  }
  const isFinal = octet >= 0x40 && octet <= 0x7e;
  return isFinal || pending.length >= MAX_SEQUENCE ? [] : [...pending, octet];
}

function keyOf(octet: number): readonly Key[] {
  if (octet === 0x0d || octet === 0x0a) return [{ kind: 'enter' }];
  if (octet === 0x7f || octet === 0x08) return [{ kind: 'backspace' }];
  if (octet < 0x20 || octet > 0x7e) return [];
  return [{ kind: 'character', character: String.fromCharCode(octet) }];
}
