import { DecodeError } from '../../../src/base/errors.ts';
import { decodeArp } from '../../../src/wire/arp/message.ts';
import { decodeEchoReply } from '../../../src/wire/icmp/echo.ts';
import { decodeIcmp } from '../../../src/wire/icmp/message.ts';
import { decodePacketHeaders } from '../../../src/wire/ip/headers.ts';
import { decodeIpv4Packet } from '../../../src/wire/ipv4/packet.ts';
import { decodeUdpPacket } from '../../../src/wire/ipv4/udp.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { repairIpv4 } from '../repair.ts';

const DECODERS: readonly ((bytes: Uint8Array) => string)[] = [
  (bytes) => `arp ${decodeArp(bytes).operation & 3}`,
  (bytes) => `ipv4 ${decodeIpv4Packet(repairIpv4(bytes)).protocol}`,
  (bytes) => `udp ${decodeUdpPacket(repairIpv4(bytes), true).payload.length & 7}`,
  (bytes) => `udp unchecked ${decodeUdpPacket(repairIpv4(bytes), false).payload.length & 7}`,
  (bytes) => `icmp ${decodeIcmp(bytes).kind}`,
  (bytes) => `echo ${decodeEchoReply(repairIpv4(bytes)) !== undefined}`,
  (bytes) => {
    const { protocol, transport } = decodePacketHeaders(bytes);
    return `headers ${protocol} ${transport?.kind}`;
  },
];

/** Frames of the LAN and the WAN, as every decoder of packets sees them: the first byte says which decoder. */
export const packetsTarget: FuzzTarget = {
  name: 'packets',
  open: () => (input) => {
    const decode = DECODERS[(input[0] ?? 0) % DECODERS.length];
    if (decode === undefined) throw new DecodeError('no decoder', { offset: 0, path: '' });
    return decode(input.subarray(1));
  },
};
