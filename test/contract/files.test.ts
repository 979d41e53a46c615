import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFiles } from '../../src/io/node/files.ts';
import { FaultyFiles } from '../fake/faulty-files.ts';
import { MemoryFiles } from '../fake/memory-files.ts';
import { filesContract } from './files.ts';

filesContract('nodeFiles', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'gatepost-files-'));
  t.after(() => rm(root, { recursive: true }));
  return nodeFiles(root);
});
filesContract('MemoryFiles', async () => new MemoryFiles());
filesContract('FaultyFiles without faults', async () => new FaultyFiles(new MemoryFiles()));
