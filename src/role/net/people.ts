import { UserError } from '../../base/errors.ts';
import type { AliasStatus, Box, NewUser, RemovedUser, UserStatus } from '../../port/box.ts';
import type { MailboxSummary } from '../../port/mailbox.ts';
import { hashPassword } from '../../service/accounts.ts';
import type { ConfigStore, Loaded, SourceUser } from '../../service/config-store.ts';

type PeopleCalls = Pick<
  Box,
  'users' | 'addUser' | 'removeUser' | 'setPassword' | 'setQuota' | 'aliases' | 'setAlias' | 'removeAlias'
>;

/** Applies and stores what `prepare` makes of the configuration of that moment. */
export type Transaction = (prepare: () => Loaded, cause: string) => Promise<readonly string[]>;

type Aliases = Readonly<Record<string, readonly string[]>>;

export interface PeopleParts {
  readonly store: ConfigStore;
  readonly change: Transaction;
  readonly mailboxes: () => readonly MailboxSummary[];
  /** Deletes all mail of a person. @returns how many messages */
  readonly emptyMailbox: (user: string) => Promise<number>;
}

/** The part of the box behind the control API that is about people and who gets their mail. */
export class People implements PeopleCalls {
  readonly #store: ConfigStore;
  readonly #change: Transaction;
  readonly #mailboxes: () => readonly MailboxSummary[];
  readonly #emptyMailbox: PeopleParts['emptyMailbox'];

  constructor({ store, change, mailboxes, emptyMailbox }: PeopleParts) {
    this.#store = store;
    this.#change = change;
    this.#mailboxes = mailboxes;
    this.#emptyMailbox = emptyMailbox;
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

  async removeUser(name: string, deletesMail: boolean): Promise<RemovedUser> {
    const left = this.#mailboxes().find(({ user }) => user === name)?.messages ?? 0;
    if (!this.#hasUser(name) && (!deletesMail || left === 0))
      throw new UserError(
        left === 0
          ? `Cannot remove the user "${name}": there is nobody of that name`
          : `Cannot remove the user "${name}": only the mailbox is left, which is kept unless its mail is to be deleted`,
      );
    if (this.#hasUser(name)) await this.#change(() => this.#prepareWithout(name), `user remove ${name}`);
    return deletesMail ? { kept: 0, deleted: await this.#emptyMailbox(name) } : { kept: left, deleted: 0 };
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

  #prepareWithout(name: string): Loaded {
    const { aliases, catchAll } = this.#store.current.config.mail;
    // An alias of the same name stays a member of groups by itself.
    const groups = Object.entries(aliases)
      .filter(([alias, members]) => alias !== name && members.includes(name) && aliases[name] === undefined)
      .map(([alias]) => `"${alias}"`);
    if (groups.length > 0)
      throw new UserError(
        `Cannot remove the user "${name}": mail for ${groups.join(', ')} goes there; change what these aliases lead to first`,
      );
    if (catchAll === name)
      throw new UserError(
        `Cannot remove the user "${name}": mail for names that do not exist goes there; change mail.catchAll first`,
      );
    return this.#store.prepareList<SourceUser>(['users'], (users) =>
      users.filter((user) => user.name !== name),
    );
  }

  #prepare(change: (aliases: Aliases) => Aliases): Loaded {
    return this.#store.prepareRecord(['mail', 'aliases'], change);
  }

  #hasUser(name: string): boolean {
    return this.#store.current.config.users.some((user) => user.name === name);
  }
}
