import { clientBlock, networkBlock } from '../../base/address-block.ts';
import { type Duration, Hours, Milliseconds, Minutes, Seconds } from '../../base/duration.ts';
import { type Instant, after, between } from '../../base/instant.ts';

/** How much guessing a block of addresses may do before it is shut out. */
export interface GuardLevel {
  readonly blockOf: (address: string) => string;
  /** Different failed logins within {@link LoginGuardLimits.window}; with the last of them the block is banned. */
  readonly failures: number;
}

export interface LoginGuardLimits {
  /** The narrowest first: an address that has proved to be a user's is measured by that one only. */
  readonly levels: readonly GuardLevel[];
  readonly window: Duration;
  /** How long a block is shut out. */
  readonly banTime: Duration;
  /** Blocks remembered, for each level; with more, the one that failed longest ago is forgotten with its ban. */
  readonly trackedBlocks: number;
  /** The answer to a first failure is held back for so long, doubling with each further one. */
  readonly delay: Duration;
  readonly longestDelay: Duration;
  /** How long an address is known by a login that fitted. */
  readonly knownTime: Duration;
}

const DEFAULT_LOGIN_GUARD_LIMITS: LoginGuardLimits = {
  levels: [
    { blockOf: clientBlock, failures: 6 },
    { blockOf: networkBlock, failures: 24 },
  ],
  window: Minutes(30),
  banTime: Hours(1),
  trackedBlocks: 1024,
  delay: Seconds(1),
  longestDelay: Seconds(10),
  knownTime: Hours(24 * 30),
};

interface Failures {
  since: Instant;
  /** Marks of what was tried: a program that repeats an old password all day is one failure, not a thousand. */
  readonly tried: Set<string>;
  bannedUntil: Instant;
}

/**
 * Answers guessing at passwords by blocks of addresses, never by user: whoever guesses at somebody's password must not lock them out. A login that fitted makes
 * its address known, and a known address does not pay for its neighbours.
 */
export class LoginGuardState {
  readonly #limits: LoginGuardLimits;
  readonly #levels: readonly Map<string, Failures>[];
  readonly #known = new Map<string, Instant>();

  constructor(limits: LoginGuardLimits = DEFAULT_LOGIN_GUARD_LIMITS) {
    this.#limits = limits;
    this.#levels = limits.levels.map(() => new Map());
  }

  /** Whether a login from there is tried at all. */
  admits(address: string, now: Instant): boolean {
    const { levels } = this.#limits;
    const measured = this.#isKnown(address, now) ? levels.slice(0, 1) : levels;
    return measured.every(({ blockOf }, index) => {
      const failures = this.#levels[index]?.get(blockOf(address));
      return failures === undefined || now >= failures.bannedUntil;
    });
  }

  /** Counts a failed login, `mark` standing for name and password. @returns for how long its answer is to be held back */
  failed(address: string, mark: string, now: Instant): Duration {
    const { levels, delay, longestDelay, banTime } = this.#limits;
    let most = 0;
    for (const [index, level] of levels.entries()) {
      const failures = this.#failures(index, level.blockOf(address), now);
      if (failures === undefined) continue;
      failures.tried.add(mark);
      if (index === 0) most = failures.tried.size;
      if (failures.tried.size < level.failures) continue;
      failures.bannedUntil = after(now, banTime);
      failures.tried.clear();
    }
    return Milliseconds(Math.min(longestDelay, delay * 2 ** Math.max(0, most - 1)));
  }

  /** Makes an address known by a login that fitted. */
  succeeded(address: string, now: Instant): void {
    const key = clientBlock(address);
    this.#known.delete(key);
    this.#known.set(key, now);
    forgetFirst(this.#known, this.#limits.trackedBlocks);
  }

  #isKnown(address: string, now: Instant): boolean {
    const since = this.#known.get(clientBlock(address));
    return since !== undefined && between(since, now) < this.#limits.knownTime;
  }

  #failures(index: number, block: string, now: Instant): Failures | undefined {
    const { window, trackedBlocks } = this.#limits;
    const blocks = this.#levels[index];
    const old = blocks?.get(block);
    const isOver = old === undefined || (between(old.since, now) >= window && now >= old.bannedUntil);
    const failures = isOver ? { since: now, tried: new Set<string>(), bannedUntil: now } : old;
    blocks?.delete(block);
    blocks?.set(block, failures);
    if (blocks !== undefined) forgetFirst(blocks, trackedBlocks);
    return failures;
  }
}

function forgetFirst(map: Map<string, unknown>, most: number): void {
  const [first] = map.keys();
  if (map.size > most && first !== undefined) map.delete(first);
}
