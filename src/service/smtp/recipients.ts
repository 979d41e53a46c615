import type { MailRouting, Route } from '../../engine/mail-routing/mail-routing.ts';
import type { RoutedRecipient } from '../../engine/mail-routing/plan-delivery.ts';
import { splitMailbox } from '../../wire/smtp/mailbox-name.ts';
import type { Outgoing, RelayClient } from './outgoing.ts';
import { Refusal } from './refusal.ts';

export interface RecipientsOptions {
  readonly routing: () => MailRouting;
  readonly outgoing: Outgoing | undefined;
  /** Octets that still fit into a mailbox. */
  readonly room: (user: string) => number;
}

/** Decides who may send to whom. */
export class Recipients {
  readonly #options: RecipientsOptions;

  constructor(options: RecipientsOptions) {
    this.#options = options;
  }

  /** Whether a login still counts: people may be removed while they are logged in. */
  isUser(name: string): boolean {
    return this.#options.routing().isUser(name);
  }

  /**
   * Where mail of `client` for `address`, its domain in the form of the DNS, goes. `host` is the address of this host that the client has called.
   * @throws Refusal
   */
  route(address: string, client: RelayClient, host: string): RoutedRecipient['route'] {
    const route = this.#options.routing().resolve(withoutLiteral(address, host));
    if (route.kind === 'elsewhere') this.#checkRelay(address, client);
    else if (route.kind === 'unknown') throw refusal('5.1.1', `There is no mailbox <${address}> here`);
    else if (route.kind === 'tangled') {
      const text = `<${address}> leads to too many mailboxes, or too far; its owner has to look after it`;
      throw new Refusal({ code: 451, enhanced: '4.3.5', text });
    } else if (route.outside.length > 0 && this.#options.outgoing === undefined) {
      const text = `<${address}> also goes to a mailbox elsewhere, and this server does not send mail to other hosts`;
      throw refusal('5.3.3', text);
    }
    return route;
  }

  /** Refuses a message of so many octets that fits into no mailbox of a route: one full mailbox does not stop the mail of a group. @throws Refusal */
  checkRoom(address: string, route: Route, octets: number): void {
    if (route.kind !== 'here' || route.outside.length > 0) return;
    const isFull = route.users.every((user) => this.#options.room(user) < Math.max(1, octets));
    if (!isFull) return;
    const text = `The message does not fit into the mailbox <${address}>`;
    throw new Refusal({ code: 452, enhanced: '4.2.2', text });
  }

  #checkRelay(address: string, client: RelayClient): void {
    const { outgoing } = this.#options;
    if (outgoing === undefined) {
      const text = `<${address}> is not a mailbox of this server, and it does not send mail to other hosts`;
      throw refusal('5.7.1', text);
    }
    if (outgoing.mayRelay(client)) return;
    const text = `<${address}> is not a mailbox of this server, and it sends to other hosts only for its own people`;
    throw refusal('5.7.1', text);
  }
}

/** An address at the number of this host (RFC 5321 §4.1.3) means the same name at our domains; at the number of another host it is elsewhere. */
function withoutLiteral(address: string, host: string): string {
  const { local, domain } = splitMailbox(address);
  return domain === `[${host}]` || domain === `[ipv6:${host}]` ? `${local}@` : address;
}

function refusal(enhanced: string, text: string): Refusal {
  return new Refusal({ code: 550, enhanced, text });
}
