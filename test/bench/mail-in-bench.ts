import type { Figure } from './figure.ts';
import { LOADS, type LoadUse, measureMailIn } from './mail-in-load.ts';

/** Messages taken by SMTP and delivered, every one on stable storage before its 250: how many in a second, and what one costs all processes of the server. */
export async function mailInBench(): Promise<readonly Figure[]> {
  const [ours, ...peers] = await measureMailIn();
  if (ours === undefined) return [];
  const figure = (name: string, what: string, unit: string, value: (use: LoadUse) => number): Figure => ({
    bench: 'mail-in',
    name: `${name}: ${what}`,
    unit,
    ours: (ours[1].get(name) ?? []).map(value),
    peers: Object.fromEntries(peers.map(([peer, uses]) => [peer, (uses.get(name) ?? []).map(value)])),
  });
  return LOADS.flatMap(({ name }) => [
    figure(name, 'messages', '/s', ({ perSecond }) => perSecond),
    figure(name, 'CPU of a message', 'us', ({ cpuMicroseconds }) => cpuMicroseconds),
  ]);
}
