/** A host that takes mail for others after login: the relay of the provider, or another of the office. */
export interface SmartHost {
  /** A name, or an address. */
  readonly host: string;
  readonly port: number;
  /** `none` only for a host of the office: everybody on the way reads it. */
  readonly security: 'none' | 'starttls' | 'tls';
  /** Whether its certificate must be valid for its name. */
  readonly verify: boolean;
  readonly login: { readonly user: string; readonly password: string } | undefined;
}

/** Which mail takes another way. All that is named must fit; an empty list fits everything. */
export interface RouteRule {
  /** Domains of senders. */
  readonly from: readonly string[];
  /** Domains of recipients. */
  readonly to: readonly string[];
  /** In the order they are tried; empty: directly to the hosts of the recipient's domain. */
  readonly via: readonly SmartHost[];
}

export type Route =
  | { readonly kind: 'mx'; readonly key: string; readonly domain: string }
  | { readonly kind: 'smart'; readonly key: string; readonly hosts: readonly SmartHost[] };

function fits(domains: readonly string[], domain: string): boolean {
  return domains.length === 0 || domains.includes(domain);
}

function keyOf(hosts: readonly SmartHost[]): string {
  // No domain has a colon: such a key is never that of a domain.
  return `via:${hosts.map(({ host, port, login }) => `${login?.user ?? ''}@${host}:${port}`).join(',')}`;
}

/** Decides the way of each message: the first rule that fits. */
export class Routing {
  readonly #rules: readonly RouteRule[];
  /** Whether the way depends on who sends. */
  readonly needsSender: boolean;

  constructor(rules: readonly RouteRule[]) {
    this.#rules = rules;
    this.needsSender = rules.some(({ from }) => from.length > 0);
  }

  /** Domains in lower case, in the form of the DNS; the sender's is empty for the null sender. */
  routeFor(senderDomain: string, domain: string): Route {
    const rule = this.#rules.find(({ from, to }) => fits(from, senderDomain) && fits(to, domain));
    if (rule === undefined || rule.via.length === 0) return { kind: 'mx', key: domain, domain };
    return { kind: 'smart', key: keyOf(rule.via), hosts: rule.via };
  }
}
