import { asciiLower } from '../../base/text.ts';
import { splitMailbox, withoutDetail } from '../../wire/smtp/mailbox-name.ts';
import type { SmtpReply } from '../../wire/smtp/reply.ts';

/** Who gets mail here. */
export interface MailDirectory {
  /** Names of users, lower case. */
  readonly users: readonly string[];
  /** Domains whose mail is for them, lower case, in the form of the DNS (`xn--`). */
  readonly domains: readonly string[];
  /** Other names and groups: user names, other aliases, addresses. */
  readonly aliases: Readonly<Record<string, readonly string[]>>;
}

export type Resolution =
  | { readonly kind: 'users'; readonly users: readonly string[] }
  | { readonly kind: 'refused'; readonly reply: SmtpReply };

/** Names every domain must have (RFC 5321 §4.5.1, RFC 2142 §4). */
const RESERVED = ['postmaster', 'abuse'];
const ADMIN = 'admin';

interface Expansion {
  readonly users: Set<string>;
  /** Aliases on the way: one that leads back to itself means the user of that name. */
  readonly visited: Set<string>;
  leadsOutside: boolean;
}

function refused(enhanced: string, text: string): Resolution {
  return { kind: 'refused', reply: { code: 550, enhanced, text } };
}

/** Finds the users behind an address of the envelope. */
export class Recipients {
  readonly #users: ReadonlySet<string>;
  readonly #domains: ReadonlySet<string>;
  readonly #aliases: ReadonlyMap<string, readonly string[]>;
  /** Who gets the mail for the reserved names if the owner has not said so. */
  readonly #caretaker: string | undefined;

  constructor(directory: MailDirectory) {
    this.#users = new Set(directory.users);
    this.#domains = new Set(directory.domains);
    this.#aliases = new Map(
      Object.entries(directory.aliases).map(([name, members]) => [asciiLower(name), members]),
    );
    this.#caretaker = this.#users.has(ADMIN) ? ADMIN : directory.users[0];
  }

  /** `address` with its domain in the form of the DNS. */
  resolve(address: string): Resolution {
    const { local, domain } = splitMailbox(address);
    if (domain !== '' && !this.#domains.has(domain)) {
      return refused(
        '5.7.1',
        `<${address}> is not a mailbox of this server, and it does not send mail to other hosts`,
      );
    }
    const name = asciiLower(local);
    const expansion: Expansion = { users: new Set(), visited: new Set(), leadsOutside: false };
    this.#expand(name, expansion);
    if (expansion.leadsOutside) {
      return refused(
        '5.3.3',
        `<${address}> also goes to a mailbox elsewhere, and this server does not send mail to other hosts`,
      );
    }
    if (expansion.users.size > 0) return { kind: 'users', users: [...expansion.users] };
    const isReserved = RESERVED.includes(withoutDetail(name) ?? name);
    if (isReserved && this.#caretaker !== undefined) return { kind: 'users', users: [this.#caretaker] };
    return refused('5.1.1', `There is no mailbox <${address}> here`);
  }

  #expand(name: string, expansion: Expansion): void {
    const members = expansion.visited.has(name) ? undefined : this.#aliases.get(name);
    if (members !== undefined) {
      expansion.visited.add(name);
      for (const member of members) this.#expandMember(member, expansion);
      return;
    }
    if (this.#users.has(name)) {
      expansion.users.add(name);
      return;
    }
    const base = withoutDetail(name);
    if (base !== undefined) this.#expand(base, expansion);
  }

  #expandMember(member: string, expansion: Expansion): void {
    const { local, domain } = splitMailbox(member);
    if (domain === '' || this.#domains.has(domain)) this.#expand(asciiLower(local), expansion);
    else expansion.leadsOutside = true;
  }
}
