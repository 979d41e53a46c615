/**
 * One connection for so many bytes of memory. An entry with its counters and translation takes about 400, its place in the
 * table 8: when the table is full, a fortieth of the memory is in it.
 */
const BYTES_PER_CONNECTION = 16_384;

/** Enough for thirty busy devices, 7 MB when full: also on the smallest board. */
const FEWEST_CONNECTIONS = 16_384;

/** What an office of two hundred devices does not reach; more would only give a flood more room. */
const MOST_CONNECTIONS = 262_144;

/** The kernel rounds the size of its table up to whole pages, the largest of which hold 8192 places. */
const STEP = 8192;

/** How many connections the kernel shall follow at most on a machine with so many bytes of memory: a multiple of 8192. */
export function connectionLimit(memory: number): number {
  const wanted = Math.floor(memory / BYTES_PER_CONNECTION / STEP) * STEP;
  return Math.min(Math.max(wanted, FEWEST_CONNECTIONS), MOST_CONNECTIONS);
}
