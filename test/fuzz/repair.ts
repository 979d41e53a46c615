import { internetChecksum } from '../../src/wire/ipv4/checksum.ts';

/*
 * Most changes break a length or a checksum in front, and everything behind it would never be reached: of half the inputs
 * that one is put right.
 */

const NETLINK_HEADER = 16;
const IPV4_HEADER = 20;
const CHECKSUM_AT = 10;

function isChosen(input: Uint8Array): boolean {
  return ((input.at(-1) ?? 0) & 1) === 0;
}

/** One netlink message whose length is that of the datagram. */
export function repairNetlink(input: Uint8Array): Uint8Array {
  if (input.length < NETLINK_HEADER || !isChosen(input)) return input;
  const repaired = input.slice();
  new DataView(repaired.buffer).setUint32(0, input.length, true);
  return repaired;
}

/** An IPv4 packet with its own length and a right checksum over its header. */
export function repairIpv4(input: Uint8Array): Uint8Array {
  if (input.length < IPV4_HEADER || !isChosen(input)) return input;
  const repaired = input.slice();
  const view = new DataView(repaired.buffer);
  const length = Math.min(Math.max(((repaired[0] ?? 0) & 15) * 4, IPV4_HEADER), repaired.length);
  view.setUint16(2, input.length);
  view.setUint16(CHECKSUM_AT, 0);
  view.setUint16(CHECKSUM_AT, internetChecksum([repaired.subarray(0, length)]));
  return repaired;
}
