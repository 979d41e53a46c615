import { z } from 'zod';
import {
  deviceText,
  domainName,
  durationText,
  hostLabel,
  ipv4Text,
  macText,
  mailAddress,
  passwordHash,
  portNumber,
  portRangeText,
  prefix4Text,
  sizeText,
  upstreamText,
  userName,
} from './values.ts';

/*
 * The owner's configuration. Unknown keys are errors, every key but `version` has a default, and the description
 * of each is the one text that `gatepost check`, the page and the documentation show.
 */

const system = z.strictObject({
  name: hostLabel.prefault('gatepost').describe('The host name of the box.'),
  domain: domainName
    .prefault('office.example')
    .describe('The domain of the office: local names are made under it.'),
  timeZone: z
    .string('a time zone such as "Europe/Vienna"')
    .prefault('UTC')
    .describe('The time zone for times shown to people. Not in force yet: times are in UTC.'),
});

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
  'an object whose "method" is "dhcp" or "static"',
);

const wan = z.strictObject({
  device: deviceText.prefault('wan0').describe('The network port to the modem of the provider.'),
  ipv4: wanIpv4.prefault({ method: 'dhcp' }).describe('How the box gets its IPv4 address.'),
  ipv6: z
    .strictObject({
      method: z.enum(['auto', 'off'], '"auto" or "off"').prefault('auto').describe('"auto" or "off".'),
    })
    .prefault({ method: 'auto' })
    .describe('How the box gets its IPv6 addresses. Not in force yet.'),
  vlan: z.null('null: a VLAN tag is not offered').prefault(null).describe('The VLAN tag the provider wants.'),
  mac: z
    .null('null: another MAC address is not offered')
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

const lan = z.strictObject({
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
    .prefault([])
    .describe('Who may use it; empty is everybody.'),
  enabled: z.boolean('true or false').prefault(true).describe('Whether it is in force.'),
});

export const PUBLIC_SERVICES = ['smtp', 'submission', 'submissions', 'pop3s'] as const;

const firewall = z.strictObject({
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
    .array(z.never('an empty list: one-to-one addresses are not offered'))
    .prefault([])
    .describe('One-to-one addresses.'),
  exposedHost: z
    .null('null: an exposed host is not offered')
    .prefault(null)
    .describe('The LAN device that gets everything else.'),
  blockedDevices: z
    .array(z.never('an empty list: blocked devices are not offered'))
    .prefault([])
    .describe('LAN devices without Internet.'),
  hairpin: z
    .boolean('true or false')
    .prefault(true)
    .describe('Whether LAN devices reach forwards under the WAN address too.'),
  pingFromWan: z
    .boolean('true or false')
    .prefault(true)
    .describe('Whether the box answers pings from the Internet.'),
  logDropped: z
    .boolean('true or false')
    .prefault(true)
    .describe('Whether dropped packets are logged. Not in force yet: they are counted by reason.'),
  offload: z
    .literal(false, 'false: flow offload is not offered')
    .prefault(false)
    .describe('Hardware and software flow offload.'),
});

const reservation = z.strictObject({
  mac: macText.describe('The device.'),
  address: ipv4Text.describe('The address it always gets.'),
  name: hostLabel.nullable().prefault(null).describe('Its name under the domain.'),
});

const customOption = z.strictObject({
  code: z
    .int('an option number from 1 to 254')
    .min(1, 'an option number from 1 to 254')
    .max(254, 'an option number from 1 to 254')
    .describe('The DHCP option number.'),
  hex: z
    .string('hexadecimal digits')
    .regex(/^([0-9a-fA-F]{2}){1,255}$/, 'pairs of hexadecimal digits')
    .describe('Its content.'),
});

const dhcp = z.strictObject({
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
    .array(ipv4Text)
    .max(1000, 'at most 1000 addresses')
    .prefault([])
    .describe('Addresses never to give.'),
  leaseTime: durationText.prefault('12h').describe('How long an address is given for.'),
  reservations: z
    .array(reservation)
    .max(2000, 'at most 2000 reservations')
    .prefault([])
    .describe('Devices that always get the same address.'),
  options: z
    .array(customOption)
    .max(50, 'at most 50 options')
    .prefault([])
    .describe('Further DHCP options to hand out.'),
});

const RECORD_TYPES = ['A', 'AAAA', 'CNAME', 'MX', 'TXT', 'SRV', 'NS', 'PTR'] as const;

const record = z.strictObject({
  name: z
    .string('a name such as "printer"')
    .min(1)
    .max(253)
    .describe('The name, relative to the domain unless it ends with a dot.'),
  type: z
    .enum(RECORD_TYPES, `one of ${RECORD_TYPES.map((name) => `"${name}"`).join(', ')}`)
    .describe('The record type.'),
  value: z
    .string('the value of the record as text')
    .min(1)
    .max(4000)
    .describe('The value in zone-file form.'),
  ttl: durationText.prefault('5m').describe('How long others may remember it.'),
  public: z
    .boolean('true or false')
    .prefault(false)
    .describe('Whether it is shown on the WAN. Not in force yet.'),
});

const dns = z.strictObject({
  forward: z
    .boolean('true or false')
    .prefault(true)
    .describe(
      'Whether unknown names are asked of the upstream servers; false is an office without Internet.',
    ),
  upstreams: z
    .array(upstreamText)
    .max(8, 'at most 8 servers')
    .prefault([])
    .describe('The name servers to ask, in order.'),
  cacheEntries: z
    .int('a number from 100 to 1000000')
    .min(100, 'a number from 100 to 1000000')
    .max(1_000_000, 'a number from 100 to 1000000')
    .prefault(10_000)
    .describe('How many answers are remembered.'),
  serveStale: durationText
    .prefault('12h')
    .describe('How long an expired answer may stand in when no upstream answers. Not in force yet.'),
  records: z
    .array(record)
    .max(5000, 'at most 5000 records')
    .prefault([])
    .describe('The records of the owner.'),
  publicZone: z
    .literal(false, 'false: a zone on the WAN is not offered')
    .prefault(false)
    .describe('Whether the box serves its domain to the Internet.'),
  transferTo: z
    .array(z.never('an empty list: zone transfer is not offered'))
    .prefault([])
    .describe('Name servers that may copy the zone.'),
  rebindProtection: z
    .boolean('true or false')
    .prefault(true)
    .describe('Whether outside names that point into the LAN are refused.'),
  rebindAllow: z.array(domainName).prefault([]).describe('Domains that may.'),
});

const user = z.strictObject({
  name: userName.describe('The login and the local part of the mail address.'),
  fullName: z.string('a name').max(200).prefault('').describe('The name of the person.'),
  password: passwordHash.describe('The password hash.'),
  quota: sizeText.nullable().prefault(null).describe('The most the mailbox may hold. Not in force yet.'),
  fetch: z
    .array(z.never('an empty list: fetching from outside mailboxes is not offered'))
    .prefault([])
    .describe('Outside mailboxes.'),
});

const mail = z.strictObject({
  enabled: z.boolean('true or false').prefault(true).describe('Whether the box is a post office.'),
  hostName: domainName
    .nullable()
    .prefault(null)
    .describe('The name the mail server greets with; null is "mail." and the domain.'),
  domains: z
    .array(domainName)
    .max(50, 'at most 50 domains')
    .prefault([])
    .describe('Domains whose mail is for local users; empty is the domain of the office.'),
  aliases: z
    .record(
      z.string(),
      z
        .array(z.union([userName, mailAddress], 'a user name or a mail address'))
        .min(1, 'at least one recipient'),
    )
    .prefault({})
    .describe('Other names and groups.'),
  maxMessage: sizeText.prefault('25M').describe('The largest message accepted.'),
  relayFrom: z
    .array(z.enum(['lan'], '"lan"'))
    .prefault(['lan'])
    .describe('Who may send to the outside without login. Not in force yet: nothing is sent to the outside.'),
  smartHost: z
    .null('null: sending through the relay of the provider is not offered')
    .prefault(null)
    .describe('The relay of the provider.'),
  backupFor: z
    .array(z.never('an empty list: backup MX is not offered'))
    .prefault([])
    .describe('Domains the box is a backup for.'),
  fetch: z
    .array(z.never('an empty list: fetching from outside mailboxes is not offered'))
    .prefault([])
    .describe('Shared outside mailboxes.'),
  hygiene: z
    .strictObject({
      spf: z
        .boolean('true or false')
        .prefault(true)
        .describe('Whether the sender policy of a domain is checked.'),
      dkim: z.boolean('true or false').prefault(true).describe('Whether signatures are checked.'),
      dmarc: z
        .boolean('true or false')
        .prefault(true)
        .describe('Whether the policy of the From domain is followed.'),
      greylist: z.boolean('true or false').prefault(true).describe('Whether strangers have to try twice.'),
      blockLists: z.array(domainName).prefault([]).describe('DNS block lists to ask.'),
    })
    .prefault({})
    .describe('Checks on mail from the Internet. Not in force yet.'),
});

const web = z.strictObject({
  http: portNumber.prefault(8080).describe('The port of the page of the owner.'),
  https: portNumber.prefault(8443).describe('The same over HTTPS.'),
  publicSite: z
    .literal(false, 'false: a public site is not offered')
    .prefault(false)
    .describe('Whether the public site is served.'),
  intranetSite: z
    .literal(false, 'false: an intranet site is not offered')
    .prefault(false)
    .describe('Whether the intranet site is served.'),
});

const time = z.strictObject({
  servers: z.array(domainName).prefault(['pool.ntp.org']).describe('Time servers. Not in force yet.'),
  serveLan: z
    .boolean('true or false')
    .prefault(true)
    .describe('Whether LAN devices are told to take their time from the box (NTP, option 42).'),
});

export const configSchema = z.strictObject({
  version: z.literal(1, '1').describe('The version of this format.'),
  system: system.prefault({}).describe('The box itself.'),
  mode: z
    .enum(['lan-only', 'router', 'firewall'], '"firewall", "router" or "lan-only"')
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
