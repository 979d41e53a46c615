import { UserError } from '../../base/errors.ts';
import type { Box, MailHistoryEvent, MailQueueAction, MailQueueView } from '../../port/box.ts';
import type { QueueAnswer, QueueCall } from '../ipc.ts';
import type { Peers } from './peers.ts';

type MailCalls = Pick<Box, 'mailQueue' | 'mailHistory' | 'changeMailQueue'>;

/** The part of the box behind the control API that the post office answers. */
export class MailDesk implements MailCalls {
  readonly #peers: Peers;

  constructor(peers: Peers) {
    this.#peers = peers;
  }

  async mailQueue(): Promise<MailQueueView> {
    return (await this.#ask({ what: 'view' }, 'view')).view;
  }

  async mailHistory(id: number): Promise<readonly MailHistoryEvent[]> {
    return (await this.#ask({ what: 'history', id }, 'history')).events;
  }

  async changeMailQueue(action: MailQueueAction, id: number): Promise<void> {
    await this.#ask({ what: action, id }, 'done');
  }

  async #ask<W extends QueueAnswer['what']>(
    call: QueueCall,
    wanted: W,
  ): Promise<Extract<QueueAnswer, { readonly what: W }>> {
    const answer = await this.#peers.askQueue(call);
    if (answer.what === wanted) return answer as Extract<QueueAnswer, { readonly what: W }>;
    throw new UserError(
      answer.what === 'refused' ? answer.sentence : 'The post office answered something else',
    );
  }
}
