import assert from 'node:assert/strict';
import { NAMES } from './addresses.ts';
import type { Office } from './office.ts';
import type { CommandResult } from './run-command.ts';

/** A download from the Internet that outlasts what a test does meanwhile, and is checked to have done so. */
export class LongDownload {
  readonly #office: Office;
  readonly #size: number;
  readonly #accessBefore: number;
  readonly #result: Promise<CommandResult>;

  /** By pc1, of `size` bytes at `rate` bytes a second. */
  constructor(office: Office, rate: number, size: number) {
    this.#office = office;
    this.#size = size;
    this.#accessBefore = office.world.access.end();
    const url = `http://${NAMES.elsewhereWeb}/slow/${rate}`;
    const measure = '%{http_code} %{size_download}';
    const curl = ['curl', '-sS', '-r', `0-${size - 1}`, '-o', '/dev/null', '-w', measure, url];
    this.#result = office.pc1.namespace.run(curl);
  }

  /** The server writes a line for each request that it has served whole. */
  assertGoesOn(): void {
    const served = this.#office.world.access.text().slice(this.#accessBefore);
    assert.equal(served, '', 'the download was still going on');
  }

  async assertWhole(): Promise<void> {
    const all = { status: 0, stdout: `206 ${this.#size}`, stderr: '' };
    assert.deepEqual(await this.#result, all);
    const line = new RegExp(`GET /slow/.* 206 ${this.#size} `);
    await this.#office.world.access.line(line, { from: this.#accessBefore });
  }
}
