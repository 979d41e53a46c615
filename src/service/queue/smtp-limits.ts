import { type Duration, Minutes, Seconds } from '../../base/duration.ts';

/** How long a host may take, and how much it may say. */
export interface SmtpClientLimits {
  /** Until the connection stands; the next address may do better. */
  readonly connect: Duration;
  /** Until the greeting, TLS and the answers to EHLO and AUTH are there (RFC 5321 section 4.5.3.2.1). */
  readonly greeting: Duration;
  /** For the answer to a command (sections 4.5.3.2.2 to 4.5.3.2.4, which want at least this; DATA may go out together with the others). */
  readonly command: Duration;
  /** For some octets of the message to be taken (section 4.5.3.2.5). */
  readonly block: Duration;
  /** For the answer to the end of the message (section 4.5.3.2.6): who gives up early makes duplicates. */
  readonly end: Duration;
  /** For one message in all: nobody holds a connection by saying an octet now and then. */
  readonly message: Duration;
  /** For a closing connection to be gone. */
  readonly close: Duration;
  /** Octets of a reply. A longer one ends the connection. */
  readonly reply: number;
}

export const DEFAULT_SMTP_CLIENT_LIMITS: SmtpClientLimits = {
  connect: Seconds(30),
  greeting: Minutes(5),
  command: Minutes(5),
  block: Minutes(3),
  end: Minutes(10),
  message: Minutes(60),
  close: Seconds(5),
  reply: 2 ** 16,
};
