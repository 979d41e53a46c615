import type { Duration } from '../../../src/base/duration.ts';
import { Instant, type Timestamp } from '../../../src/base/instant.ts';
import { failed, groupOf, ok, reportOf } from '../../../src/engine/health/check.ts';
import type { HealthReport } from '../../../src/port/health-report.ts';
import { updateKey } from '../../../src/service/update/open-update.ts';
import { Updater } from '../../../src/service/update/updater.ts';
import {
  type Slot,
  type SlotState,
  encodeSlotState,
  newestSlotState,
} from '../../../src/wire/slot-state/slot-state.ts';
import { CONFIG_COPIES_OCTETS } from '../../../src/wire/config-copy/config-copy.ts';
import { FakeClock } from '../../fake/fake-clock.ts';
import { MemoryDevices } from '../../fake/memory-devices.ts';
import type { MemoryFiles } from '../../fake/memory-files.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import type { Maker } from './update-file.ts';

export const CARD = 'card';
/** Octets for a system. */
export const SLOT_OCTETS = 4 * 65_536;
const PLACES = [512, 1024] as const;

/** A system that fills a slot and can be told from others by its seed. */
export function systemOf(seed: number, octets = SLOT_OCTETS - 512): Uint8Array {
  return Uint8Array.from({ length: octets }, (_, at) => ((at >>> 9) * 31 + seed) & 255);
}

export function newDevices(): MemoryDevices {
  const devices = new MemoryDevices({
    [CARD]: 2048,
    a: SLOT_OCTETS + CONFIG_COPIES_OCTETS,
    b: SLOT_OCTETS + CONFIG_COPIES_OCTETS,
  });
  devices.put('a', 0, systemOf(1));
  devices.put(CARD, PLACES[0], encodeSlotState({ counter: 1, good: 'a' }));
  return devices;
}

export function stateOf(devices: MemoryDevices): SlotState | undefined {
  return newestSlotState(PLACES.map((at) => devices.content(CARD).subarray(at, at + 512)));
}

/** What the boot loader does: a trial is taken off the list before it is started. */
function bootLoader(devices: MemoryDevices): Slot {
  const state = stateOf(devices);
  if (state === undefined) throw new Error('The boot loader finds no state');
  if (state.trial === undefined) return state.good;
  const copies = PLACES.map(
    (at) => newestSlotState([devices.content(CARD).subarray(at, at + 512)])?.counter ?? 0,
  );
  const older = (copies[0] ?? 0) < (copies[1] ?? 0) ? PLACES[0] : PLACES[1];
  devices.put(
    CARD,
    older,
    encodeSlotState({ counter: state.counter + 1, good: state.good, tried: state.trial }),
  );
  return state.trial;
}

export function healthWith(dns: 'works' | 'fails'): HealthReport {
  const finding = dns === 'works' ? ok('port 53') : failed('port taken');
  return reportOf(groupOf('box', [groupOf('lan', [{ name: 'dns', ...finding, children: [] }])]));
}

export interface UpdateBox {
  readonly updater: Updater;
  readonly clock: FakeClock;
  readonly log: MemoryLog;
  readonly restarts: string[];
  /** What it wants to be kept of starts that failed. */
  readonly failures: string[];
  health: HealthReport;
  findHealth: () => Promise<HealthReport>;
}

export interface BootOptions {
  readonly devices: MemoryDevices;
  readonly files: MemoryFiles;
  readonly maker: Maker;
  readonly version?: string;
  readonly configVersion?: number;
  readonly impairment?: string;
  /** The boot loader could not load the good system: this one runs. */
  readonly fallback?: Slot;
  /** What the box takes the time for. */
  readonly wall?: Timestamp;
  /** The box is so much older than its process, which is not its first. */
  readonly startedBefore?: Duration;
}

/** A box that has just been started by the boot loader. */
export async function boot(options: BootOptions): Promise<UpdateBox> {
  const { devices, files, maker, version = '1.0.0', configVersion = 1 } = options;
  const [clock, log, restarts] = [new FakeClock(undefined, options.wall), new MemoryLog(), [] as string[]];
  const usual = options.startedBefore === undefined ? bootLoader(devices) : 'b';
  const running = options.fallback ?? usual;
  const board = {
    name: 'test-board',
    running,
    isFallback: options.fallback !== undefined,
    slots: { a: 'a', b: 'b' },
    slotState: { device: CARD, offsets: PLACES },
    keys: [updateKey(maker.publicKey)],
  };
  const box: Omit<UpdateBox, 'updater'> = {
    clock,
    log,
    restarts,
    failures: [],
    health: healthWith('works'),
    findHealth: () => Promise.resolve(box.health),
  };
  const updater = new Updater(board, version, {
    devices,
    files,
    clock,
    log,
    restart: (reason) => restarts.push(reason),
    health: () => box.findHealth(),
    configVersion: () => configVersion,
    impairment: options.impairment,
    startedAt: Instant(clock.now() - (options.startedBefore ?? 0)),
    onProblem: () => undefined,
    onFailedStarts: (part, reason) => box.failures.push(`${part}: ${reason}`),
  });
  await updater.start();
  return Object.assign(box, { updater });
}
