/** Thrown by a handler to say what the client is told, and whether trying again later can help (RFC 3206 §4). */
export class Pop3Failure extends Error {
  override readonly name = 'Pop3Failure';
  readonly code: 'SYS/TEMP' | 'SYS/PERM';

  constructor(message: string, code: 'SYS/TEMP' | 'SYS/PERM') {
    super(message);
    this.code = code;
  }
}
