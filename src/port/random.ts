/** A source of unpredictable numbers. */
export interface Random {
  /** An integer from 0 to `limit` - 1, evenly spread. `limit` is 1 to 2^32. */
  below(limit: number): number;
  bytes(length: number): Uint8Array;
}
