import { Pop3Failure } from '../../io/pop3-server-bare/failure.ts';
import type { Maildrop, StoredMessage } from '../../port/mailbox.ts';

interface Shared {
  readonly maildrop: Maildrop;
  readonly removed: Set<string>;
  sessions: number;
}

/**
 * Lets several sessions of a user have one mailbox: the first opens it, the last one closes it. Each sees what was in it when the first came, without
 * what was removed before its own time; its numbers never change.
 */
export class SharedMaildrops {
  readonly #open: (user: string) => Promise<Maildrop | undefined>;
  readonly #shared = new Map<string, Promise<Shared | undefined>>();

  constructor(open: (user: string) => Promise<Maildrop | undefined>) {
    this.#open = open;
  }

  /** Undefined while somebody else holds the mailbox. */
  async open(user: string): Promise<Maildrop | undefined> {
    const known = this.#shared.get(user);
    const opening = known ?? this.#openFirst(user);
    this.#shared.set(user, opening);
    const shared = await opening;
    if (shared === undefined) return undefined;
    // The last of the others may have closed it meanwhile.
    if (known !== undefined && shared.sessions === 0) return this.open(user);
    shared.sessions++;
    return this.#session(user, shared);
  }

  async #openFirst(user: string): Promise<Shared | undefined> {
    try {
      const maildrop = await this.#open(user);
      if (maildrop !== undefined) return { maildrop, removed: new Set(), sessions: 0 };
      this.#shared.delete(user);
      return undefined;
    } catch (error) {
      this.#shared.delete(user);
      throw error;
    }
  }

  #session(user: string, shared: Shared): Maildrop {
    const { maildrop, removed } = shared;
    const messages: readonly StoredMessage[] = maildrop.messages.filter(({ uid }) => !removed.has(uid));
    let isOpen = true;
    return {
      messages,
      read: async (uid) => {
        if (removed.has(uid)) throw new Pop3Failure('Another session has deleted this message', 'SYS/PERM');
        return maildrop.read(uid);
      },
      remove: async (uids) => {
        const left = uids.filter((uid) => !removed.has(uid));
        if (left.length > 0) await maildrop.remove(left);
        for (const uid of left) removed.add(uid);
      },
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        shared.sessions--;
        if (shared.sessions > 0) return;
        this.#shared.delete(user);
        maildrop.close();
      },
    };
  }
}
