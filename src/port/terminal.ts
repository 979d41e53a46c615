/** What a text terminal can show; 0 of a line that does not say. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface TerminalHandlers {
  /** What was typed, or what noise there was on the line. */
  onOctets(octets: Uint8Array): void;
  /** The terminal is gone: hung up, or taken away. */
  onGone(reason: string): void;
}

/** A text terminal as a screen with a keyboard: nothing is echoed, no key means anything to the kernel. */
export interface Terminal {
  size(): TerminalSize;
  /** What a slow or stopped line does not take in time is left out; {@link isBusy} says whether something is still on its way. */
  write(text: string): void;
  readonly isBusy: boolean;
  close(): void;
}

export interface Terminals {
  /** @throws KernelError */
  open(path: string, handlers: TerminalHandlers): Terminal;
}
