import type { KeyObject } from 'node:crypto';
import { Seconds } from '../../base/duration.ts';
import { UserError, messageOf } from '../../base/errors.ts';
import { type Instant, after, between } from '../../base/instant.ts';
import { refusalOf } from '../../engine/update/admission.ts';
import { type StartFinding, findStart } from '../../engine/update/start-finding.ts';
import { GIVE_UP_AFTER, type Trial, stepTrial } from '../../engine/update/trial.ts';
import { shortfall, workingChecks } from '../../engine/update/working-checks.ts';
import type { BlockDevices } from '../../port/block-device.ts';
import type { HealthReport } from '../../port/health-report.ts';
import type { UpdateStatus } from '../../port/update-status.ts';
import type { Cancel, Clock } from '../../port/clock.ts';
import type { Files } from '../../port/files.ts';
import type { Log } from '../../port/log.ts';
import { CONFIG_COPIES_OCTETS } from '../../wire/config-copy/config-copy.ts';
import type { Slot, SlotState } from '../../wire/slot-state/slot-state.ts';
import { openUpdate } from './open-update.ts';
import { withPatience } from './patience.ts';
import { forgetDamage, rememberDamage } from './slot-damage.ts';
import { type SlotStatePlaces, SlotStates } from './slot-states.ts';
import { type OnProgress, writeSlot } from './slot-writer.ts';
import { type UpdateMemory, loadUpdateMemory, saveUpdateMemory } from './update-memory.ts';

/** The board as far as updates are concerned, and which of its systems runs. */
export interface UpdateBoard {
  readonly name: string;
  readonly running: Slot;
  /** The boot loader could not load the other one. */
  readonly isFallback?: boolean | undefined;
  /** The device of each slot. */
  readonly slots: Readonly<Record<Slot, string>>;
  readonly slotState: SlotStatePlaces;
  readonly keys: readonly KeyObject[];
}

export interface UpdaterPorts {
  readonly devices: BlockDevices;
  /** The data directory. */
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
  /** Starts the board again; the boot loader then obeys the slot state. */
  readonly restart: (reason: string) => void;
  readonly health: () => Promise<HealthReport>;
  readonly configVersion: () => number;
  /** When the box was started: earlier than this process, if one before it fell. */
  readonly startedAt: Instant;
  /** What was broken at its start, and made up for: no reason for anything but a trial to end. */
  readonly impairment: string | undefined;
  /** What the owner has to know of the last update, or undefined when that is settled. */
  readonly onProblem: (sentence: string | undefined) => void;
  /** Starts before this one have failed, or the other system has fallen out: to be kept with the reasons of restarts. */
  readonly onFailedStarts: (part: string, reason: string) => void;
}

const LOOK_EVERY = Seconds(5);
/** A look that takes longer has found that something hangs. */
const LOOK_TIMEOUT = Seconds(30);

/** Puts new systems onto the card, judges the first run of one, and goes back to the other. */
export class Updater {
  readonly #board: UpdateBoard;
  readonly #version: string;
  readonly #ports: UpdaterPorts;
  readonly #states: SlotStates;
  #state: SlotState | undefined;
  #problem: string | undefined;
  #isBusy = false;
  #look: Cancel | undefined;
  #isStopped = false;

  constructor(board: UpdateBoard, version: string, ports: UpdaterPorts) {
    this.#board = board;
    this.#version = version;
    this.#ports = ports;
    this.#states = new SlotStates(board.slotState, ports.devices);
  }

  /** Finds out what the last start was, and begins to judge it if it was the first of a new system. */
  async start(): Promise<void> {
    const { clock, log, files, startedAt } = this.#ports;
    try {
      this.#state = await this.#states.read();
    } catch (error) {
      this.#tell(messageOf(error));
      return;
    }
    const memory = await loadUpdateMemory(files);
    switch (this.#finding.kind) {
      case 'trial':
        log.notice(`This is the first start of ${this.#version}: it stays if all works as before`);
        if (between(startedAt, clock.now()) >= GIVE_UP_AFTER)
          await this.#giveUp('it has fallen again and again, and was never well for long enough');
        else this.#judge({ begun: startedAt }, memory?.worked);
        break;
      case 'taken-back':
        await this.#tellTakenBack(memory);
        break;
      case 'instead':
        await this.#tellDamage(this.#finding).catch((error: unknown) => log.warn(messageOf(error)));
        break;
      default:
        this.#tellFailures();
    }
    await this.#forgetTroubles().catch((error: unknown) => log.warn(messageOf(error)));
  }

  get status(): UpdateStatus {
    return {
      board: this.#board.name,
      version: this.#version,
      slot: this.#board.running,
      onTrial: this.#isOnTrial,
      problem: this.#problem ?? null,
    };
  }

  /**
   * Writes the system of an update file into the slot that is not in use and has it started once at the next start. Until then nothing
   * changes: a failure at any instant leaves the running system and its slot as they were. @throws UserError, KernelError
   */
  async install(
    file: AsyncIterable<Uint8Array>,
    onProgress: OnProgress,
  ): Promise<{ readonly version: string }> {
    return await this.#alone(async () => {
      const { files, clock, log, health, configVersion } = this.#ports;
      const { manifest, content } = await openUpdate(withPatience(file, clock), this.#board.keys);
      const device = await this.#ports.devices.open(this.#board.slots[this.#other]);
      try {
        const now = await health();
        const refusal = refusalOf(manifest, {
          board: this.#board.name,
          configVersion: configVersion(),
          slotOctets: device.octets - CONFIG_COPIES_OCTETS,
          isOnTrial: this.#isOnTrial,
          isLastSystem: this.#finding.kind === 'instead',
          impairment: this.#ports.impairment,
          health: now,
        });
        if (refusal !== undefined) throw new UserError(refusal);
        log.notice(`Writing ${manifest.version} into slot ${this.#other}`);
        // From now on the slot holds no system that could be started, not by hand either.
        await this.#write({ good: this.#board.running });
        await writeSlot(content, manifest, device, onProgress);
        const { version } = manifest;
        await saveUpdateMemory(files, { from: this.#version, to: version, worked: workingChecks(now) });
      } finally {
        await device.close();
      }
      await this.#write({ good: this.#board.running, trial: this.#other });
      this.#tell(undefined);
      log.notice(`${manifest.version} is complete and verified; the next start tries it`);
      return { version: manifest.version };
    });
  }

  /** Has the other system started once at the next start, judged like an update. @throws UserError, KernelError */
  async goBack(): Promise<void> {
    await this.#alone(async () => {
      if (this.#state?.spare !== this.#other)
        throw new UserError(
          `Cannot start the other system: slot ${this.#other} holds no whole one that is known to work`,
        );
      const worked = workingChecks(await this.#ports.health());
      const memory = { from: this.#version, to: 'the other system', worked, wasSpare: true } as const;
      await saveUpdateMemory(this.#ports.files, memory);
      await this.#write({ good: this.#board.running, trial: this.#other });
    });
  }

  /** Judges nothing more: what ends with the box is no fault of the new system. */
  stop(): void {
    this.#isStopped = true;
    this.#look?.cancel();
  }

  get #other(): Slot {
    return this.#board.running === 'a' ? 'b' : 'a';
  }

  get #finding(): StartFinding {
    const { running, isFallback = false } = this.#board;
    return findStart(this.#state, { running, isFallback });
  }

  get #isOnTrial(): boolean {
    return this.#finding.kind === 'trial';
  }

  async #tellTakenBack(memory: UpdateMemory | undefined): Promise<void> {
    const came =
      this.#state?.failed === undefined
        ? 'it did not come up, or the power failed meanwhile'
        : 'its files are damaged or cannot be read';
    const what = memory === undefined ? 'The update' : `The update to ${memory.to}`;
    this.#tell(`${what} was taken back: ${memory?.reason ?? came}`);
    // The boot loader has no room to remember it. Without it a provider's bad hour would cost the way back.
    if (memory?.wasSpare === true && this.#state?.spare === undefined)
      await this.#write({ good: this.#board.running, spare: this.#other, tried: this.#other }).catch(
        (error: unknown) => this.#ports.log.warn(messageOf(error)),
      );
  }

  #tellFailures(): void {
    if (this.#state?.failed === undefined) return;
    this.#ports.onFailedStarts(
      `the system in slot ${this.#board.running}`,
      `it was damaged or could not be read; starts that failed: ${this.#state.failed}. If that happens again the card is failing`,
    );
  }

  async #tellDamage({ damaged, reason }: StartFinding & { readonly kind: 'instead' }): Promise<void> {
    const { clock, files, onFailedStarts } = this.#ports;
    const tell = (since: string): void =>
      this.#tell(
        `The system in slot ${damaged} is damaged${since}: ${reason}. The box runs ${this.#version} from slot ${this.#board.running} instead; install the update again, and replace the card if it happens again`,
      );
    // A card that keeps nothing must not keep the owner from being told either.
    tell('');
    const { since, isNew } = await rememberDamage(files, { slot: damaged, since: clock.wallTime() });
    if (since !== undefined) tell(` since ${new Date(since).toISOString().slice(0, 10)}`);
    if (isNew) onFailedStarts(`the system in slot ${damaged}`, reason);
  }

  /** This start has not failed. Written only when there is something to forget, for the card's sake. */
  async #forgetTroubles(): Promise<void> {
    if (this.#finding.kind !== 'instead') await forgetDamage(this.#ports.files);
    if (this.#state?.failed === undefined) return;
    const { counter: _, failed: __, ...rest } = this.#state;
    await this.#write(rest);
  }

  #tell(problem: string | undefined): void {
    this.#problem = problem;
    this.#ports.onProblem(problem);
  }

  async #alone<T>(action: () => Promise<T>): Promise<T> {
    if (this.#isBusy) throw new UserError('Cannot update: another update is being written; wait for its end');
    this.#isBusy = true;
    try {
      return await action();
    } finally {
      this.#isBusy = false;
    }
  }

  async #write(next: Omit<SlotState, 'counter'>): Promise<void> {
    await this.#states.write(next);
    this.#state = await this.#states.read();
  }

  #judge(trial: Trial, worked: readonly string[] | undefined): void {
    const { clock, log } = this.#ports;
    if (this.#isStopped) return;
    this.#look = clock.wake(after(clock.now(), LOOK_EVERY), () => {
      this.#judgeNow(trial, worked).catch((error: unknown) => {
        log.error(`Cannot judge the new system: ${messageOf(error)}`);
        this.#judge({ begun: trial.begun }, worked);
      });
    });
  }

  async #judgeNow(before: Trial, worked: readonly string[] | undefined): Promise<void> {
    const { clock, log, impairment } = this.#ports;
    const missing = impairment ?? (await this.#missing(worked));
    if (this.#isStopped) return;
    const { trial, verdict } = stepTrial(before, missing, clock.now());
    if (verdict.kind === 'wait') return this.#judge(trial, worked);
    if (verdict.kind === 'go-back') return await this.#giveUp(verdict.reason);
    await this.#write({ good: this.#board.running, spare: this.#other });
    log.notice(`${this.#version} works as the system before did, and stays`);
  }

  async #missing(worked: readonly string[] | undefined): Promise<string | undefined> {
    const { clock, health } = this.#ports;
    const { promise: late, resolve } = Promise.withResolvers<string>();
    const timer = clock.wake(after(clock.now(), LOOK_TIMEOUT), () =>
      resolve('the box does not say how it is'),
    );
    try {
      return await Promise.race([health().then((report) => shortfall(worked, report)), late]);
    } finally {
      timer.cancel();
    }
  }

  async #giveUp(reason: string): Promise<void> {
    const { files, log, restart } = this.#ports;
    const memory = await loadUpdateMemory(files);
    if (memory !== undefined) {
      // Going back must not depend on a disk that may be what is broken.
      await saveUpdateMemory(files, { ...memory, reason }).catch((error: unknown) =>
        log.warn(messageOf(error)),
      );
    }
    restart(`${this.#version} does not work as the system before did: ${reason}`);
  }
}
