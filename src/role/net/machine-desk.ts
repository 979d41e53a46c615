import { UserError } from '../../base/errors.ts';
import { RESET_SCOPES } from '../../engine/reset/scopes.ts';
import type { Files } from '../../port/files.ts';
import type { Machine, ResetKind } from '../../port/machine.ts';
import { wantReset } from '../../service/reset/reset.ts';
import type { RunSettings } from '../settings.ts';

/** The answer to the caller has to leave before the box does. */
const RESTART_AFTER = 1000;

/** The part of the box behind the control API that is about the machine as a whole. */
export class MachineDesk implements Machine {
  readonly #settings: RunSettings;
  readonly #data: Files;
  readonly #restart: (reason: string) => void;

  constructor(settings: RunSettings, data: Files, restart: (reason: string) => void) {
    this.#settings = settings;
    this.#data = data;
    this.#restart = restart;
  }

  resetScopes(): ReturnType<Machine['resetScopes']> {
    return RESET_SCOPES;
  }

  async reset(kind: ResetKind): Promise<void> {
    const { data, config, isInMemory = false } = this.#settings;
    if (isInMemory)
      throw new UserError('Cannot reset the box: its data cannot be used now; format them first');
    if (config !== `${data}/config/current.json`)
      throw new UserError(
        `Cannot reset the box: its configuration is the file "${config}" of the command line`,
      );
    await wantReset(this.#data, kind);
    this.#restartSoon('The box is reset');
  }

  restart(): void {
    this.#restartSoon('The owner restarts the box');
  }

  #restartSoon(reason: string): void {
    setTimeout(() => this.#restart(reason), RESTART_AFTER);
  }
}
