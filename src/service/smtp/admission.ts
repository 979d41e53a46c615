import type { SmtpReply } from '../../wire/smtp/reply.ts';
import type { ClientLimits } from './client-limits.ts';
import type { SmtpLimits } from './limits.ts';

export interface AdmissionOptions {
  readonly clients: ClientLimits;
  readonly isLan: (address: string) => boolean;
  /** The owner's rules for this listener. */
  readonly mayConnect: (address: string) => boolean;
  /** Whether guessing at passwords has not shut the address out; asked only where logins are wanted. */
  readonly mayLogIn: (address: string) => boolean;
  readonly limits: Pick<SmtpLimits, 'connections' | 'connectionsForLan'>;
}

const DENIED: SmtpReply = { code: 554, enhanced: '5.7.1', text: 'This service is not for your address' };
const BANNED: SmtpReply = {
  code: 421,
  enhanced: '4.7.0',
  text: 'Too many failed logins from your address, come back later',
};
const TOO_MANY: SmtpReply = {
  code: 421,
  enhanced: '4.7.0',
  text: 'Too many connections or errors from your address, come back later',
};
const FULL: SmtpReply = { code: 421, enhanced: '4.3.2', text: 'Too many connections, try again in a moment' };

/** Decides on the connections of one listener as the kernel hands them out, before anything is held for them but the socket. */
export class Admission {
  readonly #options: AdmissionOptions;
  #open = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * Counts a connection in, or says why not; after undefined {@link leave} must follow.
   * `makeRoom` is called when all connections are taken: whether it has ended one.
   */
  enter(address: string, makeRoom: () => boolean): SmtpReply | undefined {
    const { clients, isLan, mayConnect, mayLogIn, limits } = this.#options;
    if (!mayConnect(address)) return DENIED;
    if (!mayLogIn(address)) return BANNED;
    const most = isLan(address) ? limits.connections : limits.connections - limits.connectionsForLan;
    if (this.#open >= most && !makeRoom()) return FULL;
    if (!clients.connect(address)) return TOO_MANY;
    this.#open++;
    return undefined;
  }

  leave(address: string): void {
    this.#open--;
    this.#options.clients.disconnect(address);
  }
}
