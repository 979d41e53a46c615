import { splitMailbox, unquoted, withoutDetail } from '../../wire/smtp/mailbox-name.ts';
import type { MailDirectory } from './mail-directory.ts';

/** Where mail for an address goes. */
export type Route =
  /** Everybody in the end, each once; at least one. */
  | { readonly kind: 'here'; readonly users: readonly string[]; readonly outside: readonly string[] }
  /** The domain is none of ours. */
  | { readonly kind: 'elsewhere' }
  /** One of our domains, and nobody of that name. */
  | { readonly kind: 'unknown' }
  /** The aliases lead too deep or to too many; the owner has to look after them. */
  | { readonly kind: 'tangled' };

/** Aliases on the way from an address to a recipient; at more the route is `tangled`. */
export const MOST_NESTING = 10;
/** Recipients behind one address; at more the route is `tangled`. */
export const MOST_RECIPIENTS = 500;

/** Names every domain must have (RFC 5321 §4.5.1, RFC 2142 §4). */
const RESERVED = ['postmaster', 'abuse'];
const ADMIN = 'admin';

/** Spellings that no sender means to be different: case, and the same letters composed otherwise. */
function nameOf(local: string): string {
  return unquoted(local).normalize('NFC').toLowerCase();
}

class Expansion {
  readonly users = new Set<string>();
  /** By its spelling in lower case: two spellings of a mailbox elsewhere would get the mail twice. */
  readonly outside = new Map<string, string>();
  /** Aliases between the address and here: one that leads back to itself means the user of that name. */
  readonly path: string[] = [];
  readonly done = new Set<string>();
  isTangled = false;

  get size(): number {
    return this.users.size + this.outside.size;
  }
}

/** Finds out who is behind an address. */
export class MailRouting {
  readonly #users: ReadonlySet<string>;
  readonly #domains: ReadonlySet<string>;
  readonly #aliases: ReadonlyMap<string, readonly string[]>;
  /** Who gets the mail for the reserved names if the owner has not said so. */
  readonly #caretaker: string | undefined;
  readonly #catchAll: string | undefined;
  readonly #senderBehind: MailDirectory['senderBehind'];
  /** Who is behind aliases that were asked for: a message may name a large group a hundred times, each with a detail of its own. */
  readonly #expansions = new Map<string, Expansion>();

  constructor({ users, domains, aliases, catchAll, senderBehind }: MailDirectory) {
    this.#senderBehind = senderBehind;
    this.#users = new Set(users);
    this.#domains = new Set(domains);
    this.#aliases = new Map(Object.entries(aliases).map(([name, members]) => [nameOf(name), members]));
    this.#caretaker = this.#users.has(ADMIN) ? ADMIN : users[0];
    this.#catchAll = catchAll !== undefined && this.#users.has(catchAll) ? catchAll : undefined;
  }

  /** Whether there is a user of that name. */
  isUser(name: string): boolean {
    return this.#users.has(name);
  }

  /** `address` with its domain in the form of the DNS; without a domain it is one of ours (RFC 5321 §4.1.1.3). */
  resolve(address: string): Route {
    const { local, domain } = splitMailbox(address);
    if (domain !== '' && !this.#domains.has(domain)) return { kind: 'elsewhere' };
    const sender = this.#senderBehind?.(local);
    if (sender !== undefined) return { kind: 'here', users: [], outside: [sender] };
    const name = nameOf(local);
    const expansion = this.#expansionOf(name);
    if (expansion.isTangled) return { kind: 'tangled' };
    if (expansion.size > 0) {
      return { kind: 'here', users: [...expansion.users], outside: [...expansion.outside.values()] };
    }
    const isReserved = RESERVED.includes(withoutDetail(name) ?? name);
    const user = (isReserved ? this.#caretaker : undefined) ?? this.#catchAll;
    return user === undefined ? { kind: 'unknown' } : { kind: 'here', users: [user], outside: [] };
  }

  #expansionOf(name: string): Expansion {
    const base = this.#aliases.has(name) || this.#users.has(name) ? name : (withoutDetail(name) ?? name);
    const known = this.#expansions.get(base);
    if (known !== undefined) return known;
    const expansion = new Expansion();
    this.#expand(base, expansion);
    if (this.#aliases.has(base)) this.#expansions.set(base, expansion);
    return expansion;
  }

  #expand(name: string, expansion: Expansion): void {
    const members = expansion.path.includes(name) ? undefined : this.#aliases.get(name);
    if (members !== undefined) {
      this.#expandAlias(name, members, expansion);
      return;
    }
    if (this.#users.has(name)) {
      expansion.users.add(name);
      return;
    }
    const base = withoutDetail(name);
    if (base !== undefined) this.#expand(base, expansion);
  }

  #expandAlias(name: string, members: readonly string[], expansion: Expansion): void {
    if (expansion.done.has(name)) return;
    if (expansion.path.length >= MOST_NESTING) expansion.isTangled = true;
    if (expansion.isTangled) return;
    expansion.path.push(name);
    for (const member of members) this.#expandMember(member, expansion);
    expansion.path.pop();
    expansion.done.add(name);
    if (expansion.size > MOST_RECIPIENTS) expansion.isTangled = true;
  }

  #expandMember(member: string, expansion: Expansion): void {
    const { local, domain } = splitMailbox(member);
    const name = nameOf(local);
    if (domain !== '' && !this.#domains.has(domain)) {
      const key = `${name}@${domain}`;
      if (!expansion.outside.has(key)) expansion.outside.set(key, `${local}@${domain}`);
      return;
    }
    const isNobody = name === ADMIN && !this.#users.has(ADMIN) && !this.#aliases.has(ADMIN);
    if (isNobody && this.#caretaker !== undefined) expansion.users.add(this.#caretaker);
    else this.#expand(name, expansion);
  }
}
