import { isIPv6 } from 'node:net';

/** The 16-bit groups of an IPv6 address in full. */
function groups(address: string): string[] {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  // An IPv4 tail stands for two groups; what it says does not matter for a prefix of at most 64 bits.
  const count = [...left, ...right].reduce((sum, group) => sum + (group.includes('.') ? 2 : 1), 0);
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - count)).fill('0');
  return [...left, ...zeros, ...right];
}

/** What one client can be taken to have: an IPv4 address, or an IPv6 /64, as a provider gives one to each customer at least. */
export function clientOf(address: string): string {
  return isIPv6(address)
    ? groups(address)
        .slice(0, 4)
        .map((group) => Number.parseInt(group, 16).toString(16))
        .join(':')
    : address;
}

/** What one attacker can be taken to have: an IPv4 /24 or an IPv6 /56. */
export function blockOf(address: string): string {
  if (!isIPv6(address)) return address.split('.').slice(0, 3).join('.');
  const [a = 0, b = 0, c = 0, d = 0] = groups(address).map((group) => Number.parseInt(group, 16));
  return [a, b, c, d & 0xff00].map((group) => group.toString(16)).join(':');
}
