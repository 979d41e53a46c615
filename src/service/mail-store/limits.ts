import { DEFAULT_SEGMENT_SIZE } from '../../io/journal/journal.ts';

export interface MailStoreLimits {
  readonly segmentSize: number;
  /** A longer message gets a file of its own. */
  readonly inlineMessage: number;
  /** Octets of notices of this host that a mailbox takes beyond its limit: nobody else would keep them. A further notice is not made; the log says so. */
  readonly noticeReserve: number;
  /** Below this much free space no message is taken: room for removals, compaction and the rest of the box. */
  readonly deliveryFloor: number;
  /** Below this much free space only segments of which nothing is needed are removed: copying needs room first. */
  readonly compactionFloor: number;
}

export const DEFAULT_MAIL_LIMITS: MailStoreLimits = {
  segmentSize: DEFAULT_SEGMENT_SIZE,
  inlineMessage: 1024 * 1024,
  noticeReserve: 16 * 1024 * 1024,
  deliveryFloor: 4 * DEFAULT_SEGMENT_SIZE,
  compactionFloor: DEFAULT_SEGMENT_SIZE,
};
