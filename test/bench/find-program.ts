import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/** Where a program is, by name; servers are also looked for where Debian installs them, which is not in everyone's PATH. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/local/sbin', '/usr/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => path.startsWith('/') && existsSync(path));
}
