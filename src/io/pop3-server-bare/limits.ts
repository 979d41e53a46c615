/** Every bound of the server, with what happens at it. All times are milliseconds. */
export interface Pop3Limits {
  /** Octets of a command line without its line end. A longer one is skipped to its end and refused. RFC 2449 §4 wants at least 255. */
  readonly lineLength: number;
  /** Octets of commands that wait while one is obeyed. With more, nothing is taken from the network until they are done. */
  readonly waitingInput: number;
  /** Without a whole command, or without reading our reply, for so long: closed without a word (RFC 1939 §3 wants at least 10 minutes). */
  readonly idleTime: number;
  /** From the connection, TLS handshake included, to the login: closed without a word. */
  readonly loginTime: number;
  /** Refused commands in one session before it is told so and closed. */
  readonly badCommands: number;
  /** Failed logins in one session before it is closed. */
  readonly failedLogins: number;
  /** How long the answer to a failed login is held back; doubled by each further one from the same block of addresses. */
  readonly failedLoginDelay: number;
  /** The longest that answer is held back. */
  readonly longestLoginDelay: number;
  /** Different failed logins from one block of addresses (IPv4 /24, IPv6 /56); then none is tried from there for {@link loginBanTime}. */
  readonly failedLoginsPerBlock: number;
  readonly loginBanTime: number;
  /** Blocks of addresses remembered for their failed logins; with more, the one that failed longest ago is forgotten. */
  readonly trackedBlocks: number;
  /** Users remembered for LOGIN-DELAY; with more, the one who came longest ago is forgotten. */
  readonly trackedUsers: number;
  /** How long a login waits for another session of the same user to end before it is told [IN-USE]: mail programs come at the same minute. */
  readonly inUseWait: number;
  /** Open connections in all. A further one is told so and closed. */
  readonly connections: number;
  /** Open connections of one client address (IPv6: /64). A further one is told so and closed. */
  readonly connectionsPerAddress: number;
  /** Octets of messages held in memory to be sent, over all sessions. A further message waits; one alone is always sent. */
  readonly heldOctets: number;
  /** How long {@link Pop3Server.close} waits for commands under way before it cuts them off. */
  readonly closeTime: number;
}

export const DEFAULT_POP3_LIMITS: Pop3Limits = {
  lineLength: 2048,
  waitingInput: 16_384,
  idleTime: 600_000,
  loginTime: 180_000,
  badCommands: 20,
  failedLogins: 3,
  failedLoginDelay: 2000,
  longestLoginDelay: 15_000,
  failedLoginsPerBlock: 20,
  loginBanTime: 3_600_000,
  trackedBlocks: 4096,
  trackedUsers: 4096,
  inUseWait: 3000,
  connections: 100,
  connectionsPerAddress: 10,
  heldOctets: 64 * 2 ** 20,
  closeTime: 5000,
};
