import { messageOf } from '../../base/errors.ts';
import type { DeliveryPlan, RoutedRecipient } from '../../engine/mail-routing/plan-delivery.ts';
import type { Clock } from '../../port/clock.ts';
import type { Log } from '../../port/log.ts';
import { type Envelope, type MailStore, QuotaError, StoreFullError } from '../../port/mailbox.ts';
import type { Outgoing } from './outgoing.ts';
import { Refusal } from './refusal.ts';

export interface HandoverOptions {
  readonly outgoing: Outgoing | undefined;
  readonly store: MailStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** A message that is accepted as far as anything but the storage can tell. */
export interface Accepted {
  readonly id: string;
  readonly envelope: Envelope;
  readonly plan: DeliveryPlan;
  readonly recipients: readonly RoutedRecipient[];
  readonly message: Uint8Array;
  /** Whether it comes from one of ours, who is the sender that is named. */
  readonly isOurs: boolean;
}

/** Stores messages, and sees to it that their senders are told what they want to know. */
export class Handover {
  readonly #options: HandoverOptions;

  constructor(options: HandoverOptions) {
    this.#options = options;
  }

  /** Resolves when the message is on stable storage. @throws Refusal */
  async store(accepted: Accepted): Promise<void> {
    const full = await this.#storeOrRefuse(accepted);
    this.#reportSuccess(accepted, full);
    const { id, envelope, message } = accepted;
    const names = namesOf(envelope, full);
    this.#options.log.info(`Stored ${id} from <${envelope.sender}> for ${names}: ${message.length} octets`);
  }

  /** @returns users whose mailboxes are full and whose sender was told so */
  async #storeOrRefuse(accepted: Accepted): Promise<readonly string[]> {
    const { id, envelope } = accepted;
    try {
      return await this.#storeForMost(accepted);
    } catch (error) {
      if (error instanceof QuotaError) {
        const text = 'The message does not fit into the mailbox of a recipient';
        throw new Refusal({ code: 452, enhanced: '4.2.2', text });
      }
      this.#options.log.error(
        `Cannot store the message ${id} for ${namesOf(envelope, [])}: ${messageOf(error)}`,
      );
      throw new Refusal(
        error instanceof StoreFullError
          ? { code: 452, enhanced: '4.3.1', text: 'The storage is full, try again later' }
          : { code: 451, enhanced: '4.3.0', text: 'The message cannot be stored now, try again later' },
      );
    }
  }

  /**
   * The end of DATA has one answer for all recipients. "452" would keep the message from those who have room for as long as one has none, so they get it, and
   * it is returned for the others. Stored first and returned after: when the box dies in between, the sender has no "250" yet and tries again.
   */
  async #storeForMost(accepted: Accepted): Promise<readonly string[]> {
    const { store, outgoing } = this.#options;
    const { envelope, message } = accepted;
    try {
      await store.deliver(envelope, message);
      return [];
    } catch (error) {
      if (!(error instanceof QuotaError) || outgoing === undefined) throw error;
      const full = error.users;
      const users = envelope.users.filter((user) => !full.includes(user));
      if (users.length + (envelope.remote ?? []).length === 0) throw error;
      await store.deliver({ ...envelope, users }, message);
      await this.#returnFor(full, outgoing, accepted);
      return full;
    }
  }

  async #returnFor(full: readonly string[], outgoing: Outgoing, accepted: Accepted): Promise<void> {
    const { envelope, message, recipients, isOurs } = accepted;
    const { sender, envelopeId } = envelope;
    // To a sender that a stranger has made up, the whole would be spam in our name; and it would go into the full mailbox of one of ours.
    const returns = isOurs ? envelope.returns : 'headers';
    const failed = recipients.filter(
      ({ route, notify }) => isFor(full, route) && (notify === undefined || notify.includes('failure')),
    );
    if (failed.length === 0) return;
    const time = this.#options.clock.wallTime();
    await outgoing.reportFailure({
      sender,
      envelopeId,
      returns,
      time,
      message,
      recipients: failed.map(({ address, originalRecipient }) => ({ address, originalRecipient })),
    });
  }

  #reportSuccess({ envelope, plan, recipients, message }: Accepted, full: readonly string[]): void {
    const { outgoing, clock } = this.#options;
    const { sender, envelopeId, returns } = envelope;
    const failed = recipients.filter(({ route }) => isFor(full, route)).map(({ address }) => address);
    const reports = plan.reports.filter(({ address }) => !failed.includes(address));
    if (outgoing === undefined || sender === '' || reports.length === 0) return;
    const time = clock.wallTime();
    outgoing.reportDelivery({ sender, envelopeId, returns, time, recipients: reports, message });
  }
}

/** Whether a route leads to one of these users. */
function isFor(users: readonly string[], route: RoutedRecipient['route']): boolean {
  return route.kind === 'here' && route.users.some((user) => users.includes(user));
}

function namesOf({ users, remote = [] }: Envelope, full: readonly string[]): string {
  const stored = users.filter((user) => !full.includes(user));
  const returned = full.map((user) => `not ${user} (the mailbox is full)`);
  return [...stored, ...remote.map(({ address }) => `<${address}>`), ...returned].join(', ');
}
