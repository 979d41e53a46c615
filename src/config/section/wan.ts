import * as z from 'zod';
import { deviceText, stationMacText, ipv4Text, prefix4Text } from '../values.ts';

const wanIpv4 = z.discriminatedUnion(
  'method',
  [
    z
      .strictObject({ method: z.literal('dhcp').describe('"dhcp" or "static".') })
      .describe('The provider assigns the address by DHCP.'),
    z
      .strictObject({
        method: z.literal('static').describe('"dhcp" or "static".'),
        address: prefix4Text.describe('The address with its prefix length, "198.51.100.7/24".'),
        gateway: ipv4Text.nullable().prefault(null).describe('The router of the provider.'),
      })
      .describe('A fixed address.'),
  ],
  {
    error: ({ code }) =>
      code === 'invalid_union' ? '"dhcp" or "static"' : 'an object whose "method" is "dhcp" or "static"',
  },
);

/** `wan` of the configuration. */
export const wan = z.strictObject({
  device: deviceText.prefault('wan0').describe('The network port to the modem of the provider.'),
  ipv4: wanIpv4.prefault({ method: 'dhcp' }).describe('How the box gets its IPv4 address.'),
  ipv6: z
    .strictObject({
      method: z.enum(['auto', 'off'], '"auto" or "off"').prefault('auto').describe('"auto" or "off".'),
    })
    .prefault({ method: 'auto' })
    .describe('How the box gets its IPv6 addresses. Not in force yet.'),
  vlan: z
    .int('null, or a VLAN number from 1 to 4094')
    .min(1, 'null, or a VLAN number from 1 to 4094')
    .max(4094, 'null, or a VLAN number from 1 to 4094')
    .nullable()
    .prefault(null)
    .describe('The VLAN tag (802.1Q) the provider wants.'),
  mac: stationMacText
    .nullable()
    .prefault(null)
    .describe('A MAC address to show to the provider instead of the real one.'),
  mtu: z
    .int('null, or a size from 576 to 9000')
    .min(576, 'null, or a size from 576 to 9000')
    .max(9000, 'null, or a size from 576 to 9000')
    .nullable()
    .prefault(null)
    .describe('The largest packet of the WAN.'),
  useProviderDns: z
    .boolean('true or false')
    .prefault(false)
    .describe('Whether name servers given by the provider are asked.'),
});
