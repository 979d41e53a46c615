import { Days, type Duration, Hours, Minutes } from '../../base/duration.ts';

/** Every bound of the queue, with what happens at it. */
export interface QueueLimits {
  /** Attempts under way. Further ones wait. */
  readonly attempts: number;
  /** Attempts under way for one destination. Further ones wait; those of other destinations go first. */
  readonly attemptsPerDestination: number;
  /** Octets of all messages being sent. A further one waits unless it is alone. */
  readonly octets: number;
  /** Recipients in a transaction (RFC 5321 section 4.5.3.1.8: any host takes 100). The rest goes in another one. */
  readonly recipients: number;
  /** Before the second attempt; each further pause is twice as long. */
  readonly firstRetry: Duration;
  /** Pauses get no longer. */
  readonly longestRetry: Duration;
  /** How old an entry gets (RFC 5321 section 4.5.4.1 wants at least 4 to 5 days). Then its sender gets it back. */
  readonly lifetime: Duration;
  /** The age at which its sender is told that it is late. */
  readonly delayNotice: Duration;
  /** While there is no Internet connection nothing is tried; entries are looked at again after this. */
  readonly offlinePause: Duration;
  /** The return of the Internet connection makes everything due, at most this often. */
  readonly hastePause: Duration;
  /** Destinations whose failures are remembered; with more, the one unheard of for longest is forgotten. */
  readonly destinations: number;
}

export const DEFAULT_QUEUE_LIMITS: QueueLimits = {
  attempts: 20,
  attemptsPerDestination: 3,
  octets: 64 * 2 ** 20,
  recipients: 100,
  firstRetry: Minutes(5),
  longestRetry: Hours(4),
  lifetime: Days(5),
  delayNotice: Hours(4),
  offlinePause: Hours(1),
  hastePause: Minutes(1),
  destinations: 10_000,
};
