import * as z from 'zod';
import { system } from './section/system.ts';
import { wan } from './section/wan.ts';
import { lan } from './section/lan.ts';
import { firewall } from './section/firewall.ts';
import { dhcp } from './section/dhcp.ts';
import { dns } from './section/dns.ts';
import { user } from './section/user.ts';
import { mail } from './section/mail.ts';
import { web } from './section/web.ts';
import { time } from './section/time.ts';

/*
 * The owner's configuration. Unknown keys are errors, every key but `version` has a default, and the description
 * of each is the one text that `gatepost check`, the page and the documentation show.
 */

export const MODES = ['lan-only', 'router', 'firewall', 'firewall-dmz'] as const;

export const configSchema = z.strictObject({
  version: z.literal(1, '1').describe('The version of this format.'),
  system: system.prefault({}).describe('The box itself.'),
  mode: z
    .enum(MODES, '"firewall", "firewall-dmz", "router" or "lan-only"')
    .prefault('firewall')
    .describe('What the box does between WAN and LAN.'),
  wan: wan.prefault({}).describe('The side of the provider.'),
  lan: lan.prefault({}).describe('The side of the office.'),
  firewall: firewall.prefault({}).describe('What is let through.'),
  dhcp: dhcp.prefault({}).describe('Addresses for LAN devices.'),
  dns: dns.prefault({}).describe('Names.'),
  users: z.array(user).max(1000, 'at most 1000 users').prefault([]).describe('The people of the office.'),
  mail: mail.prefault({}).describe('The post office.'),
  web: web.prefault({}).describe('The web pages.'),
  time: time.prefault({}).describe('The clock.'),
});

/** The configuration as the program uses it: defaults filled in, texts turned into values. */
export type Config = z.output<typeof configSchema>;
