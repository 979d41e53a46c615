import { Days, Minutes, Seconds } from './duration.ts';
import { Timestamp, knownTime } from './instant.ts';

/** In place of a time that a clock gave which was not set. */
export const NO_TIME = 'time not known';

/** Up to here people reckon from now, beyond it by the calendar. */
const NEAR = Days(2);

/** A length of time as people say it, the two largest units at most: `3 d 4 h`, `12 min`, `8 s`. */
export function formatSpan(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}

/** A point of civil time to the minute, `2026-11-22 17:21 UTC`; a text is in the form of ISO 8601, in UTC, or a word, `never`. */
export function formatTime(time: Timestamp | string): string {
  if (isWord(time)) return time;
  const known = knownTime(timestampOf(time));
  if (known === undefined) return NO_TIME;
  const iso = new Date(known).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

/** What a clock said, to the second, whether it was set or not: rows of events belong together. */
export function formatSecond(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}

/** A point of civil time as seen from `now`: `in 5 min`, `3 h 12 min ago`, and farther away than two days its date. */
export function formatMoment(time: Timestamp | string, now: Timestamp): string {
  if (isWord(time)) return time;
  const distance = timestampOf(time) - now;
  const isReckoned = knownTime(timestampOf(time)) !== undefined && knownTime(now) !== undefined;
  if (!isReckoned || Math.abs(distance) >= NEAR) return formatTime(time);
  if (Math.abs(distance) < Seconds(1)) return 'now';
  // A minute that has begun still lies ahead: what ends in 11 h 59 min 59 s was given for 12 h.
  const ahead = distance < Minutes(1) ? distance : Math.ceil(distance / Minutes(1)) * Minutes(1);
  return distance < 0 ? `${formatSpan(-distance)} ago` : `in ${formatSpan(ahead)}`;
}

function isWord(time: Timestamp | string): time is string {
  return typeof time === 'string' && Number.isNaN(Date.parse(time));
}

function timestampOf(time: Timestamp | string): Timestamp {
  return typeof time === 'string' ? Timestamp(Date.parse(time)) : time;
}
