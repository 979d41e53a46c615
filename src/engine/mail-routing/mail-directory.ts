/** Who gets mail here. */
export interface MailDirectory {
  /** Names of users, lower case. */
  readonly users: readonly string[];
  /** Domains whose mail is for them, lower case, in the form of the DNS (`xn--`). */
  readonly domains: readonly string[];
  /** Other names and groups: user names, other aliases, addresses. A name among its own members means the user of that name. */
  readonly aliases: Readonly<Record<string, readonly string[]>>;
  /** The user who gets the mail for names that do not exist; without one it is refused. */
  readonly catchAll?: string | undefined;
  /** The address elsewhere that a local part of ours stands for, if it is one that was made for bounces; see the queue's rewriting of senders. */
  readonly senderBehind?: ((local: string) => string | undefined) | undefined;
}
