import * as z from 'zod';
import { ipv4Text, hostLabel, macText, portNumber, portRangeText, prefix4Text } from '../values.ts';

const forward = z.strictObject({
  name: hostLabel.describe('What the owner calls it.'),
  protocol: z.enum(['tcp', 'udp', 'both'], '"tcp", "udp" or "both"').describe('The transport protocol.'),
  port: portRangeText.describe('The port on the WAN, or a range.'),
  to: ipv4Text.describe('The LAN device it leads to.'),
  toPort: portNumber
    .nullable()
    .prefault(null)
    .describe('The port there; null is the same port. For a range: the first port.'),
  from: z
    .array(prefix4Text, 'a list of prefixes')
    .max(64, 'at most 64 prefixes')
    .prefault([])
    .describe('Who may use it; empty is everybody.'),
  enabled: z.boolean('true or false').prefault(true).describe('Whether it is in force.'),
});

const oneToOne = z.strictObject({
  name: hostLabel.describe('What the owner calls it.'),
  address: ipv4Text.describe('An address on the WAN, besides that of the box.'),
  to: ipv4Text.describe('The LAN device that has it, for every protocol and both ways.'),
});

/** A device is blocked by what it cannot change from one lease to the next: its MAC address, or the reservation it has. */
const blockedDevice = z.union(
  [macText.transform((mac) => ({ mac })), hostLabel.transform((name) => ({ name: name.toLowerCase() }))],
  'a MAC address such as "02:00:00:00:00:20", or the name of a reservation',
);

export const PUBLIC_SERVICES = ['smtp', 'submission', 'submissions', 'pop3s'] as const;

/** `firewall` of the configuration. */
export const firewall = z.strictObject({
  publicServices: z
    .array(z.enum(PUBLIC_SERVICES, `one of ${PUBLIC_SERVICES.map((name) => `"${name}"`).join(', ')}`))
    .prefault([])
    .describe('Services of the box that answer on the WAN.'),
  forwards: z
    .array(forward)
    .max(2000, 'at most 2000 forwards')
    .prefault([])
    .describe('Ports of the WAN address that lead to LAN devices.'),
  oneToOne: z
    .array(oneToOne)
    .max(64, 'at most 64 addresses')
    .prefault([])
    .describe('Further addresses of the WAN, each of one LAN device.'),
  exposedHost: ipv4Text
    .nullable()
    .prefault(null)
    .describe('The LAN device that gets everything from the WAN that nothing else claims, but pings.'),
  blockedDevices: z
    .array(blockedDevice)
    .max(1000, 'at most 1000 devices')
    .prefault([])
    .describe(
      'LAN devices without a way beyond the LAN, by MAC address or by the name of their reservation; see "gatepost firewall block".',
    ),
  hairpin: z
    .boolean('true or false')
    .prefault(true)
    .describe('Whether LAN devices reach forwards under the WAN address too.'),
  pingFromWan: z
    .boolean('true or false')
    .prefault(true)
    .describe('Whether the box answers pings from the Internet; in mode "firewall-dmz" it never does.'),
  logDropped: z
    .boolean('true or false')
    .prefault(true)
    .describe('Whether dropped packets are logged with the reason, 20 lines a minute at most.'),
  offload: z
    .boolean('true or false')
    .prefault(false)
    .describe(
      'Whether known connections take a short way through the kernel (flow table): faster, but not counted by device.',
    ),
});
