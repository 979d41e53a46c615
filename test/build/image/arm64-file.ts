import { readFileSync, writeFileSync } from 'node:fs';
import { outputOf } from '../../lab/run-command.ts';

const E_MACHINE_AT = 18;
const EM_AARCH64 = 183;

export interface Arm64File {
  readonly file: string;
  readonly source: string;
  /** Further words for the compiler: libraries, a name. */
  readonly options: readonly string[];
}

/** A file of this machine's compiler that says it is for arm64: nothing of an image is run here, but its heads and names are read. */
export async function compileForArm64({ file, source, options }: Arm64File): Promise<void> {
  await outputOf(['gcc', '-x', 'c', '-', '-x', 'none', '-nostdlib', ...options, '-o', file], {
    input: source,
  });
  const content = readFileSync(file);
  content.writeUInt16LE(EM_AARCH64, E_MACHINE_AT);
  writeFileSync(file, content);
}
