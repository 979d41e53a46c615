import type { Component } from './spdx.ts';

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

/** The packages that the bundle is made of, by package-lock.json: the runtime dependencies with everything these need, and Node. */
export function npmComponents(lockFile: string, node: string): Component[] {
  const { packages } = JSON.parse(lockFile) as LockFile;
  const open = [...Object.keys(packages['']?.dependencies ?? {}), node].map((name) => `node_modules/${name}`);
  const seen = new Set<string>();
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const name of Object.keys(packages[path]?.dependencies ?? {}))
      open.push(placeOf(name, path, packages));
  }
  const components = [...seen].toSorted().map((path) => componentOf(path, packages[path] ?? {}));
  return [...new Map(components.map((one) => [one.name, one])).values()];
}

/** A package nearer to its user hides one that is farther (npm's own search). */
function placeOf(name: string, from: string, packages: Readonly<Record<string, unknown>>): string {
  for (let at = from; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const place = `${at}/node_modules/${name}`;
    if (place in packages) return place;
  }
  return `node_modules/${name}`;
}

function componentOf(path: string, { version = '', license }: LockedPackage): Component {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  return {
    name,
    version,
    kind: 'npm',
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    licence: license,
    licenceText: undefined,
  };
}
