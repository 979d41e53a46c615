import { denyAll } from '../../engine/firewall/compile.ts';
import { type Refusal, type Rung, isFull, refusalsOf, rungFor } from '../../engine/firewall/ladder.ts';
import { TABLE } from '../../engine/firewall/names.ts';
import type { FirewallOptions } from '../../engine/firewall/options.ts';
import type { Ruleset } from '../../engine/firewall/ruleset.ts';
import { removalMessages } from '../../engine/firewall/transaction.ts';
import type { Log } from '../../port/log.ts';
import type { NetlinkSession } from '../../port/netlink-session.ts';
import { type FirewallCounter, type FirewallState, readCounters, readState } from './firewall-state.ts';
import { readTable } from './kernel-table.ts';
import { type Outcome, type Refused, RulesetLoader, sendBatch } from './ruleset-loader.ts';

export interface Applied {
  readonly outcome: Outcome;
  /** What the kernel refused of the full ruleset, in plain words; empty when all is in force. */
  readonly reduced: readonly string[];
}

export interface Firewall {
  /**
   * Puts the minimal default-deny ruleset in force unless a ruleset of ours is there already, which an earlier run
   * left and which is better. To be called before any address and before forwarding.
   */
  protect(options: Pick<FirewallOptions, 'lan' | 'lanServices'>): Promise<'kept' | 'replaced'>;
  /**
   * Brings the kernel to the ruleset of these options by the smallest transaction there is; sends nothing when it has
   * it. Where the kernel lacks something, the ruleset does without, and what was refused is not tried again as long as
   * the options ask for just that.
   * @throws UserError for options that cannot be, KernelError when the kernel refuses; the ruleset in force stays
   */
  apply(options: FirewallOptions): Promise<Applied>;
  /** As the last `apply` found it. */
  readonly reduced: readonly string[];
  /** What {@link apply} of these options would bring the kernel to, as far as is known of this kernel. */
  rulesetOf(options: FirewallOptions): Ruleset;
  /** In the order of the ruleset; none while our table is not in the kernel. Cheap enough for once a second. */
  readCounters(): Promise<readonly FirewallCounter[]>;
  /** All that is counted. */
  readState(): Promise<FirewallState>;
  /** Removes our table; what it refused is open from then on. */
  teardown(): Promise<void>;
}

class KernelFirewall implements Firewall {
  readonly #session: NetlinkSession;
  readonly #log: Log;
  readonly #loader: RulesetLoader;
  #refusals: readonly Refusal[] = [];
  /** One change at a time: each reads what the one before has left. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(session: NetlinkSession, log: Log) {
    this.#session = session;
    this.#log = log;
    this.#loader = new RulesetLoader(session, log);
  }

  get reduced(): readonly string[] {
    return this.#refusals.map(({ text }) => text);
  }

  protect(options: Pick<FirewallOptions, 'lan' | 'lanServices'>): Promise<'kept' | 'replaced'> {
    return this.#inTurn(async () => {
      const { messages } = await readTable(this.#session, TABLE);
      if (messages.length > 0) return 'kept';
      const result = await this.#loader.bring(denyAll(options));
      if (typeof result !== 'string') throw result.error;
      this.#log.info('Everything but the management from the LAN is closed until the firewall is in force');
      return 'replaced';
    });
  }

  rulesetOf(options: FirewallOptions): Ruleset {
    return rungFor(options, this.#refusals).ruleset;
  }

  apply(options: FirewallOptions): Promise<Applied> {
    return this.#inTurn(() => this.#apply(options));
  }

  async #apply(options: FirewallOptions): Promise<Applied> {
    let rung = rungFor(options, this.#refusals);
    for (;;) {
      const result = await this.#loader.bring(rung.ruleset);
      if (typeof result === 'string') return this.#settle(options, rung, result);
      rung = this.#below(options, rung, result);
    }
  }

  /** One rung down the ladder. @throws what the kernel said, if that does not lead down */
  #below(options: FirewallOptions, rung: Rung, { message, error, table }: Refused): Rung {
    const found =
      message === undefined
        ? undefined
        : refusalsOf(options, rung, { message, errno: error.errno, offset: error.offset });
    if (found === undefined) throw error;
    // What is in force does more than the minimal ruleset would.
    if (found.some(({ lost }) => lost === 'mode') && isFull(options, table.messages)) throw error;
    for (const { text } of found) this.#log.warn(`The firewall goes without ${text}: ${error.message}`);
    return rungFor(options, [...rung.refusals, ...found]);
  }

  #settle(options: FirewallOptions, { ruleset, refusals }: Rung, outcome: Outcome): Applied {
    this.#refusals = refusals;
    if (outcome !== 'unchanged') {
      const rules = ruleset.chains.reduce((sum, chain) => sum + chain.rules.length, 0);
      this.#log.info(`The firewall of mode "${options.mode}" is in force, ${rules} rules`);
    }
    return { outcome, reduced: this.reduced };
  }

  readCounters(): Promise<readonly FirewallCounter[]> {
    return readCounters(this.#session, TABLE);
  }

  readState(): Promise<FirewallState> {
    return readState(this.#session, TABLE);
  }

  teardown(): Promise<void> {
    return this.#inTurn(() => sendBatch(this.#session, removalMessages(TABLE)));
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(change);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

/** The firewall of the kernel behind this session (NETLINK.NETFILTER). Nothing is read or changed by starting it. */
export function startFirewall(session: NetlinkSession, log: Log): Firewall {
  return new KernelFirewall(session, log);
}
