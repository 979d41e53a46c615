/** Nothing of the machine's is read or written, and all is said to whoever started it. */
const ALONE = ['keep-in-foreground', 'conf-file=/dev/null', 'log-facility=-', 'user=root', 'pid-file='];

/** A command that starts dnsmasq with these options, without the dashes, and no others of the machine. */
export function dnsmasq(options: readonly string[]): string[] {
  return ['dnsmasq', ...[...ALONE, ...options].map((option) => `--${option}`)];
}

/** The same for a DHCP server alone, on this device and with this file of leases. */
export function dnsmasqDhcpOn(device: string, leases: string, options: readonly string[]): string[] {
  const own = ['log-dhcp', 'port=0', 'bind-dynamic', `interface=${device}`, `dhcp-leasefile=${leases}`];
  return dnsmasq([...own, 'no-ping', ...options]);
}
