import { UserError } from '../../src/base/errors.ts';
import type { AptPackage } from './apt-root.ts';
import type { LockedPackage, PackageLock, WantedPackage, WantedPackages } from './package-lock.ts';

/** What of an apt is asked. */
export interface PackageCatalogue {
  closure(names: readonly string[]): Promise<string[]>;
  describe(names: readonly string[]): Promise<AptPackage[]>;
}

/** Every wanted package with all it depends on, in the versions of today. @throws UserError if one does not exist */
export async function lockWanted(wanted: WantedPackages, apt: PackageCatalogue): Promise<PackageLock> {
  const names = await Promise.all(wanted.packages.map((one) => realName(one, apt)));
  const byName = new Map(wanted.packages.map((one, at) => [names[at] ?? one.name, one]));
  const together = [...byName].filter(([, { alone }]) => alone !== true).map(([name]) => name);
  const needed = together.length === 0 ? [] : await apt.closure(together);
  const all = [...new Set([...byName.keys(), ...needed])];
  const described = await apt.describe(all);
  const packages = all.map((name): LockedPackage => {
    const found = described.find((one) => one.name === name);
    if (found === undefined || !/^[0-9a-f]{64}$/.test(found.sha256))
      throw new UserError(`Cannot lock "${name}": the archive says no hash of it`);
    const { version, sha256, octets } = found;
    const wish = byName.get(name);
    const reason = wish?.reason ?? 'what one of the others depends on';
    return {
      name,
      version,
      sha256,
      octets,
      reason,
      ...(wish?.follow === undefined ? {} : { wanted: wish.name }),
    };
  });
  return { release: wanted.release, components: wanted.components, packages };
}

async function realName({ name, follow }: WantedPackage, apt: PackageCatalogue): Promise<string> {
  if (follow === undefined) return name;
  const [found] = await apt.describe([name]);
  const real = found?.depends.find((one) => one.startsWith(follow));
  if (real === undefined)
    throw new UserError(`Cannot lock "${name}": it depends on no package whose name begins with "${follow}"`);
  return real;
}
