import { InvariantError } from '../../base/errors.ts';
import { type ListedMessage, findListed } from '../../engine/mail-store/listed-message.ts';
import { type MailContent, type Maildrop, MessageGoneError } from '../../port/mailbox.ts';

export interface MaildropPorts {
  /** Whether the message is in the mailbox now. */
  isHeld(id: number): boolean;
  read(id: number, part: 'whole' | 'top'): Promise<MailContent>;
  remove(ids: readonly number[]): Promise<void>;
  unlock(): void;
}

/** A mailbox as it was when it was opened. */
export class OpenMaildrop implements Maildrop {
  /** In the order of their ids. */
  readonly messages: readonly ListedMessage[];
  readonly #ports: MaildropPorts;
  #isOpen = true;

  constructor(messages: readonly ListedMessage[], ports: MaildropPorts) {
    this.messages = messages;
    this.#ports = ports;
  }

  async read(uid: string, part: 'whole' | 'top' = 'whole'): Promise<MailContent> {
    const id = this.#id(uid);
    if (!this.#ports.isHeld(id)) throw gone(uid);
    try {
      return await this.#ports.read(id, part);
    } catch (error) {
      throw this.#ports.isHeld(id) ? error : gone(uid);
    }
  }

  async remove(uids: readonly string[]): Promise<void> {
    const ids = Array.from(new Set(uids), (uid) => this.#id(uid)).filter((id) => this.#ports.isHeld(id));
    if (ids.length > 0) await this.#ports.remove(ids);
  }

  close(): void {
    if (this.#isOpen) this.#ports.unlock();
    this.#isOpen = false;
  }

  #id(uid: string): number {
    const message = findListed(this.messages, uid);
    if (message === undefined || !this.#isOpen) {
      throw new InvariantError(
        `Cannot use message ${uid}: it is not in the mailbox, or the mailbox is closed`,
      );
    }
    return message.id;
  }
}

function gone(uid: string): MessageGoneError {
  return new MessageGoneError(`Cannot read message ${uid}: another session has removed it`);
}
