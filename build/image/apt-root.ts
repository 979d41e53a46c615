import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError, messageOf } from '../../src/base/errors.ts';
import { runProgram } from './run-program.ts';

/** Where packages come from. */
export interface AptSource {
  readonly release: string;
  readonly components: readonly string[];
  /** The base of a mirror, or of a snapshot of one. */
  readonly mirror: string;
  /** Likewise for security updates; without one there are none. */
  readonly security: string | undefined;
  readonly keyring: string;
  /** A snapshot is older than its own signature says it may be. */
  readonly isSnapshot: boolean;
}

/** What apt says of a package. */
export interface AptPackage {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  readonly octets: number;
  readonly depends: readonly string[];
}

/**
 * An apt of our own: another release, another architecture, its own lists, no touch to the system's. It checks signatures as always, because
 * its sources name the archive's keyring.
 */
export class AptRoot {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Fetches the lists. @throws UserError */
  static async open(folder: string, source: AptSource): Promise<AptRoot> {
    const root = new AptRoot(folder);
    for (const path of [
      'etc/apt/apt.conf.d',
      'etc/apt/preferences.d',
      'etc/apt/sources.list.d',
      'etc/apt/trusted.gpg.d',
      'var/lib/apt/lists/partial',
      'var/cache/apt/archives/partial',
      'var/lib/dpkg',
    ])
      mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, 'var/lib/dpkg/status'), '');
    writeFileSync(join(folder, 'etc/apt/sources.list'), sourcesText(source));
    writeFileSync(join(folder, 'apt.conf'), (await machineProxies()) + root.#configuration(source));
    await root.#apt(['apt-get', 'update', '-qq', '-o', 'APT::Update::Error-Mode=any']);
    return root;
  }

  /** Names of the packages that would be installed with these, themselves included. */
  async closure(names: readonly string[]): Promise<string[]> {
    const text = await this.#apt([
      'apt-get',
      'install',
      '--simulate',
      '--no-install-recommends',
      '-qq',
      ...names,
    ]);
    return [...text.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name.replace(/:.*/, ''));
  }

  /** The newest version of each. @throws UserError */
  async describe(names: readonly string[]): Promise<AptPackage[]> {
    const text = await this.#apt(['apt-cache', 'show', '--no-all-versions', ...names]);
    const records = text.split(/\n\n+/).filter((record) => record.includes('Package:'));
    return records.map((record) => packageOf(record));
  }

  /** Brings one version into a folder and returns the file. @throws UserError */
  async download(name: string, version: string, folder: string): Promise<string> {
    const partial = join(folder, `${name}.partial`);
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    try {
      await this.#apt(['apt-get', 'download', '-qq', `${name}=${version}`], partial);
    } catch (error) {
      throw new UserError(
        `Cannot download ${name} ${version}: the mirror has it no longer or cannot be reached (${messageOf(error)}); "npm run image:lock" takes today's versions, --mirror with a snapshot of the archive has the old ones`,
      );
    }
    const [file = ''] = readdirSync(partial);
    const target = join(folder, `${name}.deb`);
    renameSync(join(partial, file), target);
    rmSync(partial, { recursive: true });
    return target;
  }

  async #apt(argv: readonly string[], cwd = this.#folder): Promise<string> {
    const env = { APT_CONFIG: join(this.#folder, 'apt.conf'), DEBIAN_FRONTEND: 'noninteractive' };
    return (await runProgram(argv, { cwd, env })).toString();
  }

  #configuration({ isSnapshot }: AptSource): string {
    const options = {
      Dir: this.#folder,
      'Dir::State::status': join(this.#folder, 'var/lib/dpkg/status'),
      'APT::Architecture': 'arm64',
      'APT::Architectures': 'arm64',
      'APT::Install-Recommends': 'false',
      'APT::Sandbox::User': 'root',
      'Acquire::Languages': 'none',
      'Acquire::Retries': '3',
      ...(isSnapshot ? { 'Acquire::Check-Valid-Until': 'false' } : {}),
    };
    return Object.entries(options)
      .map(([name, value]) => `${name} "${value}";\n`)
      .join('');
  }
}

/** How this machine's own apt reaches its mirror. */
async function machineProxies(): Promise<string> {
  const text = (await runProgram(['apt-config', 'dump', '--format', '%F "%v";%n', 'Acquire'])).toString();
  const lines = text
    .split('\n')
    .filter((line) => /^Acquire::https?::(?:[\w.]+::)?(?:Proxy|CAInfo)\b/i.test(line));
  return lines.map((line) => `${line}\n`).join('');
}

function sourcesText({ release, components, mirror, security, keyring }: AptSource): string {
  const parts = components.join(' ');
  const line = (base: string, suite: string): string =>
    `deb [arch=arm64 signed-by=${keyring}] ${base} ${suite} ${parts}\n`;
  return security === undefined
    ? line(mirror, release)
    : line(mirror, release) + line(mirror, `${release}-updates`) + line(security, `${release}-security`);
}

function packageOf(record: string): AptPackage {
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(record)?.[1]?.trim() ?? '';
  const depends = field('Depends').split(/[,|]/);
  return {
    name: field('Package'),
    version: field('Version'),
    sha256: field('SHA256'),
    octets: Number(field('Size')),
    depends: depends.map((one) => one.trim().replace(/[ :(].*/, '')).filter((one) => one !== ''),
  };
}
