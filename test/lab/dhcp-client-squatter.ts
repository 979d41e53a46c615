// A device that uses addresses of the LAN, but shows it to one host only, as behind a bad cable:
//   node dhcp-client-squatter.ts DEVICE MAC          the server's own check finds the address free, the client's check does not:
//     it answers the ARP requests of the host with that MAC address for the first address it asks for
//   node dhcp-client-squatter.ts DEVICE MAC every    for every address, each time under another MAC address
import process from 'node:process';
import { type Mac, macFromBytes, parseMac } from '../../src/base/mac.ts';
import type { Ipv4 } from '../../src/base/ipv4.ts';
import { LinuxPacketPort } from '../../src/io/linux/packet.ts';
import { ARP, decodeArp, encodeArp } from '../../src/wire/arp/message.ts';

const ETHERTYPE_ARP = 0x0806;
const [device = '', victim = '', which = 'first'] = process.argv.slice(2);
const own = parseMac('02:67:70:00:99:99');
const mac = parseMac(victim);
let squatted: Ipv4 | undefined;
let lies = 0;

function nextMac(): Mac {
  if (which === 'first') return own;
  lies++;
  return macFromBytes(Uint8Array.of(2, 0x67, 0x70, 0x98, lies >> 8, lies & 255));
}

const port = new LinuxPacketPort();
const socket = await port.open(device, { etherType: ETHERTYPE_ARP }, ({ source, payload }) => {
  const question = decodeArp(payload);
  if (source !== mac || question.operation !== ARP.REQUEST) return;
  squatted ??= question.targetAddress;
  if (which === 'first' && question.targetAddress !== squatted) return;
  const { senderMac, senderAddress, targetAddress } = question;
  const answer = {
    operation: ARP.REPLY,
    senderMac: nextMac(),
    senderAddress: targetAddress,
    targetMac: senderMac,
    targetAddress: senderAddress,
  };
  socket.send(senderMac, encodeArp(answer));
});
console.log('squatting');
