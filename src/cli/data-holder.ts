import { readFileSync, readdirSync, realpathSync } from 'node:fs';

/** The process of a box that runs on a data directory, by what each process was started with; undefined if there is none. */
export function dataHolder(data: string): number | undefined {
  const wanted = realOr(data);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => argumentsOf(pid).some((argument) => realOr(dataOf(argument)) === wanted));
}

/** Empty for a process that has ended meanwhile. */
function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Every process of a box gets its settings as JSON; undefined for any other argument. */
function dataOf(argument: string): string | undefined {
  if (!argument.startsWith('{"')) return undefined;
  try {
    const { data } = JSON.parse(argument) as { readonly data?: unknown };
    return typeof data === 'string' ? data : undefined;
  } catch {
    return undefined;
  }
}

function realOr(path: string | undefined): string | undefined {
  try {
    return path === undefined ? undefined : realpathSync(path);
  } catch {
    return path;
  }
}
