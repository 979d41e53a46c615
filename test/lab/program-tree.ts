import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { outputOf } from './run-command.ts';

/** Puts programs with their libraries into a root of their own, under the same names as here, and all applets of busybox. */
export async function copyPrograms(root: string, programs: readonly string[]): Promise<void> {
  for (const program of programs) {
    const path = (await outputOf(['which', program])).trim();
    const libraries = (await outputOf(['ldd', path])).match(/\/\S+(?= \(0x)/g) ?? [];
    for (const file of [path, ...libraries]) {
      mkdirSync(join(root, dirname(file)), { recursive: true });
      copyFileSync(file, join(root, file));
    }
  }
  mkdirSync(join(root, 'bin'), { recursive: true });
  const busybox = (await outputOf(['which', 'busybox'])).trim();
  for (const applet of (await outputOf(['busybox', '--list'])).trim().split('\n'))
    if (applet !== 'busybox') symlinkSync(busybox, join(root, 'bin', applet));
}
