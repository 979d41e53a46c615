import * as z from 'zod';
import { deviceText, ipv4Text, prefix4Text } from '../values.ts';

/** `lan` of the configuration. */
export const lan = z.strictObject({
  devices: z
    .array(deviceText, 'a list of devices')
    .min(1, 'at least one device')
    .max(8, 'at most 8 devices')
    .prefault(['lan0'])
    .describe('The network ports of the office; several are joined to one bridge.'),
  address: prefix4Text
    .prefault('192.168.77.1/24')
    .describe('The address of the box on the LAN with the prefix length of the LAN.'),
  gateway: ipv4Text
    .nullable()
    .prefault(null)
    .describe('In mode "lan-only": the router that LAN clients are told.'),
  ipv6: z
    .strictObject({
      method: z
        .enum(['delegated', 'off'], '"delegated" or "off"')
        .prefault('delegated')
        .describe('"delegated" or "off".'),
    })
    .prefault({ method: 'delegated' })
    .describe('How the LAN gets IPv6. Not in force yet.'),
});
