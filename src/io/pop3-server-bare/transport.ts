/** What a session needs of its connection. Nothing here rejects: a connection that breaks ends the session instead. */
export interface Transport {
  /**
   * Resolves when more may be sent, at once if the connection is gone. With `isMoreComing` it may wait for what follows at once, to go out in one piece.
   */
  write(bytes: Uint8Array, isMoreComing?: boolean): Promise<undefined>;
  /** Stops the input: what the client sends meanwhile waits in the network, not in our memory. */
  pause(): void;
  resume(): void;
  /** Puts TLS around the connection; plaintext that has come in and not been delivered is thrown away. */
  startTls(): void;
  /** Sends what is queued and closes. */
  end(): void;
  /** Cuts the connection off after so many milliseconds unless called again; undefined: never. */
  setDeadline(time: number | undefined): void;
}
