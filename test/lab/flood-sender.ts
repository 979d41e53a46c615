// Sends frames as fast as asked, or as fast as it can:  flood-sender.ts KIND DEVICE MAC ADDRESS RATE SECONDS
// Prints "flooding" when it begins, and at the end one line of JSON: how many frames in how many seconds, and what one
// cost: the microseconds are of this process, to which the kernel counts the way of a frame through bridge and box too.
import process from 'node:process';
import { parseIpv4 } from '../../src/base/ipv4.ts';
import { macBytes, parseMac } from '../../src/base/mac.ts';
import { deviceIndex, openSocket, setSocketOption } from '../../src/io/linux/ffi.ts';
import { linkAddress } from '../../src/io/linux/link-address.ts';
import { FrameBurst } from './flood-burst.ts';
import { type FloodKind, floodFrames } from './flood-frames.ts';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOL_PACKET = 263;
/** Frames go to the device itself, without its queue (packet(7)). */
const PACKET_QDISC_BYPASS = 20;
const ETHERTYPE_IPV4 = 0x0800;
/** Frames between two looks at the clock. */
const BURST = 64;

const [kind = '', device = '', mac = '', address = '', rate = '', seconds = ''] = process.argv.slice(2);
const next = floodFrames(kind as FloodKind, { mac: macBytes(parseMac(mac)), address: parseIpv4(address) });
const index = deviceIndex(device);
if (index === undefined) throw new Error(`Cannot flood ${device}: there is no such device`);
const socket = openSocket(AF_PACKET, SOCK_RAW, 0);
const bypass = new Uint8Array(Uint32Array.of(1).buffer);
setSocketOption(socket, { level: SOL_PACKET, name: PACKET_QDISC_BYPASS }, bypass);
const burst = new FrameBurst(BURST, next().length, linkAddress(ETHERTYPE_IPV4, index));

console.log('flooding');
const begun = performance.now();
const cpu = process.cpuUsage();
const end = begun + Number(seconds) * 1000;
let sent = 0;
for (let now = begun; now < end; now = performance.now()) {
  if (sent > ((now - begun) * Number(rate)) / 1000) continue;
  sent += burst.send(socket, next);
}
const { user, system } = process.cpuUsage(cpu);
const microseconds = (user + system) / sent;
console.log(JSON.stringify({ sent, seconds: (performance.now() - begun) / 1000, microseconds }));
