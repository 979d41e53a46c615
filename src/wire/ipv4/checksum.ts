/**
 * The Internet checksum of RFC 1071: one's complement of the one's complement sum of 16-bit words, odd octets padded
 * with zero. Over data that contains its own correct checksum the result is 0. Parts but the last have even length. `first` is a
 * sum of words that come before them.
 */
export function internetChecksum(parts: readonly Uint8Array[], first = 0): number {
  let sum = first;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) sum += ((part[i] ?? 0) << 8) | (part[i + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}
