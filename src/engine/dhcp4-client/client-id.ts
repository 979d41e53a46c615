import { type Mac, macBytes } from '../../base/mac.ts';
import { HTYPE_ETHERNET } from '../../wire/dhcp4/constants.ts';

/** First octet of an identifier made of IAID and DUID (RFC 4361 section 6.1). */
const TYPE_IAID_DUID = 255;
/** Which of the box's interfaces asks (RFC 4361 section 6.1): it has one WAN, so any fixed number will do. */
const IAID = [0, 0, 0, 1] as const;
/** DUID based on a link-layer address (RFC 8415 section 11.4). */
const DUID_LL = 3;

/**
 * The client identifier of the WAN (option 61): type 255, IAID, DUID-LL of the MAC address in use. It follows from the
 * MAC alone, so it is the same after every reboot and reset without anything being stored, and whoever clones the MAC
 * address of a PC appears as one and the same PC every time.
 *
 * RFC 4361 section 6.1 does away with the form "01 and MAC" (RFC 2132 section 9.14). What that costs: a server that
 * keys leases by that form sees another client behind a known MAC address, and may once give another address than it
 * gave to a box that used it. Servers that key by MAC address (`chaddr`) see no difference.
 */
export function clientIdOf(mac: Mac): Uint8Array {
  return Uint8Array.of(TYPE_IAID_DUID, ...IAID, 0, DUID_LL, 0, HTYPE_ETHERNET, ...macBytes(mac));
}
