import { plainAddress } from '../../base/address-block.ts';
import { tryParseIpv4 } from '../../base/ipv4.ts';
import { type Prefix4, contains4 } from '../../base/prefix.ts';

/** Who may connect: those who are allowed, or everybody if that is empty, and not denied. */
export interface AccessRule {
  readonly allow: readonly Prefix4[];
  readonly deny: readonly Prefix4[];
}

/** The rule as a question. An address that is not IPv4 is in no prefix. */
export function accessBy({ allow, deny }: AccessRule): (address: string) => boolean {
  return (text) => {
    const address = tryParseIpv4(plainAddress(text));
    const isIn = (prefixes: readonly Prefix4[]): boolean =>
      address !== undefined && prefixes.some((prefix) => contains4(prefix, address));
    return !isIn(deny) && (allow.length === 0 || isIn(allow));
  };
}
