import { ConfigError } from '../../base/errors.ts';
import { fromUtf8, utf8 } from '../../base/text.ts';
import type { Files } from '../../port/files.ts';
import { RESET_KINDS, type ResetKind } from '../../port/machine.ts';

/** Says that a reset is wanted; it stays until the reset is whole. */
export const RESET_WANTED_FILE = 'config/reset-wanted.json';
const CURRENT = 'config/current.json';
/** What belongs to the configuration besides its own file; see `takeBackConfig`. */
const BESIDE = [`${CURRENT}.refused`, `${CURRENT}.instead`];
/** A configuration that was no configuration, so that nothing an owner has written is lost. */
const UNREADABLE = `${CURRENT}.before-reset`;
/** Which network port is which. */
export const PORTS_FILE = 'state/ports.json';

export interface ResetPorts {
  /** The data directory. */
  readonly files: Files;
  /** Keeps the configuration in its history, once however often it is called. @throws ConfigError if it cannot be read */
  readonly keepCurrent: () => Promise<void>;
  /** Deletes everything in the data directory but the file of this path. */
  readonly deleteAllBut: (path: string) => Promise<void>;
  /** Forgets the copies of the configuration outside the data directory. */
  readonly forgetCopies: () => Promise<void>;
}

/**
 * Wants a reset. From the return on it happens, whatever else does: the power may go at any instant before and leaves the old settings, or
 * after and the next start does it. @throws KernelError
 */
export async function wantReset(files: Files, kind: ResetKind): Promise<void> {
  await files.makeDirectory('config');
  await files.replace(RESET_WANTED_FILE, utf8(JSON.stringify({ kind })));
}

/** Carries out the reset that is wanted, from wherever an earlier try was cut off. Undefined if none is. @throws KernelError */
export async function completeReset(ports: ResetPorts): Promise<ResetKind | undefined> {
  const { files, deleteAllBut, forgetCopies } = ports;
  const wanted = await files.read(RESET_WANTED_FILE);
  if (wanted === undefined) return undefined;
  const kind = kindOf(fromUtf8(wanted));
  if (kind === 'everything') {
    await forgetCopies();
    await deleteAllBut(RESET_WANTED_FILE);
  } else {
    await resetSettings(ports);
  }
  await removeIfThere(files, RESET_WANTED_FILE);
  await files.syncDirectory('config');
  return kind;
}

/** The file was written whole, so that anything else in it is the card's damage: the smaller reset is done then. */
function kindOf(text: string): ResetKind {
  try {
    const { kind } = JSON.parse(text) as { readonly kind?: unknown };
    return RESET_KINDS.find((one) => one === kind) ?? 'settings';
  } catch {
    return 'settings';
  }
}

async function resetSettings({ files, keepCurrent }: ResetPorts): Promise<void> {
  const current = await files.read(CURRENT);
  if (current !== undefined)
    await keepCurrent().catch(async (error: unknown) => {
      if (!(error instanceof ConfigError)) throw error;
      await files.replace(UNREADABLE, current);
    });
  for (const path of [CURRENT, ...BESIDE]) await removeIfThere(files, path);
  await files.syncDirectory('config');
  if ((await files.read(PORTS_FILE)) === undefined) return;
  await files.remove(PORTS_FILE);
  await files.syncDirectory('state');
}

async function removeIfThere(files: Files, path: string): Promise<void> {
  if ((await files.read(path)) !== undefined) await files.remove(path);
}
