import { Seconds } from '../../base/duration.ts';
import { UserError } from '../../base/errors.ts';
import type { Box } from '../../port/box.ts';
import type { UpdateProgress, UpdateStatus } from '../../port/update-status.ts';
import type { Updater } from '../../service/update/updater.ts';

type UpdateCalls = Pick<Box, 'update' | 'installUpdate' | 'startOtherSystem'>;

/** The answer to the caller has to leave before the box does. */
const RESTART_AFTER = Seconds(1);

/** The part of the box behind the control API that is about its systems. */
export class UpdateDesk implements UpdateCalls {
  readonly #updater: Updater | undefined;
  readonly #restart: (reason: string) => void;
  #progress: UpdateProgress | undefined;

  /** Without an updater the box does not run from an image. */
  constructor(updater: Updater | undefined, restart: (reason: string) => void) {
    this.#updater = updater;
    this.#restart = restart;
  }

  update(): UpdateStatus | null {
    const status = this.#updater?.status;
    return status === undefined ? null : { ...status, progress: this.#progress };
  }

  async installUpdate(
    file: AsyncIterable<Uint8Array>,
    onProgress: (progress: UpdateProgress) => void,
  ): Promise<string> {
    const tell = (progress: UpdateProgress): void => {
      this.#progress = progress;
      onProgress(progress);
    };
    const { version } = await this.#required()
      .install(file, tell)
      .finally(() => (this.#progress = undefined));
    this.#restartSoon(`The update to ${version} is tried`);
    return version;
  }

  async startOtherSystem(): Promise<void> {
    await this.#required().goBack();
    this.#restartSoon('The other system is tried');
  }

  #required(): Updater {
    if (this.#updater === undefined)
      throw new UserError(
        'Cannot update: this box does not run from an image; install the new version as you did this one',
      );
    return this.#updater;
  }

  #restartSoon(reason: string): void {
    setTimeout(() => this.#restart(reason), RESTART_AFTER);
  }
}
