import assert from 'node:assert/strict';
import { fromLatin1 } from '../../../src/base/text.ts';
import { Timestamp } from '../../../src/base/instant.ts';
import type { Files } from '../../../src/port/files.ts';
import type { QueueEntry, QueueStore } from '../../../src/port/mail-queue.ts';
import type { JournaledMailStore } from '../../../src/service/mail-store/mail-store.ts';
import { PowerCutError } from '../../fake/faulty-files.ts';
import { mail, openStore } from './post-office.ts';
import { wholeContent } from '../../fake/whole-content.ts';

export const USERS = ['ann', 'bob', 'eva'] as const;
export type User = (typeof USERS)[number];

export interface Delivery {
  readonly kind: 'deliver';
  readonly size: number;
  readonly users: readonly User[];
  /** How many recipients elsewhere. */
  readonly remote: number;
}

/** What is done to every `every`-th entry of the queue. */
export type QueueAction = 'attempt' | 'defer' | 'end' | 'bounce' | 'hold' | 'release';

export type Step =
  | Delivery
  /** Deliveries at the same time. */
  | { readonly kind: 'burst'; readonly deliveries: readonly Delivery[] }
  | { readonly kind: 'remove'; readonly user: User; readonly every: number }
  /** Every `every`-th message is read. */
  | { readonly kind: 'read'; readonly user: User; readonly every: number }
  | { readonly kind: 'queue'; readonly action: QueueAction; readonly every: number }
  | { readonly kind: 'compact' }
  | { readonly kind: 'restart' };

/** What may be in a mailbox or in the queue: certain, gone, or either. */
type Presence = 'there' | 'gone' | 'open';

interface Queued {
  readonly name: string;
  presence: Presence;
  /** What an entry may say of its attempts; one after a change that was acknowledged. */
  states: Set<string>;
}

/** What the history so far promises of every message, user and entry of the queue. */
export class Promises {
  readonly #presence = new Map<string, Map<string, Presence>>();
  /** By the recipient's address, which is never used twice. */
  readonly #queued = new Map<string, Queued>();
  /** Which message each uid stands for, for ever. */
  readonly #uids = new Map<string, string>();
  /** When a user may have read a message first, by user and name; without an entry it was never read. */
  readonly #reads = new Map<string, Set<Timestamp | undefined>>();
  #count = 0;

  async run(files: Files, steps: readonly Step[]): Promise<void> {
    let store = await openStore(files);
    for (const step of steps) {
      if (step.kind === 'restart') {
        await store.close();
        store = await openStore(files);
      } else await this.#take(store, step);
    }
    await store.close();
  }

  async #take(store: JournaledMailStore, step: Exclude<Step, { readonly kind: 'restart' }>): Promise<void> {
    switch (step.kind) {
      case 'deliver':
        await this.#deliver(store, step);
        break;
      case 'burst':
        await Promise.all(step.deliveries.map((delivery) => this.#deliver(store, delivery)));
        break;
      case 'remove':
        await this.#remove(store, step.user, step.every);
        break;
      case 'read':
        await this.#readFirst(store, step.user, step.every);
        break;
      case 'queue':
        await this.#work(store.queue, step.action, step.every);
        break;
      case 'compact':
        await succeeds(store.compact());
        break;
    }
  }

  async #deliver(store: JournaledMailStore, { size, users, remote }: Delivery): Promise<void> {
    this.#count += 1;
    const number = this.#count;
    const name = `m${number}:${size}`;
    const presence = new Map<string, Presence>(users.map((user) => [user, 'open']));
    this.#presence.set(name, presence);
    const addresses = Array.from({ length: remote }, (_, index) => `r${index}@d${number}.example`);
    const queued = addresses.map((address): Queued => {
      const one: Queued = { name, presence: 'open', states: new Set([FRESH]) };
      this.#queued.set(address, one);
      return one;
    });
    const envelope = { sender: 'x@example', users, remote: addresses.map((address) => ({ address })) };
    if (!(await succeeds(store.deliver(envelope, mail(name))))) return;
    for (const user of users) presence.set(user, 'there');
    for (const one of queued) one.presence = 'there';
  }

  async #remove(store: JournaledMailStore, user: User, every: number): Promise<void> {
    const drop = await store.open(user);
    assert.ok(drop !== undefined);
    const chosen = drop.messages.filter((_, index) => index % every === 0).map((message) => message.uid);
    const names = chosen.map((uid) => this.#uids.get(`${user} ${uid}`) ?? '');
    // A message delivered in this run is known by what it says.
    for (const [index, uid] of chosen.entries())
      names[index] ||= nameOf(await wholeContent(await drop.read(uid)));
    for (const name of names) this.#presence.get(name)?.set(user, 'open');
    const isRemoved = await succeeds(drop.remove(chosen));
    if (isRemoved) for (const name of names) this.#presence.get(name)?.set(user, 'gone');
    drop.close();
  }

  async #readFirst(store: JournaledMailStore, user: User, every: number): Promise<void> {
    this.#count += 1;
    const at = Timestamp(this.#count);
    const drop = await store.open(user);
    const chosen = (drop?.messages ?? []).filter((_, index) => index % every === 0);
    const states: Set<Timestamp | undefined>[] = [];
    for (const { uid } of chosen) {
      const key = `${user} ${nameOf(await wholeContent(await drop?.read(uid)))}`;
      const possible = this.#reads.get(key) ?? new Set([undefined]);
      this.#reads.set(key, possible);
      if (possible.has(undefined)) possible.add(at);
      states.push(possible);
    }
    const uids = chosen.map(({ uid }) => uid);
    const isRecorded = await succeeds(store.firstReads.record(user, uids, at));
    if (isRecorded) for (const possible of states) possible.delete(undefined);
    drop?.close();
  }

  async #work(queue: QueueStore, action: QueueAction, every: number): Promise<void> {
    const ids = queue.entries().flatMap(({ id }, index) => (index % every === 0 ? [id] : []));
    if (ids.length === 0) return;
    const entries = (await Promise.all(ids.map((id) => queue.read(id)))).filter((one) => one !== undefined);
    for (const entry of entries) this.#checkState(entry, 'at work');
    if (action === 'end' || action === 'bounce') await this.#end(queue, entries, action === 'bounce');
    else await this.#change(queue, entries, action);
  }

  async #change(
    queue: QueueStore,
    entries: readonly QueueEntry[],
    action: Exclude<QueueAction, 'end' | 'bounce'>,
  ): Promise<void> {
    const wanted = entries.map((entry) => [this.#queuedAs(entry), stateOf(CHANGES[action](entry))] as const);
    for (const [queued, state] of wanted) queued?.states.add(state);
    const ids = entries.map(({ id }) => id);
    const work = {
      attempt: () => queue.recordAttempt(ids, { at: Timestamp(1000), next: Timestamp(2000) }),
      defer: () =>
        queue.settle(
          ids.map((id) => ({ id, outcome: 'deferred', reply: '451 later', nextAttempt: Timestamp(3000) })),
        ),
      hold: () => queue.hold(ids),
      release: () => queue.release(ids, Timestamp(4000)),
    };
    if (!(await succeeds(work[action]()))) return;
    for (const [queued, state] of wanted) if (queued !== undefined) queued.states = new Set([state]);
  }

  /** The entries leave the queue, and with a bounce a message comes in the same moment. */
  async #end(queue: QueueStore, entries: readonly QueueEntry[], isBounced: boolean): Promise<void> {
    this.#count += 1;
    const name = `b${this.#count}:700`;
    const queued = entries.map((entry) => this.#queuedAs(entry)).filter((one) => one !== undefined);
    for (const one of queued) one.presence = 'open';
    const bounce = new Map<string, Presence>(isBounced ? [['ann', 'open']] : []);
    this.#presence.set(name, bounce);
    const notices = isBounced ? [{ envelope: { sender: '', users: ['ann'] }, message: mail(name) }] : [];
    const settlements = entries.map(({ id }) => ({ id, outcome: 'failed' as const }));
    if (!(await succeeds(queue.settle(settlements, notices)))) return;
    for (const one of queued) one.presence = 'gone';
    if (isBounced) bounce.set('ann', 'there');
  }

  /** Compares a store with the promises; what was open is settled by what is found. */
  async check(files: Files, story: string): Promise<void> {
    const store = await openStore(files);
    const found = new Map<string, Set<string>>();
    for (const user of USERS) found.set(user, await this.#read(store, user, story));
    for (const [name, presence] of this.#presence) {
      for (const [user, wanted] of presence) {
        const isThere = found.get(user)?.has(name) === true;
        assert.ok(
          wanted === 'open' || isThere === (wanted === 'there'),
          `${name} of ${user} is ${wanted}: ${story}`,
        );
      }
    }
    await this.#checkQueue(store.queue, story);
    assert.deepEqual(store.health().damage, [], story);
  }

  async #checkQueue(queue: QueueStore, story: string): Promise<void> {
    const found = new Set<string>();
    for (const { id } of queue.entries()) {
      const entry = await queue.read(id);
      assert.ok(entry !== undefined);
      const { address } = entry.recipient;
      assert.ok(!found.has(address), `${address} is queued twice: ${story}`);
      found.add(address);
      this.#checkState(entry, story);
      const name = this.#queued.get(address)?.name ?? '';
      assert.deepEqual(await wholeContent(await queue.readMessage(id)), mail(name), story);
    }
    for (const [address, { presence }] of this.#queued) {
      const isRight = presence === 'open' || found.has(address) === (presence === 'there');
      assert.ok(isRight, `${address} is ${presence}: ${story}`);
    }
  }

  #checkState(entry: QueueEntry, story: string): void {
    const queued = this.#queuedAs(entry);
    assert.ok(queued !== undefined, `${entry.recipient.address} was never sent to: ${story}`);
    const state = stateOf(entry);
    assert.ok(queued.states.has(state), `${entry.recipient.address} is ${state}: ${story}`);
  }

  #queuedAs({ recipient }: QueueEntry): Queued | undefined {
    return this.#queued.get(recipient.address);
  }

  async #read(store: JournaledMailStore, user: User, story: string): Promise<Set<string>> {
    const drop = await store.open(user);
    const names = new Set<string>();
    const reads = store.firstReads.of(user);
    for (const { uid, size } of drop?.messages ?? []) {
      const content = await wholeContent(await drop?.read(uid));
      const name = nameOf(content);
      assert.deepEqual(content, mail(name), story);
      assert.equal(size, content.length, story);
      assert.ok(!names.has(name), `${name} of ${user} is there twice: ${story}`);
      assert.ok(this.#presence.get(name)?.has(user), `${name} was never sent to ${user}: ${story}`);
      assert.equal(this.#uids.get(`${user} ${uid}`) ?? name, name, `${uid} was another message: ${story}`);
      this.#uids.set(`${user} ${uid}`, name);
      const read = reads.get(uid);
      const possible = this.#reads.get(`${user} ${name}`) ?? new Set([undefined]);
      assert.ok(possible.has(read), `${name} was first read by ${user} at ${read}: ${story}`);
      this.#reads.set(`${user} ${name}`, new Set([read]));
      names.add(name);
    }
    drop?.close();
    assert.ok(reads.size <= names.size, `dates of messages ${user} has no more: ${story}`);
    return names;
  }
}

const CHANGES = {
  attempt: (entry: QueueEntry): QueueEntry => ({
    ...entry,
    attempts: entry.attempts + 1,
    lastAttempt: Timestamp(1000),
    nextAttempt: Timestamp(2000),
  }),
  defer: (entry: QueueEntry): QueueEntry => ({
    ...entry,
    lastReply: '451 later',
    nextAttempt: Timestamp(3000),
  }),
  hold: (entry: QueueEntry): QueueEntry => ({ ...entry, isHeld: true }),
  release: (entry: QueueEntry): QueueEntry => ({ ...entry, isHeld: false, nextAttempt: Timestamp(4000) }),
};

type State = Pick<QueueEntry, 'attempts' | 'isHeld' | 'lastReply' | 'lastAttempt' | 'nextAttempt'>;

/** The time of acceptance is that of a clock that stands still. */
const ACCEPTED = Timestamp(Date.UTC(2026, 0, 15, 12));
const FRESH = stateOf({
  attempts: 0,
  isHeld: false,
  lastReply: '',
  lastAttempt: undefined,
  nextAttempt: ACCEPTED,
});

function stateOf({ attempts, isHeld, lastReply, lastAttempt, nextAttempt }: State): string {
  return JSON.stringify({ attempts, isHeld, lastReply, lastAttempt, nextAttempt });
}

function nameOf(content: Uint8Array): string {
  return /^Subject: (\S+)\r\n/.exec(fromLatin1(content))?.[1] ?? '';
}

async function succeeds(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof PowerCutError) throw error;
    return false;
  }
}
