import type { FirewallFeatures, FirewallOptions } from './options.ts';

/** What is wanted, and what the kernel lets us make it with. */
export interface Plan {
  readonly options: FirewallOptions;
  readonly features: FirewallFeatures;
}

/** How the comments of rules name the mode. */
export function modeLine({ options }: Plan, reason?: string): string {
  return reason === undefined ? `mode: ${options.mode}` : `mode: ${options.mode}, ${reason}`;
}

export function hasWan({ options }: Plan): boolean {
  return options.mode !== 'lan-only';
}

/** Whether the LAN hides behind the WAN address, and only what it began comes in. */
export function isClosed({ options }: Plan): boolean {
  return options.mode === 'firewall' || options.mode === 'firewall-dmz';
}

/** Without a limit a flood of packets would be one of messages, so that there is no log where there are no limits. */
export function isLogged({ options, features }: Plan): boolean {
  return options.logDropped && features.log && features.limits;
}
