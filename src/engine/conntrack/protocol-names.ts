import { UserError } from '../../base/errors.ts';
import { PROTOCOL } from '../../wire/ipv4/packet.ts';

/** As the owner writes them and reads them; every other protocol is a number. */
const NAMES: ReadonlyMap<string, number> = new Map(
  Object.entries(PROTOCOL).map(([name, number]) => [name.toLowerCase(), number]),
);
const BY_NUMBER = new Map([...NAMES].map(([name, number]) => [number, name]));

/** `tcp` for 6, `99` for 99. */
export function protocolName(number: number): string {
  return BY_NUMBER.get(number) ?? String(number);
}

/** The inverse of {@link protocolName}. @throws UserError naming the text */
export function protocolNumber(text: string): number {
  const number = NAMES.get(text.toLowerCase()) ?? (/^\d{1,3}$/.test(text) ? Number(text) : 256);
  if (number <= 255) return number;
  throw new UserError(
    `Cannot use "${text}" as a protocol: wanted is one of ${[...NAMES.keys()].join(', ')}, or a number of 0 to 255`,
  );
}
