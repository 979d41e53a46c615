import { UserError } from '../../base/errors.ts';
import type { AliasStatus, Box, NewUser, UserStatus } from '../../port/box.ts';
import type { MailboxSummary } from '../../port/mailbox.ts';
import { hashPassword } from '../../service/accounts.ts';
import type { ConfigStore, Loaded, SourceUser } from '../../service/config-store.ts';

type PeopleCalls = Pick<
  Box,
  'users' | 'addUser' | 'setPassword' | 'setQuota' | 'aliases' | 'setAlias' | 'removeAlias'
>;

/** Applies and stores what `prepare` makes of the configuration of that moment. */
export type Transaction = (prepare: () => Loaded, cause: string) => Promise<readonly string[]>;

type Aliases = Readonly<Record<string, readonly string[]>>;

/** The part of the box behind the control API that is about people and who gets their mail. */
export class People implements PeopleCalls {
  readonly #store: ConfigStore;
  readonly #change: Transaction;
  readonly #mailboxes: () => readonly MailboxSummary[];

  constructor(store: ConfigStore, change: Transaction, mailboxes: () => readonly MailboxSummary[]) {
    this.#store = store;
    this.#change = change;
    this.#mailboxes = mailboxes;
  }

  users(): readonly UserStatus[] {
    const { users, mail, system } = this.#store.current.config;
    const domain = mail.domains[0] ?? system.domain;
    const used = new Map(this.#mailboxes().map(({ user, octets }) => [user, octets]));
    return users.map(({ name, fullName, quota, keepDays }) => ({
      name,
      fullName,
      address: `${name}@${domain}`,
      used: used.get(name) ?? 0,
      quota,
      keepDays: keepDays === 'default' ? mail.keepDays : keepDays,
    }));
  }

  async addUser({ name, fullName, password }: NewUser): Promise<void> {
    const hash = await hashPassword(password);
    await this.#change(() => {
      if (this.#hasUser(name))
        throw new UserError(`Cannot add the user "${name}": there is one of that name`);
      return this.#store.prepareList<SourceUser>(['users'], (users) => [
        ...users,
        { name, fullName, password: hash },
      ]);
    }, `user add ${name}`);
  }

  async setPassword(name: string, password: string): Promise<void> {
    const hash = await hashPassword(password);
    await this.#changeUser(name, { password: hash }, { what: 'password', cause: `user passwd ${name}` });
  }

  async setQuota(name: string, quota: string | null): Promise<void> {
    await this.#changeUser(
      name,
      { quota },
      { what: 'quota', cause: `user quota ${name} ${quota ?? 'none'}` },
    );
  }

  aliases(): readonly AliasStatus[] {
    return Object.entries(this.#store.current.config.mail.aliases).map(([name, members]) => ({
      name,
      members,
    }));
  }

  async setAlias(name: string, members: readonly string[]): Promise<void> {
    await this.#change(
      () => this.#prepare((aliases) => ({ ...aliases, [name]: members })),
      `alias add ${name}`,
    );
  }

  async removeAlias(name: string): Promise<void> {
    await this.#change(() => {
      const known = Object.keys(this.#store.current.config.mail.aliases);
      if (!known.includes(name))
        throw new UserError(
          `Cannot remove the alias "${name}": there is none of that name; "gatepost alias list" shows those there are`,
        );
      return this.#prepare((aliases) =>
        Object.fromEntries(Object.entries(aliases).filter(([one]) => one !== name)),
      );
    }, `alias remove ${name}`);
  }

  async #changeUser(
    name: string,
    changes: Readonly<Record<string, unknown>>,
    { what, cause }: { readonly what: string; readonly cause: string },
  ): Promise<void> {
    await this.#change(() => {
      if (!this.#hasUser(name))
        throw new UserError(`Cannot change the ${what} of "${name}": there is nobody of that name`);
      return this.#store.prepareList<SourceUser>(['users'], (users) =>
        users.map((user) => (user.name === name ? { ...user, ...changes } : user)),
      );
    }, cause);
  }

  #prepare(change: (aliases: Aliases) => Aliases): Loaded {
    return this.#store.prepareRecord(['mail', 'aliases'], change);
  }

  #hasUser(name: string): boolean {
    return this.#store.current.config.users.some((user) => user.name === name);
  }
}
