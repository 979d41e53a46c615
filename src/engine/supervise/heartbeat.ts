import { Seconds } from '../../base/duration.ts';

/** How often a role is asked whether it is alive. */
export const BEAT = Seconds(10);
/**
 * A role that has let so many questions in a row go by is stuck. Counted in questions and not in time: a machine that was itself stopped
 * meanwhile has asked once only. A worn card may hold up a write for half a minute, which must not count.
 */
const UNANSWERED_LIMIT = 6;

/** What is due for a role with that many unanswered questions: another one, or its end. */
export function beatDue(unanswered: number): 'ask' | 'end' {
  return unanswered < UNANSWERED_LIMIT ? 'ask' : 'end';
}
