import * as z from 'zod';
import { OPTION_TYPES } from '../../wire/dhcp4/option-value.ts';
import {
  addressRangeText,
  clientIdText,
  durationText,
  hostLabel,
  ipv4Text,
  stationMacText,
} from '../values.ts';

/** A device is known by any of the three; which counts first, if several fit, is in the documentation. */
const reservation = z.strictObject({
  mac: stationMacText.nullable().prefault(null).describe('The device, by its MAC address.'),
  clientId: clientIdText
    .nullable()
    .prefault(null)
    .describe('The device, by its client identifier (option 61) in hexadecimal digits.'),
  hostName: hostLabel
    .nullable()
    .prefault(null)
    .describe('The device, by what it calls itself: any device may call itself so.'),
  address: ipv4Text.describe('The address it always gets.'),
  name: hostLabel.nullable().prefault(null).describe('Its name under the domain.'),
});

const option = z.strictObject({
  code: z
    .int('an option number from 1 to 254')
    .min(1, 'an option number from 1 to 254')
    .max(254, 'an option number from 1 to 254')
    .describe('The DHCP option number.'),
  type: z
    .enum(OPTION_TYPES, `one of ${OPTION_TYPES.map((type) => `"${type}"`).join(', ')}`)
    .nullable()
    .prefault(null)
    .describe('What the value is; null is what the number usually has, or "hex" for an unknown number.'),
  value: z
    .union(
      [z.string(), z.number(), z.boolean(), z.array(z.string()).max(64)],
      'a text, a number, true or false, or a list of texts',
    )
    .describe('Its content.'),
});

/** `dhcp` of the configuration. */
export const dhcp = z.strictObject({
  enabled: z
    .boolean('true or false')
    .prefault(true)
    .describe('Whether the box gives addresses to LAN devices.'),
  pool: z
    .strictObject({
      first: ipv4Text.describe('The first address.'),
      last: ipv4Text.describe('The last address.'),
    })
    .nullable()
    .prefault(null)
    .describe('The addresses to give; null is .1 to .100 of the LAN without the own address.'),
  exclude: z
    .array(addressRangeText)
    .max(1000, 'at most 1000 addresses or ranges')
    .prefault([])
    .describe('Addresses never to give, "192.168.77.5" or "192.168.77.5-192.168.77.9".'),
  leaseTime: durationText.prefault('12h').describe('How long an address is given for.'),
  reservations: z
    .array(reservation)
    .max(2000, 'at most 2000 reservations')
    .prefault([])
    .describe('Devices that always get the same address.'),
  options: z
    .array(option)
    .max(50, 'at most 50 options')
    .prefault([])
    .describe('Further DHCP options to hand out.'),
});
