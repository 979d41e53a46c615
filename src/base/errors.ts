/**
 * The four answers to "whose fault is it?". Code catches one class by `instanceof` and lets the rest go up;
 * nothing inside the program compares `err.code` strings: adapters in `io/` map foreign errors to these.
 */

/** Where a decoder stopped: byte offset from the start of the message, and the field path. */
export interface DecodePlace {
  readonly offset: number;
  readonly path: string;
}

/** Bytes from a peer that are not what the protocol allows. Never fatal: dropped and counted. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly offset: number;
  readonly path: string;

  constructor(message: string, place: DecodePlace) {
    super(place.path === '' ? message : `${place.path}: ${message}`);
    this.offset = place.offset;
    this.path = place.path;
  }
}

/** The owner or a caller of the API asked for something that cannot be; the message is one clear sentence. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** A value found in the configuration that is not acceptable. */
export interface Problem {
  /** Dotted path, `dhcp.pool.first`; empty for the whole document. */
  readonly path: string;
  /** What was found, printed as JSON; never a secret. */
  readonly found: string;
  /** What would be accepted. */
  readonly wanted: string;
}

/** Every problem of a configuration at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(
      problems
        .map((p) => `${p.path === '' ? '(whole file)' : p.path}: found ${p.found}, wanted ${p.wanted}`)
        .join('\n'),
    );
    this.problems = problems;
  }
}

/** The kernel or operating system refused an operation: errno name, the operation, and the kernel's own text if any. */
export class KernelError extends Error {
  override readonly name = 'KernelError';
  /** Symbolic errno such as `EPERM`. */
  readonly errno: string;
  readonly operation: string;

  constructor(operation: string, errno: string, detail?: string) {
    super(`Cannot ${operation}: ${detail === undefined || detail === '' ? errno : `${detail} (${errno})`}`);
    this.errno = errno;
    this.operation = operation;
  }
}

/** A broken assumption of our own code. Ends the role, which the supervisor restarts. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** For the end of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new InvariantError(`Unexpected variant ${JSON.stringify(value)}`);
}
