import { Hours } from '../../base/duration.ts';
import { type Instant, type Timestamp, between } from '../../base/instant.ts';
import type { QueueSummary } from '../../port/mail-queue.ts';
import type { DestinationFailure } from './destinations.ts';

/** Why mail does not go out, as the owner is told. */
export interface QueueTrouble {
  /** Nothing can go out; otherwise it is one destination. */
  readonly isSevere: boolean;
  /** One sentence. */
  readonly reason: string;
}

export interface TroubleFacts {
  /** Without an Internet connection there is nothing to say that the WAN does not say. */
  readonly isUp: boolean;
  readonly time: Timestamp;
  readonly failures: ReadonlyMap<string, DestinationFailure>;
  /** When some destination last answered. */
  readonly lastAnswer: Instant | undefined;
  readonly entries: readonly QueueSummary[];
}

/** Domains whose mail waits, each with what is known of it. */
export interface LateDomain {
  readonly domain: string;
  readonly messages: number;
  readonly oldest: QueueSummary;
}

/** From so many attempts on at a smart host that cannot be reached it is more than a moment. */
const PERSISTENT = 3;
/** So many destinations that all fail are no coincidence. */
const MANY = 3;
const LATE = Hours(4);
/** Domains that are named; of more, those that wait longest. */
const MOST_NAMED = 10;
/** Replies to AUTH (RFC 4954 section 6), and our own word for a login that did not come to a reply. */
const LOGIN_REFUSED = /^(?:53[0458] |454 4\.7\.0|(?:\d{3} )?[45]\.7\.8 )/;

/** What stops all mail: the way out. Empty while some mail goes. */
export function severeTroubles({ isUp, failures, lastAnswer }: TroubleFacts): QueueTrouble[] {
  if (!isUp) return [];
  const smart = [...failures]
    .filter(([key]) => isSmart(key))
    .flatMap(([key, failure]) => smartTrouble(key, failure));
  const direct = [...failures].filter(([key, { failures: count }]) => !isSmart(key) && count > 1);
  const [first] = direct;
  const begun = Math.min(...direct.map(([, { since }]) => since));
  if (first === undefined || direct.length < MANY || (lastAnswer !== undefined && lastAnswer >= begun))
    return smart;
  const [domain, { reason }] = first;
  const sentence = `Nothing goes out although there is an Internet connection: none of ${direct.length} destinations can be reached, ${domain} for one: ${reason}; many providers block port 25, then mail.smartHost leads by way of theirs`;
  return [...smart, { isSevere: true, reason: sentence }];
}

/** Smart hosts that do not take the login, while mail goes by others: the owner has to know before those fail, too. */
export function passedOverTroubles(passedOver: ReadonlyMap<string, readonly string[]>): QueueTrouble[] {
  return [...passedOver].flatMap(([key, reasons]) => {
    const refused = reasons.find((reason) => LOGIN_REFUSED.test(reason));
    return !isSmart(key) || refused === undefined
      ? []
      : [
          {
            isSevere: false,
            reason: `Mail goes by a fall-back, as a smart host does not take the login of the box: ${refused}; user and password are in mail.smartHost`,
          },
        ];
  });
}

/** Domains whose mail has been waiting for long, the longest first. */
export function lateDomains({ isUp, time, entries }: TroubleFacts): LateDomain[] {
  if (!isUp) return [];
  const late = entries.filter(
    ({ isHeld, attempts, accepted }) => !isHeld && attempts > 0 && between(accepted, time) >= LATE,
  );
  return [...Map.groupBy(late, ({ domain }) => domain)]
    .flatMap(([domain, some]) => {
      const [oldest] = some.toSorted((a, b) => a.accepted - b.accepted);
      return oldest === undefined ? [] : [{ domain, messages: some.length, oldest }];
    })
    .sort((a, b) => a.oldest.accepted - b.oldest.accepted)
    .slice(0, MOST_NAMED);
}

export function lateTrouble(
  { domain, messages, oldest }: LateDomain,
  { time, failures }: TroubleFacts,
  lastReply: string,
): QueueTrouble {
  const hours = Math.floor(between(oldest.accepted, time) / Hours(1));
  const mail = messages === 1 ? 'A message' : `${messages} messages`;
  const verb = messages === 1 ? 'has' : 'have';
  const reason = failures.get(domain)?.reason ?? lastReply;
  return {
    isSevere: false,
    reason: `${mail} for ${domain} ${verb} been waiting for ${hours} hours: ${reason}; "gatepost mail queue" shows more`,
  };
}

/** No domain has a colon. */
function isSmart(key: string): boolean {
  return key.startsWith('via:');
}

function smartTrouble(key: string, { failures, reason }: DestinationFailure): QueueTrouble[] {
  const hosts = key.slice('via:'.length).replaceAll(/(^|,)[^,]*@/g, '$1');
  if (LOGIN_REFUSED.test(reason)) {
    const sentence = `The smart host ${hosts} does not take the login of the box: ${reason}; user and password are in mail.smartHost`;
    return [{ isSevere: true, reason: sentence }];
  }
  if (failures < PERSISTENT) return [];
  return [
    { isSevere: true, reason: `The smart host ${hosts} takes no mail, tried ${failures} times: ${reason}` },
  ];
}
