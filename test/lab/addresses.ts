/** Who is where in the default topology. Documentation prefixes (RFC 5737) stand for the Internet. */
export const ADDRESSES = {
  /** The provider's router: gateway, DHCP server and name server of the WAN segment. */
  isp: '203.0.113.1',
  /** What the provider's DHCP server gives the box. */
  boxWan: '203.0.113.50',
  boxWanMac: '02:67:70:00:00:01',
  boxLan: '192.168.77.1',
  boxLanPrefix: '192.168.77.1/24',
  boxLanMac: '02:67:70:00:00:02',
  lanNetwork: '192.168.77.0/24',
  /** An Internet host beyond the provider. */
  world: '198.51.100.2',
  worldGateway: '198.51.100.1',
  pc1Mac: '02:67:70:00:01:01',
  pc2Mac: '02:67:70:00:01:02',
} as const;

/** The names of the made-up Internet. */
export const NAMES = {
  office: 'office.example',
  mailHost: 'mail.office.example',
  elsewhere: 'elsewhere.example',
  elsewhereWeb: 'www.elsewhere.example',
  elsewhereMail: 'mx.elsewhere.example',
} as const;
