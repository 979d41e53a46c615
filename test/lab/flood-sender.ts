// Sends frames as fast as asked, or as fast as it can:  flood-sender.ts KIND DEVICE MAC ADDRESS RATE SECONDS
// Prints "flooding" when it begins, and at the end one line of JSON: how many frames in how many seconds.
import process from 'node:process';
import { parseIpv4 } from '../../src/base/ipv4.ts';
import { macBytes, parseMac } from '../../src/base/mac.ts';
import { openSocket, deviceIndex, sendTo } from '../../src/io/linux/ffi.ts';
import { linkAddress } from '../../src/io/linux/link-address.ts';
import { type FloodKind, floodFrames } from './flood-frames.ts';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const ETHERTYPE_IPV4 = 0x0800;
/** Frames between two looks at the clock. */
const BURST = 32;

const [kind = '', device = '', mac = '', address = '', rate = '', seconds = ''] = process.argv.slice(2);
const next = floodFrames(kind as FloodKind, { mac: macBytes(parseMac(mac)), address: parseIpv4(address) });
const index = deviceIndex(device);
if (index === undefined) throw new Error(`Cannot flood ${device}: there is no such device`);
const to = linkAddress(ETHERTYPE_IPV4, index);
const socket = openSocket(AF_PACKET, SOCK_RAW, 0);

console.log('flooding');
const begun = performance.now();
const end = begun + Number(seconds) * 1000;
let sent = 0;
for (let now = begun; now < end; now = performance.now()) {
  if (sent > ((now - begun) * Number(rate)) / 1000) continue;
  for (let count = 0; count < BURST; count++) if (sendTo(socket, next(), to)) sent++;
}
console.log(JSON.stringify({ sent, seconds: (performance.now() - begun) / 1000 }));
