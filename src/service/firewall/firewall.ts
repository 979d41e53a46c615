import { canonicalLines } from '../../engine/firewall/canonical.ts';
import { compileRuleset, denyAll } from '../../engine/firewall/compile.ts';
import { TABLE } from '../../engine/firewall/names.ts';
import type { FirewallOptions } from '../../engine/firewall/options.ts';
import type { Ruleset } from '../../engine/firewall/ruleset.ts';
import { contentMessages, removalMessages, replacementMessages } from '../../engine/firewall/transaction.ts';
import type { Log } from '../../port/log.ts';
import type { KernelRequest, NetlinkSession } from '../../port/netlink-session.ts';
import { NLM_F } from '../../wire/netlink/constants.ts';
import { inBatch } from '../../wire/nftables/batch.ts';
import { type NftMessage, encodeNft } from '../../wire/nftables/message.ts';
import { commentOf } from '../../wire/nftables/user-data.ts';
import { readTable, readTotals } from './kernel-table.ts';

export interface FirewallCounter {
  readonly name: string;
  readonly packets: number;
  readonly bytes: number;
}

export interface Firewall {
  /**
   * Puts the minimal default-deny ruleset in force unless a ruleset of ours is there already, which an earlier run
   * left and which is better. To be called before any address and before forwarding.
   */
  protect(options: Pick<FirewallOptions, 'lan' | 'lanServices'>): Promise<'kept' | 'replaced'>;
  /**
   * Brings the kernel to the ruleset of these options in one transaction; sends nothing when it has it.
   * @throws UserError for options that cannot be, NetlinkError when the kernel refuses; the ruleset in force stays
   */
  apply(options: FirewallOptions): Promise<'unchanged' | 'replaced'>;
  /** In the order of the ruleset; none while our table is not in the kernel. */
  readCounters(): Promise<readonly FirewallCounter[]>;
  /** Removes our table; what it refused is open from then on. */
  teardown(): Promise<void>;
}

function requestOf(message: NftMessage): KernelRequest {
  const { type, payload } = encodeNft(message);
  const flags = message.operation === 'add' ? NLM_F.CREATE | (message.kind === 'rule' ? NLM_F.APPEND : 0) : 0;
  return { type, flags, payload, purpose: `load the firewall: ${message.operation} ${nameOf(message)}` };
}

/** How the kernel's refusal names the message. */
function nameOf({ kind, body }: NftMessage): string {
  switch (kind) {
    case 'rule':
      return `rule "${commentOf(body.userData) ?? ''}" of chain ${body.chain ?? ''}`;
    case 'elements':
      return `elements of set ${body.set ?? ''}`;
    case 'generation':
      return kind;
    default:
      return `${kind} ${body.name ?? ''}`;
  }
}

class KernelFirewall implements Firewall {
  readonly #session: NetlinkSession;
  readonly #log: Log;
  /** One change at a time: each reads what the one before has left. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(session: NetlinkSession, log: Log) {
    this.#session = session;
    this.#log = log;
  }

  protect(options: Pick<FirewallOptions, 'lan' | 'lanServices'>): Promise<'kept' | 'replaced'> {
    return this.#inTurn(async () => {
      const { messages } = await readTable(this.#session, TABLE);
      if (messages.length > 0) return 'kept';
      await this.#replace(denyAll(options));
      this.#log.info('Everything but the management from the LAN is closed until the firewall is in force');
      return 'replaced';
    });
  }

  apply(options: FirewallOptions): Promise<'unchanged' | 'replaced'> {
    return this.#inTurn(async () => {
      const ruleset = compileRuleset(options);
      if (await this.#isInForce(ruleset)) return 'unchanged';
      await this.#replace(ruleset);
      const rules = ruleset.chains.reduce((sum, chain) => sum + chain.rules.length, 0);
      this.#log.info(`The firewall of mode "${options.mode}" is in force, ${rules} rules`);
      return 'replaced';
    });
  }

  async readCounters(): Promise<readonly FirewallCounter[]> {
    const totals = await readTotals(this.#session, TABLE);
    return [...totals].map(([name, { packets, bytes }]) => ({
      name,
      packets: Number(packets),
      bytes: Number(bytes),
    }));
  }

  teardown(): Promise<void> {
    return this.#inTurn(() => this.#send(removalMessages(TABLE)));
  }

  async #isInForce(ruleset: Ruleset): Promise<boolean> {
    const { messages } = await readTable(this.#session, ruleset.table);
    const there = canonicalLines(messages);
    const wanted = canonicalLines(contentMessages(ruleset));
    return there.length === wanted.length && there.every((line, index) => line === wanted[index]);
  }

  async #replace(ruleset: Ruleset): Promise<void> {
    // Read as late as possible: packets counted between here and the transaction are missing in the totals.
    const totals = await readTotals(this.#session, ruleset.table);
    await this.#send(replacementMessages(ruleset, totals));
  }

  async #send(messages: readonly NftMessage[]): Promise<void> {
    const batch = inBatch(messages.map(requestOf));
    await this.#session.transaction(batch.map((packet) => ({ flags: 0, ...packet })));
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
