/** What tells messages apart without reading them. */
export interface ListedMessage {
  readonly uid: string;
  readonly size: number;
  readonly received: number;
}

/**
 * The messages of a backup that a mailbox has no more. A message that was put back before has another UID, but the same size and time; each that is there
 * stands for one of the backup, so that doing it again finds nothing.
 */
export function missingMessages<T extends ListedMessage>(
  backup: readonly T[],
  present: readonly ListedMessage[],
): readonly T[] {
  const saved = new Set(backup.map(({ uid }) => uid));
  const uids = new Set(present.map(({ uid }) => uid));
  const restored = new Map<string, number>();
  for (const message of present) {
    if (saved.has(message.uid)) continue;
    const key = likeness(message);
    restored.set(key, (restored.get(key) ?? 0) + 1);
  }
  return backup.filter((message) => {
    if (uids.has(message.uid)) return false;
    const left = restored.get(likeness(message)) ?? 0;
    if (left > 0) restored.set(likeness(message), left - 1);
    return left === 0;
  });
}

function likeness({ size, received }: ListedMessage): string {
  return `${size} ${received}`;
}
