import { UserError } from '../base/errors.ts';
import { MAX_LISTED_MAIL, type MailQueueView } from '../port/mail-queue-view.ts';
import { RefusedError } from './client.ts';
import type { Command, Context } from './command.ts';
import { isMessageNumber } from './message-number.ts';

/** Messages one call names; more is a matter of `--all`. */
const MOST_IDS = 100;

/** What has become of the messages of a call. */
interface Tally {
  readonly done: readonly number[];
  /** Why some were left as they are. */
  readonly refusals: ReadonlyMap<number, string>;
}

/** One that cannot be changed does not keep the others from it. */
async function change({ api }: Context, verb: string, ids: readonly number[]): Promise<Tally> {
  const done: number[] = [];
  const refusals = new Map<number, string>();
  for (const id of ids) {
    try {
      await api.send('POST', `/api/mail/queue/${id}/${verb}`, {});
      done.push(id);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      refusals.set(id, error.message);
    }
  }
  return { done, refusals };
}

function namedIds(words: readonly string[]): readonly number[] {
  const wrong = words.find((word) => !isMessageNumber(word));
  if (words.length > 0 && wrong === undefined) return words.map(Number);
  const reason = wrong === undefined ? 'no message is named' : `"${wrong}" is no number of a message`;
  throw new UserError(
    `Cannot change the queue: ${reason}; "gatepost mail queue" lists the numbers, --all means all of them`,
  );
}

/**
 * The list shows the beginning of a long queue only: it is asked for again while something new comes up, and not for more than there was,
 * as mail comes in all the time.
 */
async function changeAll(context: Context, verb: string): Promise<Tally & { readonly rest: number }> {
  const [tried, done] = [new Set<number>(), [] as number[]];
  const refusals = new Map<number, string>();
  for (let most = Infinity; ;) {
    const { entries, total } = await context.api.get<MailQueueView>('/api/mail/queue');
    most ??= total;
    const listed = new Set(entries.map(({ id }) => id));
    // What has left the queue meanwhile has no need of being changed.
    for (const id of refusals.keys()) if (!listed.has(id)) refusals.delete(id);
    const fresh = [...listed].filter((id) => !tried.has(id)).slice(0, most - tried.size);
    if (fresh.length === 0)
      return { done, refusals, rest: Math.max(0, Math.min(most - tried.size, total - listed.size)) };
    for (const id of fresh) tried.add(id);
    const changed = await change(context, verb, fresh);
    done.push(...changed.done);
    for (const [id, reason] of changed.refusals) refusals.set(id, reason);
  }
}

function report({ done, refusals, rest = 0 }: Tally & { readonly rest?: number }, what: string): string {
  if (done.length > 0) return `${done.length === 1 ? 'message' : 'messages'} ${what}: ${done.join(', ')}`;
  return refusals.size + rest === 0 ? 'No mail waits to be sent.' : '';
}

function command(verb: string, done: string, summary: string): Command {
  return {
    name: `mail ${verb}`,
    usage: `mail ${verb} [ID...] [--all]`,
    summary,
    words: [0, MOST_IDS],
    options: { all: false },
    async run(context) {
      const { words, flags, print } = context;
      const isAll = flags.has('all');
      if (isAll && words.length > 0)
        throw new UserError(
          'Cannot change the queue: messages are named, and --all means all of them; leave one of the two out',
        );
      const tally = isAll
        ? await changeAll(context, verb)
        : { ...(await change(context, verb, namedIds(words))), rest: 0 };
      const said = report(tally, done);
      if (said !== '') print(said);
      const { refusals, rest } = tally;
      const beyond = `Cannot change ${rest} further messages: only the first ${MAX_LISTED_MAIL} of the queue are listed`;
      const reasons = [...refusals.values(), ...(rest > 0 ? [beyond] : [])];
      if (reasons.length > 0) throw new RefusedError(reasons.join('\n'));
    },
  };
}

/** What the owner does to messages that wait, one command each. */
export const mailQueueChangeCommands: readonly Command[] = [
  command('retry', 'to be tried now', 'tries messages of the queue now'),
  command('hold', 'held', 'keeps messages in the queue until they are released'),
  command('release', 'released', 'lets held messages go'),
  command('delete', 'deleted', 'takes messages out of the queue without a word to anybody'),
  command('bounce', 'returned', 'returns messages to their senders'),
];
