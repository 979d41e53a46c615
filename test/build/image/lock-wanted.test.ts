import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { AptRoot, type AptSource } from '../../../build/image/apt-root.ts';
import { fetchPackages } from '../../../build/image/debian-pool.ts';
import { lockWanted } from '../../../build/image/lock-wanted.ts';
import { readPackageLock } from '../../../build/image/package-lock.ts';
import { runProgram } from '../../../build/image/run-program.ts';
import { UserError } from '../../../src/base/errors.ts';
import { missingPrograms } from './missing-programs.ts';

const missing = missingPrograms(['apt-get', 'dpkg-deb', 'gpg', 'gpgv']);

interface FakePackage {
  readonly name: string;
  readonly version: string;
  readonly depends?: string;
}

const PACKAGES: readonly FakePackage[] = [
  { name: 'linux-image-arm64', version: '6.12.1-1', depends: 'linux-image-6.12.1-arm64 (= 6.12.1-1)' },
  { name: 'linux-image-6.12.1-arm64', version: '6.12.1-1', depends: 'initramfs-tools' },
  { name: 'e2fsprogs', version: '1.47.2-3', depends: 'libext2fs2t64 (>= 1.47), libc6' },
  { name: 'libext2fs2t64', version: '1.47.2-3', depends: 'libc6' },
  { name: 'libc6', version: '2.41-12' },
  { name: 'nginx', version: '1.26' },
];

/** An archive as Debian's, in a folder, signed by a key of its own. */
class Archive {
  readonly folder = mkdtempSync(join(tmpdir(), 'gatepost-archive-'));
  readonly source: AptSource = {
    release: 'stable',
    components: ['main'],
    mirror: `file:${this.folder}`,
    security: undefined,
    keyring: join(this.folder, 'keyring.gpg'),
    isSnapshot: false,
  };

  async make(): Promise<void> {
    const lists = join(this.folder, 'dists/stable/main/binary-arm64');
    mkdirSync(lists, { recursive: true });
    mkdirSync(join(this.folder, 'pool'));
    const records: string[] = [];
    for (const one of PACKAGES) records.push(await this.#pack(one));
    writeFileSync(join(lists, 'Packages'), records.join('\n'));
    await this.#gpg('--quick-generate-key', 'Archive <archive@example.org>', 'ed25519', 'sign', 'never');
    writeFileSync(this.source.keyring, await this.#gpg('--export'));
    await this.sign();
  }

  /** Writes the release anew over whatever the lists are. */
  async sign(): Promise<void> {
    const path = 'main/binary-arm64/Packages';
    const content = readFileSync(join(this.folder, 'dists/stable', path));
    const release = [
      'Suite: stable',
      'Codename: stable',
      'Architectures: arm64',
      'Components: main',
      `Date: ${new Date().toUTCString()}`,
      `SHA256:\n ${sha256(content)} ${content.length} ${path}\n`,
    ].join('\n');
    const file = join(this.folder, 'dists/stable/InRelease');
    rmSync(file, { force: true });
    const plain = join(this.folder, 'release.txt');
    writeFileSync(plain, release);
    await this.#gpg('--output', file, '--clearsign', plain);
  }

  async #pack({ name, version, depends }: FakePackage): Promise<string> {
    const root = join(this.folder, 'build', name);
    mkdirSync(join(root, 'DEBIAN'), { recursive: true });
    const fields = [
      `Package: ${name}`,
      `Version: ${version}`,
      'Architecture: arm64',
      'Maintainer: Test <test@example.org>',
      ...(depends === undefined ? [] : [`Depends: ${depends}`]),
      'Description: test',
    ];
    writeFileSync(join(root, 'DEBIAN/control'), `${fields.join('\n')}\n`);
    const path = `pool/${name}_${version}_arm64.deb`;
    const file = join(this.folder, path);
    await runProgram(['dpkg-deb', '-b', '-Znone', '--root-owner-group', root, file]);
    const sums = [
      `Filename: ${path}`,
      `Size: ${statSync(file).size}`,
      `SHA256: ${sha256(readFileSync(file))}`,
    ];
    return `${[...fields, ...sums].join('\n')}\n`;
  }

  #gpg(...words: readonly string[]): Promise<Buffer> {
    const home = join(this.folder, 'gnupg');
    mkdirSync(home, { recursive: true, mode: 0o700 });
    return runProgram(['gpg', '--homedir', home, '--batch', '--quiet', '--passphrase', '', ...words]);
  }

  async close(): Promise<void> {
    await runProgram(['gpgconf', '--homedir', join(this.folder, 'gnupg'), '--kill', 'all']);
    rmSync(this.folder, { recursive: true });
  }
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

const WANTED = {
  release: 'stable',
  components: ['main'],
  packages: [
    { name: 'linux-image-arm64', reason: 'kernel', follow: 'linux-image-6', alone: true },
    { name: 'e2fsprogs', reason: 'data' },
  ],
};

suite(
  'packages from a signed archive',
  { skip: missing.length > 0 && `not installed: ${missing.join(', ')}` },
  () => {
    const archive = new Archive();
    before(() => archive.make());
    after(() => archive.close());
    let roots = 0;
    const open = (source: AptSource = archive.source): Promise<AptRoot> => {
      roots += 1;
      return AptRoot.open(join(archive.folder, `apt-${roots}`), source);
    };

    test('lockWanted() names the wanted packages with all they depend on, the kernel by the package it follows and alone', async () => {
      const lock = await lockWanted(WANTED, await open());
      assert.deepEqual(
        lock.packages.map(({ name, version, wanted, reason }) => [name, version, wanted, reason]),
        [
          ['linux-image-6.12.1-arm64', '6.12.1-1', 'linux-image-arm64', 'kernel'],
          ['e2fsprogs', '1.47.2-3', undefined, 'data'],
          ['libc6', '2.41-12', undefined, 'what one of the others depends on'],
          ['libext2fs2t64', '1.47.2-3', undefined, 'what one of the others depends on'],
        ],
      );
      const file = readFileSync(join(archive.folder, 'pool/libc6_2.41-12_arm64.deb'));
      const libc = lock.packages.find(({ name }) => name === 'libc6');
      assert.deepEqual([libc?.sha256, libc?.octets], [sha256(file), file.length]);
    });

    test('what was locked is downloaded once, and compared with its hash', async () => {
      const apt = await open();
      const { packages } = await lockWanted(WANTED, apt);
      const store = join(archive.folder, 'store');
      let downloads = 0;
      const download = (name: string, version: string, folder: string): Promise<string> => {
        downloads += 1;
        return apt.download(name, version, folder);
      };
      const files = await fetchPackages(packages, store, download);
      for (const { name, sha256: wanted } of packages)
        assert.equal(sha256(readFileSync(files.get(name) ?? '')), wanted);
      await fetchPackages(packages, store, download);
      assert.equal(downloads, packages.length);
      const others = packages.map((one) => ({ ...one, sha256: '0'.repeat(64) }));
      await assert.rejects(
        fetchPackages(others, store, download),
        (error) =>
          error instanceof UserError && error.message.includes('something else than what was locked'),
      );
    });

    test('a version that the mirror has no longer is refused with what would do', async () => {
      await assert.rejects(
        (await open()).download('libc6', '2.36-9', archive.folder),
        (error) => error instanceof UserError && error.message.includes('npm run image:lock'),
      );
    });

    test('lists that somebody has changed after they were signed, and lists of another key, are refused by apt', async () => {
      const path = join(archive.folder, 'dists/stable/main/binary-arm64/Packages');
      const kept = join(archive.folder, 'kept');
      copyFileSync(path, kept);
      writeFileSync(path, readFileSync(path, 'utf8').replace('2.41-12', '2.41-13'));
      await assert.rejects(open(), UserError);
      copyFileSync(kept, path);
      const other = join(archive.folder, 'other.gpg');
      writeFileSync(other, '');
      await assert.rejects(open({ ...archive.source, keyring: other }), UserError);
      await open();
    });
  },
);

test('readPackageLock() says what makes a lock that is missing', () => {
  assert.throws(
    () => readPackageLock('/nowhere/packages.json'),
    (error) => error instanceof UserError && error.message.includes('npm run image:lock'),
  );
});
