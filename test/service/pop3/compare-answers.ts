import type { Answers, CommandLine, Reply } from './pop3-dialogue.ts';

/** Where two servers did not do the same. */
export interface Difference {
  /** The command, readable; `after the session` for what is left in the mailbox. */
  readonly command: string;
  /** The command before it. */
  readonly previous: string;
  /** Whether the command came after a login that both took. */
  readonly isLoggedIn: boolean;
  readonly ours: string;
  readonly theirs: string;
}

/** A known difference, with the reason why it stays. */
export interface Explanation {
  readonly id: string;
  readonly why: string;
  readonly fits: (difference: Difference) => boolean;
  /** The two servers are in different states from here on: nothing more can be compared. */
  readonly diverges?: (difference: Difference) => boolean;
}

export interface Comparison {
  /** Ids of the explanations that were needed. */
  readonly explained: readonly string[];
  readonly unknown: readonly Difference[];
  /** Whether the two got through the script in the same states, so that what is left can be compared. */
  readonly isWhole: boolean;
}

const GONE = 'closed';

/** Compares command by command: the status, the response code, numbers that a program reads, and every octet of multi-line replies. */
export function compareAnswers(
  commands: readonly CommandLine[],
  answers: readonly [Answers, Answers],
  explanations: readonly Explanation[],
): Comparison {
  const explained: string[] = [];
  const exchanges = exchangesOf(commands, answers);
  for (const exchange of exchanges) {
    const { ours, theirs } = exchange;
    if (ours !== theirs) {
      const explanation = explanations.find((one) => one.fits(exchange));
      if (explanation === undefined) return { explained, unknown: [exchange], isWhole: false };
      explained.push(explanation.id);
      if (explanation.diverges?.(exchange) === true) return { explained, unknown: [], isWhole: false };
    }
    if (ours === GONE || theirs === GONE)
      return { explained, unknown: ours === theirs ? [] : [exchange], isWhole: false };
  }
  return { explained, unknown: [], isWhole: true };
}

/** What each command came to on both sides, the same or not. */
function exchangesOf(
  commands: readonly CommandLine[],
  [ours, theirs]: readonly [Answers, Answers],
): Difference[] {
  let isLoggedIn = false;
  let previous = '';
  return commands.map((line, index) => {
    const command = line.toString('latin1');
    const pair = {
      ours: meaning(command, ours.replies[index]),
      theirs: meaning(command, theirs.replies[index]),
    };
    const exchange = { command: shown(command), previous, isLoggedIn, ...pair };
    isLoggedIn ||= isLogin(command) && pair.ours === '+OK' && pair.theirs === '+OK';
    previous = command;
    return exchange;
  });
}

/** PASS, AUTH PLAIN with its response, and the response alone. */
function isLogin(command: string): boolean {
  return /^(?:PASS .*|AUTH PLAIN .+|[A-Za-z0-9+/]{20,}=*)$/i.test(command);
}

/** What of a reply is the same from every server: all but the words for people. */
function meaning(command: string, reply: Reply | undefined): string {
  if (reply === undefined) return GONE;
  const { line, payload } = reply;
  const [verb = ''] = command.trim().toUpperCase().split(' ');
  const status = line.split(' ')[0] ?? '';
  const code = /^-ERR (\[[^\]]*\])/.exec(line)?.[1] ?? '';
  const isNumbers = ['STAT', 'LIST', 'UIDL'].includes(verb) && status === '+OK' && payload === undefined;
  const text = isNumbers ? line.slice(status.length) : code;
  const octets = payload === undefined ? '' : ` ${JSON.stringify(octetsOf(verb, payload))}`;
  return `${status} ${text}`.trim() + octets;
}

/** Capabilities come in any order. */
function octetsOf(verb: string, payload: Buffer): string {
  const text = payload.toString('latin1');
  return verb === 'CAPA' ? text.split('\r\n').toSorted().join('\r\n') : text;
}

function shown(command: string): string {
  return command.length > 80 ? `${command.slice(0, 80)}... (${command.length})` : command;
}
