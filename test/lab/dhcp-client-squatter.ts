// A device that uses an address of the LAN, but shows it to one client only, as behind a bad cable: the server's own
// check finds the address free, the client's check does not.   node dhcp-client-squatter.ts DEVICE MAC
// It answers the ARP requests of the client with that MAC address for the first address it asks for.
import process from 'node:process';
import { parseMac } from '../../src/base/mac.ts';
import type { Ipv4 } from '../../src/base/ipv4.ts';
import { LinuxPacketPort } from '../../src/io/linux/packet.ts';
import { ARP, decodeArp, encodeArp } from '../../src/wire/arp/message.ts';

const ETHERTYPE_ARP = 0x0806;
const [device = '', victim = ''] = process.argv.slice(2);
const own = parseMac('02:67:70:00:99:99');
const mac = parseMac(victim);
let squatted: Ipv4 | undefined;

const port = new LinuxPacketPort();
const socket = await port.open(device, { etherType: ETHERTYPE_ARP }, ({ source, payload }) => {
  const question = decodeArp(payload);
  if (source !== mac || question.operation !== ARP.REQUEST) return;
  squatted ??= question.targetAddress;
  if (question.targetAddress !== squatted) return;
  const { senderMac, senderAddress, targetAddress } = question;
  const answer = {
    operation: ARP.REPLY,
    senderMac: own,
    senderAddress: targetAddress,
    targetMac: senderMac,
    targetAddress: senderAddress,
  };
  socket.send(senderMac, encodeArp(answer));
});
console.log('squatting');
