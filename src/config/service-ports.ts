/** Where the services of the box listen (architecture: ports). */
export const SERVICE_PORTS = {
  dns: { protocol: 'udp', port: 53 },
  'dns-tcp': { protocol: 'tcp', port: 53 },
  dhcp: { protocol: 'udp', port: 67 },
  smtp: { protocol: 'tcp', port: 25 },
  submission: { protocol: 'tcp', port: 587 },
  submissions: { protocol: 'tcp', port: 465 },
  pop3: { protocol: 'tcp', port: 110 },
  pop3s: { protocol: 'tcp', port: 995 },
} as const;

/** The usual ports of the web, on the LAN: where mail programs look for their settings, and people for the page. */
export const FRONT_PORTS = { http: 80, https: 443 } as const;

export type ServiceName = keyof typeof SERVICE_PORTS;
