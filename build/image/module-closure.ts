import { matchesGlob } from 'node:path';
import { UserError } from '../../src/base/errors.ts';

/** Which modules of the kernel go into the image, and why. */
export interface ModuleRule {
  /** A module's name as `modprobe` takes it. */
  readonly name?: string;
  /** A glob of files, `kernel/net/netfilter/nft_*`: for what the kernel asks for by aliases that no list foresees. */
  readonly files?: string;
  readonly reason: string;
}

/** What depmod says of a kernel. */
export interface ModuleIndex {
  /** Path of each module, with the paths of those it cannot be without. */
  readonly dependencies: ReadonlyMap<string, readonly string[]>;
  /** Names of what is part of the kernel itself. */
  readonly builtin: ReadonlySet<string>;
  /** Names or aliases that a module asks for at its start (`softdep`). */
  readonly soft: ReadonlyMap<string, readonly string[]>;
  /** Aliases without wild cards, to names. */
  readonly aliases: ReadonlyMap<string, readonly string[]>;
}

/** From the texts of modules.dep, modules.builtin, modules.softdep and modules.alias. */
export function readModuleIndex(texts: {
  readonly dep: string;
  readonly builtin: string;
  readonly softdep: string;
  readonly alias: string;
}): ModuleIndex {
  const dependencies = new Map<string, readonly string[]>();
  for (const line of linesOf(texts.dep)) {
    const [path = '', rest = ''] = line.split(':', 2);
    dependencies.set(path, wordsOf(rest));
  }
  const soft = new Map<string, readonly string[]>();
  for (const line of linesOf(texts.softdep)) {
    const [, name = '', ...words] = wordsOf(line);
    soft.set(plain(name), [...(soft.get(plain(name)) ?? []), ...words.filter((word) => !word.endsWith(':'))]);
  }
  const aliases = new Map<string, readonly string[]>();
  for (const line of linesOf(texts.alias)) {
    const [, alias = '', name = ''] = wordsOf(line);
    aliases.set(plain(alias), [...(aliases.get(plain(alias)) ?? []), plain(name)]);
  }
  return {
    dependencies,
    builtin: new Set(linesOf(texts.builtin).map((line) => moduleName(line))),
    soft,
    aliases,
  };
}

/** The paths that the rules name, with everything these need, sorted. @throws UserError if a rule names nothing */
export function closeModules(rules: readonly ModuleRule[], index: ModuleIndex): string[] {
  const paths = new Map([...index.dependencies.keys()].map((path) => [moduleName(path), path]));
  const open = rules.flatMap((rule) => pathsOf(rule, paths, index));
  const chosen = new Set<string>();
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (chosen.has(path)) continue;
    chosen.add(path);
    open.push(...(index.dependencies.get(path) ?? []));
    for (const word of index.soft.get(moduleName(path)) ?? []) {
      const names = [plain(word), ...(index.aliases.get(plain(word)) ?? [])];
      open.push(...names.flatMap((name) => paths.get(name) ?? []));
    }
  }
  return [...chosen].toSorted();
}

function pathsOf(rule: ModuleRule, paths: ReadonlyMap<string, string>, index: ModuleIndex): string[] {
  const { name, files } = rule;
  if (files !== undefined) {
    const found = [...paths.values()].filter((path) => matchesGlob(path, files));
    if (found.length === 0)
      throw new UserError(`Cannot choose the modules "${files}": this kernel has no such file`);
    return found;
  }
  const path = paths.get(plain(name ?? ''));
  if (path !== undefined) return [path];
  if (index.builtin.has(plain(name ?? ''))) return [];
  throw new UserError(
    `Cannot choose the module "${name}": this kernel has none of that name; see firmware/modules.json, where it says "${rule.reason}"`,
  );
}

/** `kernel/fs/ext4/ext4.ko.xz` is `ext4`; the kernel takes `-` and `_` for the same in names. */
export function moduleName(path: string): string {
  return plain((path.split('/').at(-1) ?? '').replace(/\.ko(?:\.[a-z]+)?$/, ''));
}

function plain(name: string): string {
  return name.replaceAll('-', '_');
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
