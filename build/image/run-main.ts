import process from 'node:process';
import { UserError } from '../../src/base/errors.ts';

/** Runs a program of the build. What its caller can put right is one sentence; anything else is a fault of ours and keeps its stack. */
export async function runMain(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
