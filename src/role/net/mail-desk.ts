import { type Duration, Minutes } from '../../base/duration.ts';
import { UserError } from '../../base/errors.ts';
import type { Box } from '../../port/box.ts';
import type { MailHistoryEvent, MailQueueAction, MailQueueView } from '../../port/mail-queue-view.ts';
import type { MailImport, MailImported, MailList, MailStoreStatus } from '../../port/mail-import.ts';
import type { PostAnswer, PostCall } from '../ipc.ts';
import type { Peers } from './peers.ts';

type MailCalls = Pick<
  Box,
  'mailQueue' | 'mailHistory' | 'changeMailQueue' | 'mailList' | 'mailStore' | 'importMail'
>;

/** How long a card under load may take to store what one call changes. */
const STORE_PATIENCE = Minutes(1);

/** The part of the box behind the control API that the post office answers. */
export class MailDesk implements MailCalls {
  readonly #peers: Peers;
  readonly #isUser: (name: string) => boolean;

  constructor(peers: Peers, isUser: (name: string) => boolean) {
    this.#peers = peers;
    this.#isUser = isUser;
  }

  async mailQueue(entries: number): Promise<MailQueueView> {
    return (await this.#ask({ what: 'view', entries }, 'view')).view;
  }

  async mailHistory(id: number): Promise<readonly MailHistoryEvent[]> {
    return (await this.#ask({ what: 'history', id }, 'history')).events;
  }

  async changeMailQueue(action: MailQueueAction, id: number): Promise<void> {
    await this.#ask({ what: action, id }, 'done');
  }

  async mailList(user: string, after: string | undefined): Promise<MailList> {
    return (await this.#ask({ what: 'mailbox', user, after }, 'mailbox')).list;
  }

  /** @returns how many messages are gone */
  async emptyMailbox(user: string): Promise<number> {
    return (await this.#ask({ what: 'empty', user }, 'empty', STORE_PATIENCE)).messages;
  }

  async mailStore(): Promise<MailStoreStatus> {
    const { lastScrub, problem, damage } = (await this.#ask({ what: 'store' }, 'store')).health;
    const lastCheck = lastScrub === undefined ? null : new Date(lastScrub).toISOString();
    return { lastCheck, problem: problem ?? null, damage };
  }

  async importMail(user: string, mail: MailImport): Promise<MailImported> {
    if (!this.#isUser(user))
      throw new UserError(
        `Cannot put mail into the mailbox of "${user}": there is nobody of that name; "gatepost user add ${user}" makes one`,
      );
    return (await this.#ask({ what: 'import', user, mail }, 'import', STORE_PATIENCE)).imported;
  }

  async #ask<W extends PostAnswer['what']>(
    call: PostCall,
    wanted: W,
    patience?: Duration,
  ): Promise<Extract<PostAnswer, { readonly what: W }>> {
    const answer = await this.#peers.askPost(call, patience);
    if (answer.what === wanted) return answer as Extract<PostAnswer, { readonly what: W }>;
    throw new UserError(
      answer.what === 'refused' ? answer.sentence : 'The post office answered something else',
    );
  }
}
