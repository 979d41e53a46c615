import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { fromLatin1 } from '../../../src/base/text.ts';
import type { Envelope } from '../../../src/port/mailbox.ts';
import type { OfficeView } from './office-view.ts';

/** Who gets a message in the end: names of users here, addresses elsewhere. */
export interface Addressees {
  readonly users: readonly string[];
  readonly outside: readonly string[];
}

/** An entry of the queue, by its message and its recipient. */
export interface Errand {
  readonly message: string;
  readonly address: string;
}

/** What those saw who had to do with the office, in their order; a message is named by {@link nameOf} its content. */
export type OfficeEvent =
  /** Handed to the store. */
  | { readonly kind: 'offered'; readonly envelope: Envelope; readonly content: Uint8Array }
  /** The store has said that it keeps it. */
  | { readonly kind: 'stored'; readonly message: string }
  /** A sender has got its 250. */
  | { readonly kind: 'acknowledged'; readonly subject: string; readonly to: Addressees }
  /** A mail program was told that the message is there. */
  | { readonly kind: 'seen'; readonly user: string; readonly uid: string; readonly message: string }
  /** QUIT was said with deletions, and answered with +OK. */
  | {
      readonly kind: 'removing' | 'removed';
      readonly user: string;
      readonly messages: readonly string[];
    }
  /** A host was asked to take the message, and has taken it; one that `isLost` could not say so. */
  | { readonly kind: 'dialled'; readonly errand: Errand }
  | { readonly kind: 'taken'; readonly errand: Errand; readonly isLost: boolean }
  /** The queue was told what became of errands, which end with it, and it has answered, or could not write it down. */
  | {
      readonly kind: 'settling' | 'settled' | 'unsettled';
      readonly errands: readonly Errand[];
      readonly notices: readonly string[];
    };

const RETURN_PATH = 'Return-Path:';
const LINE_FEED = 0x0a;

/** Certain, gone, or either. */
type Presence = 'there' | 'open' | 'gone';

type Settling = Extract<OfficeEvent, { readonly errands: readonly Errand[] }>;

interface Promised {
  readonly sender: string;
  readonly subject: string;
  readonly content: Uint8Array;
  readonly users: Map<string, Presence>;
  readonly errands: Map<string, Presence>;
  /** Somebody was told that it is kept. */
  isKept: boolean;
}

/** The same with a Return-Path, which only stored mail has. */
export function nameOf(stored: Uint8Array): string {
  const content = withoutReturnPath(stored);
  return `${crc32(content).toString(16)}.${content.length}`;
}

function withoutReturnPath(stored: Uint8Array): Uint8Array {
  const isMarked = fromLatin1(stored.subarray(0, RETURN_PATH.length)) === RETURN_PATH;
  return isMarked ? stored.subarray(stored.indexOf(LINE_FEED) + 1) : stored;
}

/** What the sender called a message. */
function subjectOf(content: Uint8Array): string {
  return /^Subject: (.*)\r$/m.exec(fromLatin1(content))?.[1] ?? '';
}

/** What the office has promised up to a moment, and whether a disk keeps it. */
export class OfficeLedger {
  readonly #messages = new Map<string, Promised>();
  readonly #bySubject = new Map<string, string>();
  /** Which message each uid stands for, for ever. */
  readonly #uids = new Map<string, string>();
  /** UIDs that mail programs know, by user and message. */
  readonly #seen = new Map<string, string>();
  readonly #dialled = new Map<string, number>();
  /** What hosts have taken and said so since the last start. */
  readonly #taken = new Set<string>();
  /** How often a host has taken what one had taken before. */
  #duplicates = 0;
  readonly #everTaken = new Set<string>();
  /** Of what is under way all happens or nothing. */
  readonly #settling = new Set<Settling>();

  get size(): number {
    return this.#messages.size;
  }

  get duplicates(): number {
    return this.#duplicates;
  }

  /** The message that a mail program knows by a uid. */
  knownAs(user: string, uid: string): string | undefined {
    return this.#uids.get(`${user} ${uid}`);
  }

  content(message: string): Uint8Array | undefined {
    return this.#messages.get(message)?.content;
  }

  hasTaken(errand: Errand): boolean {
    return this.#everTaken.has(keyOf(errand));
  }

  /** The same promises, to go another way from here. */
  fork(): OfficeLedger {
    const other = new OfficeLedger();
    for (const [name, one] of this.#messages)
      other.#messages.set(name, { ...one, users: new Map(one.users), errands: new Map(one.errands) });
    copyInto(other.#bySubject, this.#bySubject);
    copyInto(other.#uids, this.#uids);
    copyInto(other.#seen, this.#seen);
    copyInto(other.#dialled, this.#dialled);
    for (const key of this.#taken) other.#taken.add(key);
    for (const key of this.#everTaken) other.#everTaken.add(key);
    for (const event of this.#settling) other.#settling.add(event);
    other.#duplicates = this.#duplicates;
    return other;
  }

  take(event: OfficeEvent): void {
    switch (event.kind) {
      case 'offered':
        return this.#offer(event.envelope, event.content);
      case 'stored':
        return this.#keep(event.message);
      case 'acknowledged':
        return this.#acknowledge(event.subject, event.to);
      case 'seen':
        return this.#see(event);
      case 'removing':
      case 'removed':
        return this.#remove(event);
      case 'dialled':
        return this.#dial(event.errand);
      case 'taken':
        return this.#take(keyOf(event.errand), event.isLost);
      case 'settling':
        this.#settling.add(event);
        return this.#mark(event.errands, 'open');
      case 'settled':
      case 'unsettled':
        return this.#settle(event);
    }
  }

  #keep(message: string): void {
    this.#promised(message).isKept = true;
  }

  #see({ user, uid, message }: OfficeEvent & { readonly kind: 'seen' }): void {
    this.#keep(message);
    this.#uids.set(`${user} ${uid}`, message);
    this.#seen.set(`${user} ${message}`, uid);
  }

  #remove({ kind, user, messages }: OfficeEvent & { readonly kind: 'removing' | 'removed' }): void {
    const presence = kind === 'removed' ? 'gone' : 'open';
    for (const message of messages) this.#promised(message).users.set(user, presence);
  }

  #dial(errand: Errand): void {
    this.#keep(errand.message);
    this.#dialled.set(keyOf(errand), (this.#dialled.get(keyOf(errand)) ?? 0) + 1);
  }

  #settle({ kind, errands, notices }: Settling): void {
    for (const one of this.#settling) if (isSame(one.errands, errands)) this.#settling.delete(one);
    // What is not written down is done once more.
    if (kind === 'unsettled') return errands.forEach((errand) => this.#taken.delete(keyOf(errand)));
    this.#mark(errands, 'gone');
    for (const notice of notices) this.#keep(notice);
  }

  #offer({ sender, users, remote = [] }: Envelope, content: Uint8Array): void {
    const [name, subject] = [nameOf(content), subjectOf(content)];
    this.#messages.set(name, {
      sender,
      subject,
      content,
      users: new Map(users.map((user) => [user, 'there'])),
      errands: new Map(remote.map(({ address }) => [address, 'there'])),
      isKept: false,
    });
    this.#bySubject.set(subject, name);
  }

  /** Who is missing has a full mailbox, and the sender has the message back. */
  #acknowledge(subject: string, to: Addressees): void {
    const name = this.#bySubject.get(subject);
    assert.ok(name !== undefined, `${subject} was acknowledged, and the store has never had it`);
    const { sender, users, errands } = this.#promised(name);
    const missing = to.users.filter((user) => !users.has(user));
    for (const user of sender === '' ? [] : missing)
      assert.ok(this.#isReturned(subject, user), `${subject} has come neither to ${user} nor back`);
    const expected = to.users.filter((user) => !missing.includes(user));
    assert.deepEqual([...users.keys()].toSorted(), expected.toSorted(), subject);
    assert.deepEqual([...errands.keys()].toSorted(), [...to.outside].toSorted(), subject);
    this.#keep(name);
  }

  #isReturned(subject: string, user: string): boolean {
    return [...this.#messages.values()].some(({ content, isKept, sender }) => {
      const text = isKept && sender === '' ? fromLatin1(content) : '';
      return text.includes(`Subject: ${subject}\r\n`) && text.includes(`rfc822; ${user}@`);
    });
  }

  /** RFC 1047: a host that could not say that it has taken a message is asked again, and so is every host after a power cut. */
  #take(key: string, isLost: boolean): void {
    assert.ok(!this.#taken.has(key), `${key} was sent twice without a reason`);
    if (!isLost) this.#taken.add(key);
    if (this.#everTaken.has(key)) this.#duplicates += 1;
    this.#everTaken.add(key);
  }

  #mark(errands: readonly Errand[], presence: Presence): void {
    for (const { message, address } of errands) this.#promised(message).errands.set(address, presence);
  }

  #promised(name: string): Promised {
    const message = this.#messages.get(name);
    assert.ok(message !== undefined, `${name} was never handed to the store`);
    return message;
  }

  /** Compares a disk with the promises. */
  check(view: OfficeView): void {
    for (const mail of view.mails) this.#checkMail(view, mail);
    for (const entry of view.entries) this.#checkEntry(entry);
    for (const [name, promised] of this.#messages) {
      const isThere = this.#checkPromise(view, name, promised);
      if (!isThere) continue;
      for (const user of promised.users.keys()) this.#checkSeen(view, user, name);
    }
    for (const { errands, notices } of this.#settling) this.#checkWhole(view, errands, notices);
  }

  #checkMail(view: OfficeView, { user, uid, message, content }: OfficeView['mails'][number]): void {
    const promised = this.#messages.get(message);
    assert.ok(promised !== undefined, `${user} has ${uid}, which nobody has sent`);
    assert.ok(Buffer.compare(content, promised.content) === 0, `${uid} of ${user} is not what was sent`);
    assert.ok(promised.users.has(user), `${promised.subject} was not for ${user}`);
    const key = `${user} ${uid}`;
    assert.equal(this.#uids.get(key) ?? message, message, `${key} was another message before`);
    assert.equal(view.counts.get(`${user} ${message}`), 1, `${promised.subject} is twice at ${user}`);
  }

  #checkEntry(entry: OfficeView['entries'][number]): void {
    const { errand, attempts } = entry;
    const promised = this.#messages.get(errand.message);
    const isExpected = promised?.errands.has(errand.address) === true;
    assert.ok(isExpected, `${errand.address} is in the queue, and nobody has sent to it`);
    const dialled = this.#dialled.get(keyOf(errand)) ?? 0;
    assert.ok(attempts >= dialled, `${errand.address}: ${dialled} diallings and ${attempts} attempts`);
  }

  /** Whether the message is there: what is not promised may be, but not by half. */
  #checkPromise(view: OfficeView, name: string, { subject, users, errands, isKept }: Promised): boolean {
    const places = [
      ...[...users].map(([user, wanted]) => ({ where: `${user} ${name}`, wanted })),
      ...[...errands].map(([address, wanted]) => ({
        where: keyOf({ message: name, address }),
        wanted,
      })),
    ];
    const isThere = isKept || places.some(({ where }) => view.counts.has(where));
    for (const { where, wanted } of places) {
      if (wanted === 'open') continue;
      const [found, promised] = [view.counts.get(where) ?? 0, wanted === 'there' && isThere ? 1 : 0];
      assert.equal(found, promised, `${subject} is ${found} times at ${where}`);
    }
    return isThere;
  }

  #checkSeen(view: OfficeView, user: string, name: string): void {
    const uid = this.#seen.get(`${user} ${name}`);
    if (uid === undefined || !view.counts.has(`${user} ${name}`)) return;
    const found = view.mails.find((mail) => mail.user === user && mail.message === name);
    assert.equal(found?.uid, uid, `${user} knows ${name} by another uid`);
  }

  /** A notice of a mere delay tells of no end. */
  #checkWhole(view: OfficeView, errands: readonly Errand[], notices: readonly string[]): void {
    if (errands.length === 0) return;
    const left = errands.filter((errand) => view.counts.has(keyOf(errand))).length;
    assert.ok(left === 0 || left === errands.length, `${left} of ${errands.length} errands have ended`);
    for (const notice of notices) {
      const isThere = isFound(view, notice, this.#promised(notice));
      if (left > 0) assert.ok(!isThere, `${notice} tells of an end that has not come`);
      else assert.ok(isThere, `the errands have ended, and ${notice} is not there to tell`);
    }
  }

  /** The office lives on with this disk: what was open is as it is found. */
  resolve(view: OfficeView): void {
    this.#settling.clear();
    this.#taken.clear();
    for (const [name, promised] of this.#messages) {
      const isThere = promised.isKept || isFound(view, name, promised);
      if (!isThere) this.#messages.delete(name);
      promised.isKept = true;
      settleOpen(promised.users, (user) => view.counts.has(`${user} ${name}`));
      settleOpen(promised.errands, (address) => view.counts.has(keyOf({ message: name, address })));
    }
  }
}

export function keyOf({ message, address }: Errand): string {
  return `<${address}> ${message}`;
}

function isSame(one: readonly Errand[], other: readonly Errand[]): boolean {
  return one.map(keyOf).join() === other.map(keyOf).join();
}

/** Whether a message is anywhere, or may have been and have gone since. */
function isFound(view: OfficeView, name: string, { users, errands }: Promised): boolean {
  const isAt = (presence: Presence, where: string): boolean => presence !== 'there' || view.counts.has(where);
  return (
    [...users].some(([user, presence]) => isAt(presence, `${user} ${name}`)) ||
    [...errands].some(([address, presence]) => isAt(presence, keyOf({ message: name, address })))
  );
}

function copyInto<K, V>(target: Map<K, V>, source: ReadonlyMap<K, V>): void {
  for (const [key, value] of source) target.set(key, value);
}

function settleOpen(places: Map<string, Presence>, isThere: (place: string) => boolean): void {
  for (const [place, presence] of places) {
    if (presence === 'open') places.set(place, isThere(place) ? 'there' : 'gone');
  }
}
