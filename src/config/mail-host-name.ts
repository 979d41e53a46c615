import type { Config } from './schema.ts';

/** The name the mail server greets with, and the MX record leads to. */
export function mailHostName({ mail, system }: Pick<Config, 'mail' | 'system'>): string {
  return mail.hostName ?? `mail.${system.domain}`;
}
