/** Whether a word can be the number of a message in the queue. */
export function isMessageNumber(word: string): boolean {
  return /^[1-9]\d{0,14}$/.test(word);
}
