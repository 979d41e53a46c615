import { fromUtf8, utf8 } from '../../base/text.ts';
import { EARLIEST_TIME, Timestamp } from '../../base/instant.ts';
import type { Files } from '../../port/files.ts';
import type { Slot } from '../../wire/slot-state/slot-state.ts';

const SLOT_DAMAGE_FILE = 'state/slot-damage.json';

/** Since when the system of a slot is known to be damaged, as the box knew the time then. */
export interface SlotDamage {
  readonly slot: Slot;
  readonly since: Timestamp;
}

/** Keeps when the damage was seen first; `since` is undefined as long as the box has not known the time. @throws KernelError */
export async function rememberDamage(
  files: Files,
  seen: SlotDamage,
): Promise<{ readonly since: Timestamp | undefined; readonly isNew: boolean }> {
  const known = await load(files);
  const isNew = known?.slot !== seen.slot;
  const isTold = !isNew && (known.since >= EARLIEST_TIME || seen.since < EARLIEST_TIME);
  const { since } = isTold ? known : seen;
  if (!isTold) {
    await files.makeDirectory('state');
    await files.replace(SLOT_DAMAGE_FILE, utf8(JSON.stringify(seen)));
  }
  return { since: since >= EARLIEST_TIME ? since : undefined, isNew };
}

/** To be called when both systems are whole as far as is known. @throws KernelError */
export async function forgetDamage(files: Files): Promise<void> {
  if ((await files.read(SLOT_DAMAGE_FILE)) !== undefined) await files.remove(SLOT_DAMAGE_FILE);
}

/** Undefined if it cannot be read: it is no more than a memory. */
async function load(files: Files): Promise<SlotDamage | undefined> {
  try {
    const bytes = await files.read(SLOT_DAMAGE_FILE);
    const value: unknown = bytes === undefined ? undefined : JSON.parse(fromUtf8(bytes));
    if (typeof value !== 'object' || value === null) return undefined;
    const { slot, since } = value as Partial<Record<keyof SlotDamage, unknown>>;
    return (slot === 'a' || slot === 'b') && typeof since === 'number'
      ? { slot, since: Timestamp(since) }
      : undefined;
  } catch {
    return undefined;
  }
}
