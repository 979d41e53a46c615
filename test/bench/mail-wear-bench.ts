import type { Figure } from './figure.ts';
import { LOADS, type LoadUse, measureMailIn } from './mail-in-load.ts';

/** What a message taken by SMTP makes the disk write, as the block device below the file system counts it. */
export async function mailWearBench(): Promise<readonly Figure[]> {
  const [ours, ...peers] = await measureMailIn();
  if (ours === undefined) return [];
  const figure = (name: string, what: string, unit: string, value: (use: LoadUse) => number): Figure => ({
    bench: 'mail-wear',
    name: `${name}: ${what}`,
    unit,
    ours: (ours[1].get(name) ?? []).map(value),
    peers: Object.fromEntries(peers.map(([peer, uses]) => [peer, (uses.get(name) ?? []).map(value)])),
  });
  return LOADS.flatMap(({ name }) => [
    figure(name, 'written for a message', 'KB', ({ bytes }) => bytes / 1000),
    figure(name, 'flushes for a message', '', ({ flushes }) => flushes),
  ]);
}
