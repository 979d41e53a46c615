// npm run image:lock: writes firmware/packages.json, every Debian package of an image with version and hash, from a mirror whose
// signatures apt has checked.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AptRoot } from './apt-root.ts';
import { aptSource } from './apt-source.ts';
import { parseOptions } from './command-line.ts';
import { PROJECT_SOURCES, readSource } from './image-sources.ts';
import { lockWanted } from './lock-wanted.ts';
import { type WantedPackages, packageLockText } from './package-lock.ts';
import { runMain } from './run-main.ts';

await runMain(async () => {
  const options = parseOptions('npm run image:lock --', {
    mirror: 'URL of the archive or of a snapshot of it; without it, the mirror of this machine',
    security: 'URL of the security archive, if a mirror is named',
  });
  if (options === undefined) return;
  const wanted = readSource(join(PROJECT_SOURCES.firmware, 'wanted-packages.json')) as WantedPackages;
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-apt-'));
  try {
    const { mirror, security } = options;
    const apt = await AptRoot.open(folder, await aptSource(wanted, { mirror, security }));
    const lock = await lockWanted(wanted, apt);
    writeFileSync(join(PROJECT_SOURCES.firmware, 'packages.json'), packageLockText(lock));
    const octets = lock.packages.reduce((sum, one) => sum + one.octets, 0);
    console.log(
      `locked ${lock.packages.length} packages of ${lock.release}, ${Math.round(octets / 1e6)} MB to download`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
