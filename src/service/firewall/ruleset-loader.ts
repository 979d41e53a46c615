import { KernelError } from '../../base/errors.ts';
import { differenceTo } from '../../engine/firewall/difference.ts';
import type { Ruleset } from '../../engine/firewall/ruleset.ts';
import { replacementMessages } from '../../engine/firewall/transaction.ts';
import { NetlinkError } from '../../engine/netlink-dialog/netlink-error.ts';
import type { Log } from '../../port/log.ts';
import type { KernelRequest, NetlinkSession } from '../../port/netlink-session.ts';
import { NLM_F } from '../../wire/netlink/constants.ts';
import { inBatch } from '../../wire/nftables/batch.ts';
import { type NftMessage, encodeNft } from '../../wire/nftables/message.ts';
import { commentOf } from '../../wire/nftables/user-data.ts';
import { type KernelTable, readCarried, readTable } from './kernel-table.ts';

/** What became of a wish: nothing was to be done, parts were changed in place, or the whole table was made anew. */
export type Outcome = 'unchanged' | 'changed' | 'replaced';

/** The kernel will not have a ruleset, whole as it is; the one in force stays. */
export interface Refused {
  /** The message it objects to; undefined if it names none. */
  readonly message: NftMessage | undefined;
  readonly error: NetlinkError;
  /** What was in force before, and still is. */
  readonly table: KernelTable;
}

/** `again`: somebody else was faster; `lost`: there was no answer. */
type Sent = 'done' | 'again' | 'lost' | Refused;

interface Course {
  outcome: Outcome;
  /** What the kernel said to a change in place. */
  unwilling: NetlinkError | undefined;
}

function isUnsure({ generation }: KernelTable, { unwilling }: Course): boolean {
  return generation === undefined || unwilling !== undefined;
}

/**
 * Transactions begun with what the kernel had a moment ago are refused when somebody else changes any ruleset in
 * between. After so many the table is made anew, which is right whatever is there.
 */
const MAX_ATTEMPTS = 5;

function requestOf(message: NftMessage): KernelRequest {
  const { type, payload } = encodeNft(message);
  const purpose = `load the firewall: ${message.operation} ${nameOf(message)}`;
  return { type, flags: message.operation === 'add' ? creationFlags(message) : 0, payload, purpose };
}

function creationFlags({ kind }: NftMessage): number {
  if (kind === 'rule') return NLM_F.CREATE | NLM_F.APPEND;
  // Otherwise the kernel would take two ranges with one start for one, and keep both ends.
  if (kind === 'elements') return NLM_F.CREATE | NLM_F.EXCL;
  return NLM_F.CREATE;
}

/** How the kernel's refusal names the message. */
function nameOf({ kind, body }: NftMessage): string {
  switch (kind) {
    case 'rule':
      return `rule "${commentOf(body.userData) ?? ''}" of chain ${body.chain ?? ''}`;
    case 'elements':
      return `elements of set ${body.set ?? ''}`;
    case 'flowTable':
      return `flow table ${body.name ?? ''}`;
    case 'generation':
      return kind;
    default:
      return `${kind} ${body.name ?? ''}`;
  }
}

/** Sends messages as one transaction, which is refused if the kernel's ruleset is of another generation than given. */
export async function sendBatch(
  session: NetlinkSession,
  messages: readonly NftMessage[],
  generation?: number,
): Promise<void> {
  const batch = inBatch(messages.map(requestOf), generation);
  await session.transaction(batch.map((packet) => ({ flags: 0, ...packet })));
}

/** Brings the kernel to rulesets. */
export class RulesetLoader {
  readonly #session: NetlinkSession;
  readonly #log: Log;

  constructor(session: NetlinkSession, log: Log) {
    this.#session = session;
    this.#log = log;
  }

  /**
   * By the smallest transaction there is; if the kernel will not have that one, by a whole new table.
   * @throws KernelError when there is no talking to the kernel
   */
  async bring(ruleset: Ruleset): Promise<Outcome | Refused> {
    const course: Course = { outcome: 'unchanged', unwilling: undefined };
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const table = await readTable(this.#session, ruleset.table);
      const result = await this.#attempt(ruleset, table, course);
      if (result !== 'again') return result;
    }
    const { messages } = await readTable(this.#session, ruleset.table);
    const result = await this.#replace(ruleset, { messages, generation: undefined });
    if (typeof result !== 'string') return result;
    if (result === 'done') return 'replaced';
    throw new KernelError('load the firewall', 'EAGAIN', `${MAX_ATTEMPTS} attempts were in vain`);
  }

  async #attempt(ruleset: Ruleset, table: KernelTable, course: Course): Promise<Outcome | Refused | 'again'> {
    const difference = differenceTo(ruleset, table.messages);
    if (difference.kind === 'none') return course.outcome;
    const isWhole = difference.kind === 'replacement' || isUnsure(table, course);
    const result = isWhole
      ? await this.#replace(ruleset, table)
      : await this.#send(difference.messages, table);
    if (result === 'done' && course.unwilling !== undefined)
      this.#log.warn(`The firewall was made anew: ${course.unwilling.message}`);
    // The answer to what may have been done was lost: the next reading shows.
    if (result === 'done' || result === 'lost') course.outcome = isWhole ? 'replaced' : 'changed';
    if (result === 'done') return course.outcome;
    if (typeof result === 'string') return 'again';
    if (isWhole) return result;
    course.unwilling = result.error;
    return 'again';
  }

  async #replace(ruleset: Ruleset, table: KernelTable): Promise<Sent> {
    const carried = await readCarried(this.#session, table, ruleset.table);
    return await this.#send(replacementMessages(ruleset, carried), table);
  }

  async #send(messages: readonly NftMessage[], table: KernelTable): Promise<Sent> {
    try {
      await sendBatch(this.#session, messages, table.generation);
      return 'done';
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      if (error.errno === 'ERESTART') return 'again';
      if (!(error instanceof NetlinkError)) return lostOr(error);
      // The mark of the batch is in front.
      return { message: messages[error.index - 1], error, table };
    }
  }
}

function lostOr(error: KernelError): 'lost' {
  if (error.errno === 'ENOBUFS') return 'lost';
  throw error;
}
