import { type Duration, Hours, Minutes, Seconds } from '../../base/duration.ts';

/** What one client address (IPv6: one /64), or one network (IPv4: a /24, IPv6: a /48), may do. */
export interface ClientAllowance {
  /** Open connections. A further one gets 421. */
  readonly connections: number;
  /** Connections begun in a minute. A further one gets 421. */
  readonly connectionsPerMinute: number;
  /** Commands in a minute. At the next the connection gets 421. */
  readonly commandsPerMinute: number;
  /** Messages begun in a minute. A further one gets 450. */
  readonly messagesPerMinute: number;
  /** Replies of the 5xx kind in {@link SmtpLimits.errorWindow}. At the next the connection gets 421, and so do new ones until the time is over. */
  readonly errors: number;
}

/** Every bound of mail reception, with what happens at it. */
export interface SmtpLimits {
  /** Octets of a message. A larger one gets 552, at MAIL if its size is announced. */
  readonly messageSize: number;
  /**
   * Octets of the header of a message. A longer one gets 552: every line of it is looked at in one turn of the event loop, at the expense of everybody else. Real ones, with
   * all their signatures and a thousand recipients, have a tenth; Exim has this limit as well, others have 32 to 256 KiB.
   */
  readonly headerSize: number;
  /** Octets of all messages that are coming in at a time. Beyond it a message gets 452. At least one message of the full size fits. */
  readonly bufferedOctets: number;
  /** Octets of a command line; RFC 5321 §4.5.3.1.4 and the extensions want about 1200. At a longer one the connection gets 421. */
  readonly commandLine: number;
  /** Recipients of a message; RFC 5321 §4.5.3.1.8 wants at least 100. A further one gets 452. */
  readonly recipients: number;
  /** Recipients elsewhere that a message has in the end, by its aliases. With more it gets 452. */
  readonly remoteRecipients: number;
  /** Received fields; with more a message is in a loop and gets 554 (RFC 5321 §6.3). */
  readonly receivedFields: number;
  /** Connections of a listener. At a further one the stranger who has been silent for longest gets 421 if that is {@link crowdedIdleTime}; else the new one does. */
  readonly connections: number;
  /** How many of them only the LAN may have. */
  readonly connectionsForLan: number;
  /** Of a client in the LAN; and of any other, with its network. */
  readonly lan: ClientAllowance;
  readonly wan: ClientAllowance;
  readonly wanNetwork: ClientAllowance;
  /** How long errors are remembered. */
  readonly errorWindow: Duration;
  /** Client addresses, and networks, remembered; with more, the one unheard of for longest is forgotten with its counts. */
  readonly trackedClients: number;
  /** Failed logins in a connection before it gets 421. */
  readonly failedLogins: number;
  /** Commands before a login on a listener that wants one. At the next the connection gets 421. */
  readonly commandsBeforeLogin: number;
  /** How long strangers wait for the greeting of port 25. Those who speak before it get 421: mail servers wait, programs that only send do not. */
  readonly greetingDelay: Duration;
  /** How long TLS may take to be set up at the start. Then the connection is cut. */
  readonly handshakeTime: Duration;
  /** How long a client may be silent: 421 (RFC 5321 §4.5.3.2.7 wants at least 5 minutes). */
  readonly idleTime: Duration;
  /** The same when all connections are taken. */
  readonly crowdedIdleTime: Duration;
  /** How long a connection may last without a message that is taken: 421. */
  readonly sessionTime: Duration;
  /** How long a message may take to come in, however little it is: 421. */
  readonly dataTime: Duration;
  /** Octets that add a second to it. */
  readonly dataRate: number;
  /** How long it may take however much it is. */
  readonly longestDataTime: Duration;
  /** How long the end of the service waits for messages under way. */
  readonly closeTime: Duration;
}

export const DEFAULT_SMTP_LIMITS: SmtpLimits = {
  messageSize: 25 * 2 ** 20,
  headerSize: 2 ** 20,
  bufferedOctets: 64 * 2 ** 20,
  commandLine: 4096,
  recipients: 100,
  remoteRecipients: 1000,
  receivedFields: 50,
  connections: 100,
  connectionsForLan: 20,
  lan: {
    connections: 20,
    connectionsPerMinute: 600,
    commandsPerMinute: 10_000,
    messagesPerMinute: 300,
    errors: 1000,
  },
  wan: {
    connections: 10,
    connectionsPerMinute: 60,
    commandsPerMinute: 1000,
    messagesPerMinute: 60,
    errors: 30,
  },
  wanNetwork: {
    connections: 30,
    connectionsPerMinute: 240,
    commandsPerMinute: 4000,
    messagesPerMinute: 240,
    errors: 120,
  },
  errorWindow: Minutes(10),
  trackedClients: 4096,
  failedLogins: 3,
  commandsBeforeLogin: 30,
  greetingDelay: Seconds(2),
  handshakeTime: Seconds(30),
  idleTime: Minutes(5),
  crowdedIdleTime: Seconds(30),
  sessionTime: Minutes(15),
  dataTime: Minutes(5),
  dataRate: 500,
  longestDataTime: Hours(1),
  closeTime: Seconds(5),
};
