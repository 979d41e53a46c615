import { type Duration, Minutes, Seconds } from '../../base/duration.ts';

/** What one client address (IPv6: one /64) may do. */
export interface ClientAllowance {
  /** Open connections. A further one gets 421. */
  readonly connections: number;
  /** Messages begun in a minute. A further one gets 450. */
  readonly messagesPerMinute: number;
  /** Replies of the 5xx kind in a minute. At the next the connection gets 421, and so do new ones until the minute is over. */
  readonly errorsPerMinute: number;
}

/** Every bound of mail reception, with what happens at it. */
export interface SmtpLimits {
  /** Octets of a message. A larger one gets 552, at MAIL if its size is announced. */
  readonly messageSize: number;
  /** Octets of all messages that are coming in at a time. Beyond it a message gets 452. At least one message of the full size fits. */
  readonly bufferedOctets: number;
  /** Recipients of a message; RFC 5321 §4.5.3.1.8 wants at least 100. A further one gets 452. */
  readonly recipients: number;
  /** Received fields; with more a message is in a loop and gets 554 (RFC 5321 §6.3). */
  readonly receivedFields: number;
  /** Connections of a listener. A further one gets 421. */
  readonly connections: number;
  readonly wan: ClientAllowance;
  readonly lan: ClientAllowance;
  /** Client addresses remembered; with more, the one unheard of for longest is forgotten with its counts. */
  readonly trackedClients: number;
  /** Failed logins in a connection before it gets 421. */
  readonly failedLogins: number;
  /** How long the answer to a failed login is held back. */
  readonly failedLoginDelay: Duration;
  /** How long a client may be silent: 421 (RFC 5321 §4.5.3.2.7 wants at least 5 minutes). */
  readonly idleTime: Duration;
  /** How long the end of the service waits for messages under way. */
  readonly closeTime: Duration;
}

export const DEFAULT_SMTP_LIMITS: SmtpLimits = {
  messageSize: 25 * 2 ** 20,
  bufferedOctets: 64 * 2 ** 20,
  recipients: 100,
  receivedFields: 50,
  connections: 100,
  wan: { connections: 10, messagesPerMinute: 60, errorsPerMinute: 30 },
  lan: { connections: 20, messagesPerMinute: 300, errorsPerMinute: 300 },
  trackedClients: 4096,
  failedLogins: 3,
  failedLoginDelay: Seconds(2),
  idleTime: Minutes(5),
  closeTime: Seconds(5),
};
