/** Every bound of the server, with what happens at it. All times are milliseconds. */
export interface Pop3Limits {
  /** Octets of a command line without its line end. A longer one is skipped to its end and refused. RFC 2449 §4 wants at least 255. */
  readonly lineLength: number;
  /** Without a whole command, or without reading our reply, for so long: closed without a word (RFC 1939 §3 wants at least 10 minutes). */
  readonly idleTime: number;
  /** From the connection, TLS handshake included, to the login: closed without a word. */
  readonly loginTime: number;
  /** Refused commands in one session before it is told so and closed. */
  readonly badCommands: number;
  /** Failed logins in one session before it is told so and closed. */
  readonly failedLogins: number;
  /** How long the answer to a failed login is held back. */
  readonly failedLoginDelay: number;
  /** Open connections in all. A further one is told so and closed. */
  readonly connections: number;
  /** Open connections of one client address. A further one is told so and closed. */
  readonly connectionsPerAddress: number;
  /** How long {@link Pop3Server.close} waits for commands under way before it cuts them off. */
  readonly closeTime: number;
}

export const DEFAULT_POP3_LIMITS: Pop3Limits = {
  lineLength: 2048,
  idleTime: 600_000,
  loginTime: 180_000,
  badCommands: 20,
  failedLogins: 3,
  failedLoginDelay: 2000,
  connections: 100,
  connectionsPerAddress: 10,
  closeTime: 5000,
};
