import { readFileSync, writeFileSync } from 'node:fs';
import { type SlotState, encodeSlotState, newestSlotState } from '../../src/wire/slot-state/slot-state.ts';
import type { Maker } from '../service/update/update-file.ts';
import type { Namespace } from './namespace.ts';
import { outputOf } from './run-command.ts';

const PARTS = ['state', 'a', 'b'] as const;
type Part = (typeof PARTS)[number];

/** Octets of each part. */
export const PART_OCTETS = 12 * 2 ** 20;
const SECTOR = 512;

/** A card of loop devices: what the boot loader is told, and the two slots. Beside it the description of its board. */
export class Card implements AsyncDisposable {
  readonly boardFile: string;
  readonly #devices = new Map<Part, string>();

  private constructor(boardFile: string) {
    this.boardFile = boardFile;
  }

  static async make(namespace: Namespace, maker: Maker): Promise<Card> {
    const card = new Card(namespace.file('board.json'));
    for (const part of PARTS) {
      const image = namespace.file(`card-${part}.img`);
      await outputOf(['truncate', '-s', String(PART_OCTETS), image]);
      card.#devices.set(part, (await outputOf(['losetup', '--find', '--show', image])).trim());
    }
    const board = {
      name: 'test-board',
      slots: { a: card.#device('a'), b: card.#device('b') },
      slotState: { device: card.#device('state'), offsets: [0, SECTOR] },
      updateKeys: [maker.publicKey],
    };
    writeFileSync(card.boardFile, JSON.stringify(board));
    card.tell({ counter: 1, good: 'a' });
    return card;
  }

  /** Options of `gatepost run` for the system of a slot. */
  options(slot: 'a' | 'b'): readonly string[] {
    return ['--board', this.boardFile, '--slot', slot];
  }

  /** What the boot loader reads, from the device itself. */
  told(): SlotState | undefined {
    const card = this.content('state');
    return newestSlotState([card.subarray(0, SECTOR), card.subarray(SECTOR, 2 * SECTOR)]);
  }

  tell(state: SlotState): void {
    const sector = encodeSlotState(state);
    writeFileSync(this.#device('state'), Buffer.concat([sector, sector]), { flag: 'r+' });
  }

  content(part: Part): Buffer {
    return readFileSync(this.#device(part));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const device of this.#devices.values()) await outputOf(['losetup', '--detach', device]);
  }

  #device(part: Part): string {
    return this.#devices.get(part) ?? '';
  }
}
