import { asciiLower, fromLatin1 } from '../../base/text.ts';

const NAME = 'return-path:';

/** A stored message as it may go to another host: without the Return-Path that was put in front for final delivery (RFC 5321 §4.4). */
export function withoutReturnPath(message: Uint8Array): Uint8Array {
  if (asciiLower(fromLatin1(message.subarray(0, NAME.length))) !== NAME) return message;
  let end = message.indexOf(10) + 1;
  // Folded lines belong to the field (RFC 5322 §2.2.3).
  while (end > 0 && (message[end] === 32 || message[end] === 9)) end = message.indexOf(10, end) + 1;
  return end === 0 ? new Uint8Array(0) : message.subarray(end);
}
