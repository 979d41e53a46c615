import { MAC_LENGTH, type Mac, macBytes } from '../../base/mac.ts';
import { AF_PACKET } from './socket-constants.ts';

// struct sockaddr_ll { u16 family, be16 protocol, i32 ifindex, u16 hatype, u8 pkttype, u8 halen, u8 addr[8] }
const LENGTH = 20;
export const LINK_ADDRESS = { packetType: 10, mac: 12 } as const;

/** An address of packet(7): a device by its number, an EtherType, and a station on it unless that is left out. */
export function linkAddress(etherType: number, index: number, mac?: Mac): Uint8Array {
  const address = new Uint8Array(LENGTH);
  address[0] = AF_PACKET;
  address[2] = etherType >>> 8;
  address[3] = etherType;
  for (let i = 0; i < 4; i++) address[4 + i] = index >>> (8 * i);
  if (mac === undefined) return address;
  address[11] = MAC_LENGTH;
  address.set(macBytes(mac), LINK_ADDRESS.mac);
  return address;
}
