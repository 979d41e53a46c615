import { licenceOf } from './debian-licence.ts';
import { type DebianPool, wholePool } from './debian-pool.ts';
import { npmComponents } from './npm-components.ts';
import { NODE_PACKAGE } from './node-runtime.ts';
import type { LockedPackage } from './package-lock.ts';
import { copyrightPath } from './root-tree.ts';
import type { Component } from './spdx.ts';
import { type Tree, contentOf, resolvePath } from './tree.ts';

/** Everything that the trees have files of: the Debian packages, and what the bundle is made of. */
export function componentsOf(
  trees: readonly Tree[],
  packages: readonly LockedPackage[],
  pool: DebianPool,
  npmLock: string,
): Component[] {
  const origins = new Set(
    trees.flatMap((tree) =>
      [...tree.values()].flatMap((entry) => (entry.kind === 'file' ? [entry.origin] : [])),
    ),
  );
  const whole = wholePool(pool);
  const debian = packages
    .filter(({ name }) => origins.has(name))
    .map(({ name, version, sha256 }): Component => {
      const text = copyrightOf(name, whole);
      const licence = licenceOf(text);
      const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=arm64`;
      return { name, version, kind: 'debian', purl, licence, licenceText: text, sha256 };
    });
  return [...debian, ...npmComponents(npmLock, NODE_PACKAGE)];
}

function copyrightOf(name: string, whole: Tree): string {
  const path = resolvePath(whole, copyrightPath(name));
  const entry = path === undefined ? undefined : whole.get(path);
  return entry?.kind === 'file' ? Buffer.from(contentOf(entry)).toString('utf8') : '';
}
