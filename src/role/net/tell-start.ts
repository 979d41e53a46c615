import { messageOf } from '../../base/errors.ts';
import { utf8 } from '../../base/text.ts';
import type { Files } from '../../port/files.ts';
import { START_FILE } from '../start-file.ts';

/** Tells people who wait at the box what it does; undefined when it is over. A failure is no reason to start no further. */
export async function tellStart(runtime: Files, sentence: string | undefined): Promise<void> {
  try {
    if (sentence !== undefined) await runtime.replace(START_FILE, utf8(`${sentence}\n`));
    else if ((await runtime.read(START_FILE)) !== undefined) await runtime.remove(START_FILE);
  } catch (error) {
    process.stderr.write(`Cannot tell how far the start is: ${messageOf(error)}\n`);
  }
}
