import { existsSync, readFileSync } from 'node:fs';
import { UserError } from '../../src/base/errors.ts';

/** Someone's wish, in firmware/wanted-packages.json. */
export interface WantedPackage {
  readonly name: string;
  readonly reason: string;
  /** Take, in place of this package, the one it depends on whose name begins with this: the kernel's own name changes with every version. */
  readonly follow?: string;
  /** Leave out what it depends on. */
  readonly alone?: boolean;
}

export interface WantedPackages {
  /** Debian's name of the release. */
  readonly release: string;
  readonly components: readonly string[];
  readonly packages: readonly WantedPackage[];
}

/** A package exactly as it goes into an image. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  readonly octets: number;
  readonly reason: string;
  /** The wish it stands for, if that has another name. */
  readonly wanted?: string | undefined;
}

export interface PackageLock {
  readonly release: string;
  readonly components: readonly string[];
  readonly packages: readonly LockedPackage[];
}

/** @throws UserError if there is none */
export function readPackageLock(path: string): PackageLock {
  if (!existsSync(path))
    throw new UserError(
      `Cannot build an image: ${path} is missing, which names every Debian package with version and hash; "npm run image:lock" writes it and needs a Debian mirror`,
    );
  return JSON.parse(readFileSync(path, 'utf8')) as PackageLock;
}

export function packageLockText(lock: PackageLock): string {
  const packages = lock.packages.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return `${JSON.stringify({ ...lock, packages }, undefined, 2)}\n`;
}

/** The package that stands for a wish. @throws UserError */
export function lockedFor(lock: PackageLock, wanted: string): LockedPackage {
  const found = lock.packages.find((one) => one.wanted === wanted || one.name === wanted);
  if (found === undefined)
    throw new UserError(
      `Cannot find "${wanted}" in firmware/packages.json; enter it in firmware/wanted-packages.json and run "npm run image:lock"`,
    );
  return found;
}
