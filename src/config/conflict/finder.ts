import type { Problem } from '../../base/errors.ts';
import { type Ipv4, formatIpv4 } from '../../base/ipv4.ts';
import { type Prefix4, formatPrefix4, isHost4, lastAddress4, network4 } from '../../base/prefix.ts';
import type { Config } from '../schema.ts';

/** Looks at some parts of a configuration for values that do not fit each other. */
export interface Finder {
  /** Where its values come from: a part with problems of form has nothing to say. */
  readonly parts: readonly (keyof Config)[];
  readonly find: (config: Config) => readonly Problem[];
}

export function quoted(address: Ipv4): string {
  return `"${formatIpv4(address)}"`;
}

/** The first index at which each repeated value stood before; `undefined` and `null` are never the same as another. */
export function repeated(values: readonly unknown[]): { readonly index: number; readonly earlier: number }[] {
  const seen = new Map<unknown, number>();
  return values.flatMap((value, index) => {
    if (value === null || value === undefined) return [];
    const earlier = seen.get(value);
    if (earlier === undefined) seen.set(value, index);
    return earlier === undefined ? [] : [{ index, earlier }];
  });
}

/** The host address of the prefix that is nearest to one outside it, other than that of the box. */
function nearestHost(lan: Prefix4, address: Ipv4): Ipv4 {
  const [first, last] = [network4(lan) + 1, lastAddress4(lan) - 1];
  const near = Math.min(Math.max(address, first), last);
  if (near !== lan.address) return near as Ipv4;
  return (near === last ? near - 1 : near + 1) as Ipv4;
}

/** The host address of the prefix that is nearest to a taken one, other than that of the box. */
export function nearestFreeHost(
  lan: Prefix4,
  address: Ipv4 | undefined,
  taken: ReadonlySet<Ipv4>,
): Ipv4 | undefined {
  if (address === undefined) return undefined;
  const isFree = (near: number): boolean =>
    isHost4(lan, near as Ipv4) && near !== lan.address && !taken.has(near as Ipv4);
  // Besides those taken, only the box and the two ends of the prefix are in the way.
  for (let distance = 1; distance <= taken.size + 3; distance++) {
    if (isFree(address + distance)) return (address + distance) as Ipv4;
    if (isFree(address - distance)) return (address - distance) as Ipv4;
  }
  return undefined;
}

/** What is wrong with the address of a LAN device, if anything. */
export function lanDeviceProblem(lan: Prefix4, path: string, address: Ipv4): Problem | undefined {
  const found = quoted(address);
  if (address === lan.address)
    return {
      path,
      found,
      wanted: `a LAN device other than the box, such as ${quoted(nearestHost(lan, address))}`,
    };
  if (isHost4(lan, address)) return undefined;
  return {
    path,
    found,
    wanted: `a LAN device within ${formatPrefix4(lan)} such as ${quoted(nearestHost(lan, address))}`,
  };
}
