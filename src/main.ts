import process from 'node:process';
import { InvariantError, messageOf } from './base/errors.ts';
import type { RunSettings } from './role/settings.ts';

// Each branch loads only what it needs: a command must not pay for the mail server.

/** This file as it was started: the bundle is also the program of every role. */
const ENTRY = process.argv[1] ?? '';

async function startRole(role: string, settings: RunSettings): Promise<void> {
  switch (role) {
    case 'net': {
      const { startNet } = await import('./role/net/net.ts');
      return await startNet(settings);
    }
    case 'post': {
      const { startPost } = await import('./role/post.ts');
      return await startPost(settings);
    }
    case 'web': {
      const { startWeb } = await import('./role/web.ts');
      return startWeb(settings);
    }
    default:
      throw new InvariantError(`Cannot start the role "${role}": there is none of that name`);
  }
}

async function main(): Promise<void> {
  const [first, second = '', third = ''] = process.argv.slice(2);
  if (first === '--role') await startRole(second, JSON.parse(third) as RunSettings);
  else if (first === 'run' && !process.argv.includes('--help')) {
    const { prepareRun } = await import('./role/run.ts');
    process.exitCode = await prepareRun(process.argv.slice(3), ENTRY);
  } else {
    const { runCommand } = await import('./cli/cli.ts');
    process.exitCode = await runCommand(process.argv.slice(2));
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(
    `Cannot go on: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}\n`,
  );
  process.exitCode = 4;
}
