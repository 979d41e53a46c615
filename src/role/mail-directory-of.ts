import type { MailDirectory } from '../engine/mail-routing/mail-directory.ts';
import type { PostOptions } from './ipc.ts';

/** Domains whose mail stays here: the host's own name is one, as machines write to it by the name it greets with (RFC 5321 §2.3.5). */
export function localDomains({ domains, hostName }: Pick<PostOptions, 'domains' | 'hostName'>): string[] {
  return [...new Set([...domains, hostName.toLowerCase()])];
}

/** Who gets mail here. `senderBehind` tells whose bounces an address made by the queue takes. */
export function mailDirectoryOf(
  options: PostOptions,
  senderBehind?: (local: string) => string | undefined,
): MailDirectory {
  const { users, aliases, catchAll } = options;
  return {
    users: users.map(({ name }) => name),
    domains: localDomains(options),
    aliases,
    catchAll,
    senderBehind,
  };
}
