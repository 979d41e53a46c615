import { Seconds } from '../../base/duration.ts';
import { UserError } from '../../base/errors.ts';
import { RESET_SCOPES } from '../../engine/reset/scopes.ts';
import type { BlockDevices } from '../../port/block-device.ts';
import type { Files } from '../../port/files.ts';
import type { DataState, Machine, ResetKind } from '../../port/machine.ts';
import { wantFormat } from '../../service/reset/want-format.ts';
import { wantReset } from '../../service/reset/reset.ts';
import type { RunSettings } from '../settings.ts';

/** The answer to the caller has to leave before the box does. */
const RESTART_AFTER = Seconds(1);

export interface MachineDeskParts {
  readonly settings: RunSettings;
  readonly data: Files;
  /** The partition of the data, on a board that tells it. */
  readonly dataDevice: string | undefined;
  readonly devices: BlockDevices;
  readonly restart: (reason: string) => void;
}

/** The part of the box behind the control API that is about the machine as a whole. */
export class MachineDesk implements Machine {
  readonly #parts: MachineDeskParts;

  constructor(parts: MachineDeskParts) {
    this.#parts = parts;
  }

  resetScopes(): ReturnType<Machine['resetScopes']> {
    return RESET_SCOPES;
  }

  async reset(kind: ResetKind): Promise<void> {
    const { data, config, isInMemory = false } = this.#parts.settings;
    if (isInMemory)
      throw new UserError('Cannot reset the box: its data cannot be used now; format them first');
    if (config !== `${data}/config/current.json`)
      throw new UserError(
        `Cannot reset the box: its configuration is the file "${config}" of the command line`,
      );
    await wantReset(this.#parts.data, kind);
    this.#restartSoon('The box is reset');
  }

  dataState(): DataState {
    const { settings, dataDevice } = this.#parts;
    const isBroken = settings.isInMemory === true;
    const problem = isBroken ? (settings.rescue ?? 'The data cannot be used') : null;
    return { directory: settings.data, problem, canFormat: isBroken && dataDevice !== undefined };
  }

  async formatData(): Promise<void> {
    const { settings, dataDevice, devices } = this.#parts;
    if (settings.isInMemory !== true)
      throw new UserError(
        'Cannot format the data: they are not broken; "gatepost reset" is for a new beginning',
      );
    if (dataDevice === undefined)
      throw new UserError(
        'Cannot format the data: the description of this board does not say where they are',
      );
    await wantFormat(dataDevice, devices);
    this.#restartSoon('The data are formatted at the next start');
  }

  restart(): void {
    if (this.#parts.settings.board === undefined)
      throw new UserError(
        'Cannot restart the board: this box does not run from an image; stop the program and start it again',
      );
    this.#restartSoon('The owner restarts the box');
  }

  #restartSoon(reason: string): void {
    setTimeout(() => this.#parts.restart(reason), RESTART_AFTER);
  }
}
