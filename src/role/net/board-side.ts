import { readFileSync } from 'node:fs';
import process from 'node:process';
import { messageOf } from '../../base/errors.ts';
import { Instant } from '../../base/instant.ts';
import { type Board, readBoard } from '../../config/board.ts';
import { linuxBlockDevices } from '../../io/linux/block-device.ts';
import { linuxInputDevices } from '../../io/linux/input-device.ts';
import type { HealthReport } from '../../port/health-report.ts';
import type { CardWatch } from '../../service/cards/card-watch.ts';
import type { ConfigCopies } from '../../service/config-copies.ts';
import { ResetButton } from '../../service/reset/reset-button.ts';
import type { ConfigStore } from '../../service/config-store.ts';
import type { Updater } from '../../service/update/updater.ts';
import type { Watchdog } from '../../service/watchdog/watchdog.ts';
import { configCopiesOf } from '../rescue.ts';
import type { RunSettings } from '../settings.ts';
import { openCards } from './open-cards.ts';
import { openUpdater } from './open-updater.ts';
import { MachineDesk } from './machine-desk.ts';
import { openWatchdog, selfChecks } from './open-watchdog.ts';
import type { NetPorts } from './ports.ts';
import type { NetServices } from './services.ts';
import { UpdateDesk } from './update-desk.ts';

export interface BoardSideParts {
  readonly settings: RunSettings;
  readonly ports: NetPorts;
  readonly services: NetServices;
  readonly store: ConfigStore;
  /** Starts the board again. */
  readonly restart: (reason: string) => void;
  readonly health: () => Promise<HealthReport>;
}

/** What a box has that runs from an image on a board: updates, a watchdog, and its configuration once more outside its data. */
export class BoardSide {
  readonly updates: UpdateDesk;
  readonly machine: MachineDesk;
  readonly #parts: BoardSideParts;
  readonly #updater: Updater | undefined;
  readonly #copies: ConfigCopies | undefined;
  readonly #button: ResetButton | undefined;
  readonly #cards: CardWatch;
  #watchdog: Watchdog | undefined;

  constructor(parts: BoardSideParts) {
    const { settings, ports, services, restart, health } = parts;
    this.#parts = parts;
    this.#updater = openUpdater(settings.board, {
      files: ports.data,
      clock: ports.clock,
      log: ports.log.logFor('update'),
      restart,
      health,
      configVersion: () => services.config.version,
      startedAt: Instant(ports.clock.now() - ageOf(settings)),
      impairment: settings.rescue,
      onProblem: (sentence) => services.notices.note('update', sentence),
      onFailedStarts: (part, reason) => {
        services.notices.warn('start', `${part} could not be started: ${reason}`);
        void this.#watchdog?.rememberFailedStarts(part, reason);
      },
    });
    this.updates = new UpdateDesk(this.#updater, restart);
    const facts = settings.board === undefined ? undefined : boardOf(settings.board.file);
    this.machine = new MachineDesk({
      settings,
      data: ports.data,
      dataDevice: facts?.data,
      devices: linuxBlockDevices,
      restart,
    });
    this.#button = this.#buttonOf(facts);
    this.#cards = openCards(ports, services, {
      onReset: (device, sentence) => {
        services.notices.warn('network card', sentence);
        void this.#watchdog?.rememberCard(device, sentence);
      },
      onProblem: (sentence) => services.notices.note('network cards', sentence),
    });
    this.#copies = settings.board === undefined ? undefined : configCopiesOf(settings.board);
  }

  /** To be called before all else: a start that hangs is to end in another one. */
  async watch(): Promise<void> {
    const { settings, ports, services, restart } = this.#parts;
    this.#watchdog = await openWatchdog(settings.board, ports, {
      checks: new Map([
        ...selfChecks(ports, services),
        ['the network cards', () => this.#requireCards()] as const,
      ]),
      restart,
      onRestarted: (sentence) => services.notices.warn('restart', sentence),
      onMissing: (sentence) => services.notices.note('watchdog', sentence),
    });
    await this.#watchdog?.start();
  }

  async start(): Promise<void> {
    const { settings, services } = this.#parts;
    services.notices.note('data', settings.rescue);
    this.#button?.start();
    if (settings.board !== undefined) this.#cards.start();
    await Promise.all([this.#updater?.start(), this.keepConfig()]);
  }

  /** Keeps a copy of the configuration in force where the system is started from. */
  async keepConfig(): Promise<void> {
    const { services, store } = this.#parts;
    try {
      await this.#copies?.write(store.text);
      services.notices.note('copy of the configuration', undefined);
    } catch (error) {
      services.notices.note('copy of the configuration', messageOf(error));
    }
  }

  /** Resets come first; the board is started anew when they have not helped. */
  async #requireCards(): Promise<void> {
    if (this.#cards.problem !== undefined) throw new Error(this.#cards.problem);
  }

  #buttonOf(facts: Board | undefined): ResetButton | undefined {
    const { ports, services } = this.#parts;
    if (facts?.resetButton === undefined) return undefined;
    const log = ports.log.logFor('reset');
    return new ResetButton(facts.resetButton, {
      devices: linuxInputDevices,
      clock: ports.clock,
      onHeld: () => {
        log.notice('The reset button was held');
        this.machine.reset('settings').catch((error: unknown) => log.warn(messageOf(error)));
      },
      onProblem: (sentence) => services.notices.note('reset button', sentence),
    });
  }

  async stop(): Promise<void> {
    this.#button?.stop();
    this.#cards.stop();
    this.#updater?.stop();
    await this.#watchdog?.stop();
  }
}

/** How long the box has been running, over all lives of this role. */
function ageOf({ startedAt }: RunSettings): number {
  return startedAt === undefined ? 0 : process.hrtime()[0] * 1000 - startedAt;
}

function boardOf(file: string): Board {
  return readBoard(readFileSync(file, 'utf8'));
}
