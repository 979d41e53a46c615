// npm run test:image: the tests of a built image, test/image/*.image.ts, one after another.
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { runMain } from '../../build/image/run-main.ts';
import { UserError } from '../../src/base/errors.ts';
import { missingPrograms } from '../build/image/missing-programs.ts';
import { builtImage } from './built-image.ts';

const PROGRAMS = ['xz', 'mcopy', 'fsck.fat', 'unsquashfs', 'e2fsck'];

await runMain(async () => {
  builtImage();
  const missing = missingPrograms(PROGRAMS);
  if (missing.length > 0)
    throw new UserError(
      `Cannot test the image: ${missing.join(', ')} are not installed; the packages of build/apt-packages-image.txt bring them`,
    );
  const files = globSync('*.image.ts', { cwd: import.meta.dirname }).map((name) =>
    join(import.meta.dirname, name),
  );
  const results = run({ files: files.toSorted(), concurrency: 1 });
  results.on('test:fail', () => {
    process.exitCode = 1;
  });
  const report = results.compose(spec);
  report.pipe(process.stdout);
  await once(report, 'end');
});
