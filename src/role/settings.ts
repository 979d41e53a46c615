import type { Slot } from '../wire/slot-state/slot-state.ts';

export interface BoardSettings {
  readonly file: string;
  readonly slot: Slot;
  /** The boot loader could not load the system of the other slot. */
  readonly isFallback?: boolean | undefined;
}

/** Where a box keeps what, as named on the command line. */
export interface RunSettings {
  /** The owner's configuration file; it need not exist yet. */
  readonly config: string;
  readonly data: string;
  readonly run: string;
  /** The file that describes the board, and the slot whose system runs; without them the box does not run from an image. */
  readonly board?: BoardSettings | undefined;
  /** What the owner has to know: something of the box was broken at its start. */
  readonly rescue?: string | undefined;
  /** The data directory is in memory: nothing can be promised. */
  readonly isInMemory?: boolean | undefined;
  /** When the parent of the roles began, in milliseconds of the clock of `process.hrtime()`, which all processes share. */
  readonly startedAt?: number | undefined;
  /** Whether a stop also removes addresses, routes and ruleset. */
  readonly teardown: boolean;
}

/**
 * The unprivileged users of the roles: fixed numbers outside the ranges that Debian gives to people and packages
 * (Debian Policy section 9.2.2), so that files keep their owner when a card moves to another image.
 */
export const ROLE_IDS = {
  post: { uid: 64_201, gid: 64_201 },
  web: { uid: 64_202, gid: 64_202 },
} as const;

export const DEFAULT_DATA_DIRECTORY = '/data';

/**
 * The whole environment of every process. One malloc arena instead of eight a core: the threads of Node allocate little,
 * and what an arena has grown to it keeps.
 */
export const ENVIRONMENT = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  TZ: 'UTC',
  MALLOC_ARENA_MAX: '1',
} as const;
