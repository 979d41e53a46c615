import { fromUtf8, utf8 } from '../../base/text.ts';
import type { Files } from '../../port/files.ts';

/** What the new system has to know of the one before, and the one before of why it is back. */
export interface UpdateMemory {
  readonly from: string;
  readonly to: string;
  /** The checks that were well, see `workingChecks`. */
  readonly worked: readonly string[];
  /** It had been whole and known to work: after a failed try it may be tried again. */
  readonly wasSpare?: true | undefined;
  /** Why the new system gave up by itself. */
  readonly reason?: string | undefined;
}

const UPDATE_MEMORY_FILE = 'state/update.json';

export async function saveUpdateMemory(files: Files, memory: UpdateMemory): Promise<void> {
  await files.makeDirectory('state');
  await files.replace(UPDATE_MEMORY_FILE, utf8(JSON.stringify(memory)));
}

/** Undefined if there is none, or one that cannot be read: less is known then, and nothing breaks. */
export async function loadUpdateMemory(files: Files): Promise<UpdateMemory | undefined> {
  try {
    const bytes = await files.read(UPDATE_MEMORY_FILE);
    return bytes === undefined ? undefined : memoryOf(JSON.parse(fromUtf8(bytes)));
  } catch {
    return undefined;
  }
}

function memoryOf(value: unknown): UpdateMemory | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { from, to, worked, wasSpare, reason } = value as Partial<Record<keyof UpdateMemory, unknown>>;
  if (typeof from !== 'string' || typeof to !== 'string' || !Array.isArray(worked)) return undefined;
  return {
    from,
    to,
    worked: worked.filter((path: unknown) => typeof path === 'string'),
    ...(wasSpare === true ? { wasSpare } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
  };
}
