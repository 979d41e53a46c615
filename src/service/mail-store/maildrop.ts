import { InvariantError } from '../../base/errors.ts';
import type { IndexedMessage } from '../../engine/mail-store/message-table.ts';
import type { Maildrop, StoredMessage } from '../../port/mailbox.ts';

export interface MaildropPorts {
  read(id: number): Promise<Uint8Array>;
  remove(ids: readonly number[]): Promise<void>;
  unlock(): void;
}

/** A mailbox as it was when it was opened; nobody else removes anything from it until it is closed. */
export class LockedMaildrop implements Maildrop {
  readonly messages: readonly StoredMessage[];
  readonly #ids = new Map<string, number>();
  readonly #ports: MaildropPorts;
  #isOpen = true;

  constructor(messages: readonly IndexedMessage[], ports: MaildropPorts) {
    this.#ports = ports;
    this.messages = messages.map(({ uid, size, received }) => ({ uid, size, received }));
    for (const { uid, id } of messages) this.#ids.set(uid, id);
  }

  async read(uid: string): Promise<Uint8Array> {
    return this.#ports.read(this.#id(uid));
  }

  async remove(uids: readonly string[]): Promise<void> {
    const ids = [...new Set(uids)].map((uid) => this.#id(uid));
    if (ids.length === 0) return;
    await this.#ports.remove(ids);
    for (const uid of uids) this.#ids.delete(uid);
  }

  close(): void {
    if (this.#isOpen) this.#ports.unlock();
    this.#isOpen = false;
  }

  #id(uid: string): number {
    const id = this.#ids.get(uid);
    if (id === undefined || !this.#isOpen) {
      throw new InvariantError(
        `Cannot use message ${uid}: it is not in the mailbox, or the mailbox is closed`,
      );
    }
    return id;
  }
}
