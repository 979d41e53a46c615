import { InvariantError } from '../../../base/errors.ts';
import { NFT_REG } from '../../../wire/nftables/constants.ts';

const WORD = 4;
const WORDS = 16;
const WORDS_OF_LONG = 4;

/**
 * The data registers of one rule. Four of 16 bytes and sixteen of 4 bytes are the same 64 bytes, so that fields stored
 * side by side make the key of a concatenation (nft_parse_register() of net/netfilter/nf_tables_api.c).
 */
export class Registers {
  readonly #bytes = new Uint8Array(WORDS * WORD);

  /** Stores `value`, and zeros to the end of its last word as the kernel does. */
  store(register: number, value: Uint8Array): void {
    const padded = new Uint8Array(Math.ceil(value.length / WORD) * WORD);
    padded.set(value);
    this.#at(register, padded.length).set(padded);
  }

  /** A copy of the first `length` bytes. */
  load(register: number, length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#at(register, length));
  }

  #at(register: number, length: number): Uint8Array {
    const isLong = register > NFT_REG.VERDICT && register <= NFT_REG.R4;
    const word = isLong ? (register - NFT_REG.R1) * WORDS_OF_LONG : register - NFT_REG.R32_00;
    if (word < 0 || word * WORD + length > this.#bytes.length)
      throw new InvariantError(`Cannot use ${length} bytes of register ${register}`);
    return this.#bytes.subarray(word * WORD, word * WORD + length);
  }
}
