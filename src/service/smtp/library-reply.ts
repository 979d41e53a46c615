/**
 * The enhanced codes of smtp-server's own replies that its table by reply code gets wrong (RFC 3463, RFC 5248, RFC 4954 §4): by reply code and
 * the beginning of the text.
 */
const CORRECTIONS: readonly (readonly [code: number, start: string, enhanced: string])[] = [
  [421, 'Timeout', '4.4.2'],
  [421, 'Server shutting down', '4.3.2'],
  [421, 'Error: Command line too long', '4.5.2'],
  // Everything else that ends a connection is about what the client did: too soon, too often, by HTTP.
  [421, '', '4.7.0'],
  [252, '', '2.0.0'],
  [501, 'Authentication aborted', '5.7.0'],
  [501, 'Error: invalid userdata', '5.5.2'],
  [501, 'Error: missing username', '5.5.2'],
  [538, '', '5.7.11'],
];

/** The codes that have a correction at all. */
const CONCERNED = new Set(CORRECTIONS.map(([code]) => code));

/** The right enhanced code for a reply of smtp-server; undefined if its own will do. */
export function correctedCode(code: number, text: string): string | undefined {
  if (!CONCERNED.has(code)) return undefined;
  return CORRECTIONS.find(([one, start]) => one === code && text.startsWith(start))?.[2];
}
