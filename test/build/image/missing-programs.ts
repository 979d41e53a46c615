import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/** Those of the programs that this machine does not have. */
export function missingPrograms(names: readonly string[]): string[] {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  return names.filter((name) => !folders.some((folder) => existsSync(join(folder, name))));
}
