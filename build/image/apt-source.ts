import { UserError } from '../../src/base/errors.ts';
import type { AptSource } from './apt-root.ts';
import { runProgram } from './run-program.ts';

const ARCHIVE_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

export interface MirrorOptions {
  /** In place of the machine's own mirror. */
  readonly mirror: string | undefined;
  readonly security: string | undefined;
}

/**
 * The release that images are made of, from the mirror that this machine's own apt uses, or from the one that is named. A snapshot of the archive
 * has a path with /archive/ in it. @throws UserError if the machine has no Debian mirror
 */
export async function aptSource(
  { release, components }: { readonly release: string; readonly components: readonly string[] },
  { mirror, security }: MirrorOptions,
): Promise<AptSource> {
  const common = { release, components, keyring: ARCHIVE_KEYRING };
  if (mirror !== undefined) return { ...common, mirror, security, isSnapshot: mirror.includes('/archive/') };
  const text = (
    await runProgram(['apt-get', 'indextargets', '--format', '$(REPO_URI) $(RELEASE)'])
  ).toString();
  const targets = text.split('\n').map((line) => line.split(' '));
  const main = targets.find(([, suite = '']) => /^[a-z]+$/.test(suite))?.[0];
  if (main === undefined)
    throw new UserError(
      'Cannot find a Debian mirror in the sources of apt on this machine; name one by --mirror',
    );
  const updates = targets.find(([, suite = '']) => suite.endsWith('-security'))?.[0];
  return { ...common, mirror: main, security: updates, isSnapshot: false };
}
