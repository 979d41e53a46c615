/** Who has a mailbox open: one session exclusively, or any number of them together. */
export class MaildropLocks {
  /** Sessions that share a mailbox, 0 for one that has it to itself. A mailbox that nobody has open is not in it. */
  readonly #holders = new Map<string, number>();

  /** Whether the mailbox was free for this; then {@link release} must follow. */
  acquire(user: string, access: 'exclusive' | 'shared'): boolean {
    const sharing = this.#holders.get(user);
    if (access === 'exclusive' ? sharing !== undefined : sharing === 0) return false;
    this.#holders.set(user, access === 'exclusive' ? 0 : (sharing ?? 0) + 1);
    return true;
  }

  release(user: string): void {
    const sharing = this.#holders.get(user) ?? 0;
    if (sharing > 1) this.#holders.set(user, sharing - 1);
    else this.#holders.delete(user);
  }
}
