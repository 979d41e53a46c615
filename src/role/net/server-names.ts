import { mailHostName } from '../../config/mail-host-name.ts';
import type { Config } from '../../config/schema.ts';
import { SERVICE_PORTS } from '../../config/service-ports.ts';
import type { ClientServer, ClientServers } from '../../base/client-setup.ts';

/*
 * The names under which the servers of the box are reached.
 */

/** The domains whose mail is for the people of the office. */
export function mailDomains({ mail, system }: Config): readonly string[] {
  return mail.domains.length > 0 ? mail.domains : [system.domain];
}

/** Names that everything set up by hand uses, the mail server's first: a certificate without them is of no use. */
export function serverNames(config: Config): readonly string[] {
  const { domain, name } = config.system;
  const labels = ['smtp', 'pop', 'admin', name].map((label) => `${label}.${domain}`);
  return [...new Set([mailHostName(config), ...labels])];
}

/** Every name a certificate of the box should be for. */
export function certificateNames(config: Config): readonly string[] {
  const { mail } = config;
  const labels = ['mail', 'smtp', 'pop', 'autoconfig', 'autodiscover'];
  const ofMail = mailDomains(config).flatMap((domain) => labels.map((label) => `${label}.${domain}`));
  return [...new Set([...serverNames(config), ...(mail.enabled ? ofMail : [])])];
}

/** Domains below which all of {@link certificateNames} are. */
export function certificateDomains(config: Config): readonly string[] {
  const domains = [...new Set([config.system.domain, ...mailDomains(config)])];
  const host = mailHostName(config);
  return domains.some((domain) => isBelow(host, domain)) ? domains : [...domains, host];
}

/** Whether the name is the domain or below it. */
function isBelow(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}

/**
 * What mail programs of people are told to use. A mail host of another domain has its addresses there; then the names under the
 * office's domain are those that surely lead to the box.
 */
export function clientServers(config: Config): ClientServers {
  const { mail, system } = config;
  if (!mail.enabled) return { domains: [], incoming: [], outgoing: [] };
  const host = mailHostName(config);
  const isOurs = host !== system.domain && isBelow(host, system.domain);
  const server = (service: ClientServer['service'], label: string): ClientServer => ({
    service,
    host: isOurs ? host : `${label}.${system.domain}`,
    port: SERVICE_PORTS[service].port,
    tls: service.endsWith('s') ? 'implicit' : 'starttls',
  });
  return {
    domains: mailDomains(config),
    incoming: [server('pop3s', 'pop'), server('pop3', 'pop')],
    outgoing: [server('submissions', 'smtp'), server('submission', 'smtp')],
  };
}
