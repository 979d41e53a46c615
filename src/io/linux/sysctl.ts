import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { UserError } from '../../base/errors.ts';
import { kernelErrorFrom } from '../node/errors.ts';

/**
 * The file of a dotted name under /proc/sys. As with sysctl(8), a slash in the name stands for a dot: device names
 * with a dot are written `net.ipv4.conf.eth0/5.forwarding`.
 */
function pathOf(name: string): string {
  if (!/^[a-z0-9_]+(\.[\w/@:-]+)+$/i.test(name))
    throw new UserError(`Cannot use "${name}" as the name of a kernel setting`);
  const parts = name.split('.').map((part) => part.replaceAll('/', '.'));
  if (parts.some((part) => part === '.' || part === '..')) {
    throw new UserError(`Cannot use "${name}" as the name of a kernel setting`);
  }
  return `/proc/sys/${parts.join('/')}`;
}

/** The value of a kernel setting without its line end, runs of white space as one blank. @throws KernelError */
export function readSysctl(name: string): string {
  try {
    return readFileSync(pathOf(name), 'latin1').trim().replaceAll(/\s+/g, ' ');
  } catch (error) {
    throw kernelErrorFrom(`read the kernel setting ${name}`, error);
  }
}

/** Sets a kernel setting unless it has that value already; returns whether it was written. @throws KernelError */
export function writeSysctl(name: string, value: string | number): boolean {
  const wanted = String(value);
  if (readSysctl(name) === wanted) return false;
  try {
    writeFileSync(pathOf(name), `${wanted}\n`);
  } catch (error) {
    throw kernelErrorFrom(`set the kernel setting ${name} to ${wanted}`, error);
  }
  return true;
}

/** What lies directly below a name, dots written as slashes: the devices below `net.ipv4.conf`. @throws KernelError */
export function listSysctls(name: string): readonly string[] {
  try {
    return readdirSync(pathOf(name)).map((entry) => entry.replaceAll('.', '/'));
  } catch (error) {
    throw kernelErrorFrom(`list the kernel settings of ${name}`, error);
  }
}
