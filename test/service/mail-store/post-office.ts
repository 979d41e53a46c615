import { latin1 } from '../../../src/base/text.ts';
import type { Files } from '../../../src/port/files.ts';
import { type JournaledMailStore, openMailStore } from '../../../src/service/mail-store/mail-store.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { FakeRandom } from '../../fake/fake-random.ts';
import { MemoryLog } from '../../fake/memory-log.ts';

export const PAGE = 4096;

/** Small enough that a short test fills segments and writes blobs. */
export const SMALL = { segmentSize: 6 * PAGE, inlineMessage: 6000, deliveryFloor: 0, compactionFloor: 0 };

export async function openStore(
  files: Files,
  limits: Parameters<typeof openMailStore>[0]['limits'] = SMALL,
  log = new MemoryLog(),
): Promise<JournaledMailStore> {
  return openMailStore({ files, clock: new FakeClock(), random: new FakeRandom(3), log, limits });
}

/** A message whose text tells which it is: `m7:500` has about 500 octets. */
export function mail(name: string): Uint8Array {
  const line = `Subject: ${name}\r\n`;
  return latin1(line.repeat(Math.max(1, Math.round(Number(name.split(':')[1]) / line.length))));
}
