import { concatBytes } from '../../base/bytes.ts';
import { toHex } from '../../base/hex.ts';
import type { Timestamp } from '../../base/instant.ts';
import { utf8 } from '../../base/text.ts';
import { type ReportFacts, composeReport } from '../../engine/mail-queue/compose-report.ts';
import type { PlannedReport } from '../../engine/mail-queue/settle.ts';
import type { Notice } from '../../port/mail-queue.ts';
import type { Log } from '../../port/log.ts';
import type { Random } from '../../port/random.ts';

/** Who is behind an address: users here, addresses elsewhere; neither if there is nobody. */
export interface Addressees {
  readonly users: readonly string[];
  readonly outside: readonly string[];
}

export interface NoticeOptions {
  /** The name of this host. */
  readonly hostName: string;
  /** The domain notices come from. */
  readonly domain: string;
  readonly resolve: (address: string) => Addressees;
}

export type NoticeFacts = Pick<ReportFacts, 'entry' | 'message'> & {
  readonly sender: string;
  readonly time: Timestamp;
};

export interface NoticesParts {
  readonly options: () => NoticeOptions;
  readonly random: Random;
  /** Octets of notices that still fit into a user's mailbox. */
  readonly room: (user: string) => number;
  readonly log: Log;
}

/** Who hears of what can be told to nobody else (RFC 5321 section 4.5.1: always there). */
const POSTMASTER = 'postmaster';

/** Makes notices ready for the store; undefined for one that concerns nobody. */
export class Notices {
  readonly #parts: NoticesParts;

  constructor(parts: NoticesParts) {
    this.#parts = parts;
  }

  make(report: PlannedReport, facts: NoticeFacts): Notice | undefined {
    const { hostName, domain, resolve } = this.#parts.options();
    const wanted = report.to === 'postmaster' ? POSTMASTER : facts.sender;
    const found = resolve(wanted);
    const isNobody = found.users.length + found.outside.length === 0;
    // A sender of ours who does not exist: that a message was lost must still be known to somebody.
    if (isNobody && report.kind !== 'failure') return undefined;
    const { users, outside } = isNobody ? resolve(POSTMASTER) : found;
    if (users.length + outside.length === 0) return undefined;
    const to = isNobody || wanted === POSTMASTER ? `${POSTMASTER}@${domain}` : wanted;
    const { entry, message, time } = facts;
    const unique = toHex(this.#parts.random.bytes(16));
    const text = composeReport(report, { to, hostName, domain, entry, message, time, unique });
    const remote = outside.map((address) => ({ address }));
    const takers = users.filter((user) => this.#hasRoom(user, text.length, to));
    if (takers.length + remote.length === 0) return undefined;
    return {
      envelope: { sender: '', users: takers, remote, isNotice: true },
      message: takers.length === 0 ? text : concatBytes([utf8('Return-Path: <>\r\n'), text]),
    };
  }

  /** Whoever can have notices made for somebody could fill the disk with them. */
  #hasRoom(user: string, octets: number, to: string): boolean {
    const { room, log } = this.#parts;
    if (room(user) >= octets) return true;
    log.warn(
      `A notice for ${to} is not made: the mailbox of ${user} is full, and so is what it takes of notices beyond its limit`,
    );
    return false;
  }
}
