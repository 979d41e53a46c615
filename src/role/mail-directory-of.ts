import type { MailDirectory } from '../engine/mail-routing/mail-directory.ts';
import type { PostOptions } from './ipc.ts';

/** Who gets mail here. `senderBehind` tells whose bounces an address made by the queue takes. */
export function mailDirectoryOf(
  { users, domains, aliases, catchAll }: PostOptions,
  senderBehind?: (local: string) => string | undefined,
): MailDirectory {
  return { users: users.map(({ name }) => name), domains, aliases, catchAll, senderBehind };
}
