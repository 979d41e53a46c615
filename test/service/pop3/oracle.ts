import { Timestamp } from '../../../src/base/instant.ts';
import { makeIdentity } from '../../fake/make-identity.ts';
import { type Pop3Service, startPop3 } from '../../../src/service/pop3/start-pop3.ts';
import { MemoryLog } from '../../fake/memory-log.ts';
import { MemoryMailStore } from '../../fake/memory-mail-store.ts';
import { type Comparison, compareAnswers } from './compare-answers.ts';
import { DIFFERENCES } from './dovecot-differences.ts';
import { Dovecot } from './dovecot.ts';
import type { GeneratedSession } from './generated-sessions.ts';
import { converse } from './pop3-dialogue.ts';

/** Our service and Dovecot, on the same mail. */
export class Oracle implements AsyncDisposable {
  readonly #dovecot: Dovecot;
  readonly #service: Pop3Service;
  readonly #store: MemoryMailStore;
  #sessions = 0;

  private constructor(dovecot: Dovecot, service: Pop3Service, store: MemoryMailStore) {
    this.#dovecot = dovecot;
    this.#service = service;
    this.#store = store;
  }

  static async start(): Promise<Oracle> {
    const store = new MemoryMailStore();
    // UIDs of one length: Dovecot takes messages in the order of their names.
    while (store.deliveries.length < 10_000)
      await store.deliver({ sender: '', users: ['nobody'] }, new Uint8Array());
    const service = await startPop3({
      hostName: 'mail.office.example',
      listeners: [{ address: '127.0.0.1', port: 0, tls: 'starttls' }],
      identity: makeIdentity('mail.office.example', Timestamp(0)),
      verify: async (login, password) => (password === 'secret' ? login : undefined),
      store,
      isLan: () => true,
      allowInsecureAuth: true,
      limits: { failedLoginDelay: 0 },
      log: new MemoryLog(),
    });
    return new Oracle(await Dovecot.start(), service, store);
  }

  /** Runs a session against both and compares every reply, and what is left in the mailbox. */
  async run({ messages, commands, pace }: GeneratedSession): Promise<Comparison> {
    const user = `user${String(this.#sessions++).padStart(4, '0')}`;
    await this.#fill(user, messages);
    const script = { commands: commands.map((line) => namedFor(user, line)), pace };
    const [ours, theirs] = await Promise.all([
      converse(this.#service.ports[0] ?? 0, script),
      converse(this.#dovecot.port, script),
    ]);
    const comparison = compareAnswers(script.commands, [ours, theirs], DIFFERENCES);
    if (!comparison.isWhole) return comparison;
    while (this.#store.isOpen(user)) await new Promise(setImmediate);
    const left = [this.#store.uids(user).join(' '), this.#dovecot.uids(user).join(' ')] as const;
    if (left[0] === left[1]) return comparison;
    const difference = {
      command: 'after the session',
      previous: '',
      isLoggedIn: true,
      ours: left[0],
      theirs: left[1],
    };
    return { ...comparison, unknown: [...comparison.unknown, difference] };
  }

  async #fill(user: string, messages: readonly string[]): Promise<void> {
    for (const text of messages)
      await this.#store.deliver({ sender: '', users: [user] }, Buffer.from(text, 'latin1'));
    const uids = this.#store.uids(user);
    this.#dovecot.addMailbox(
      user,
      messages.map((text, index) => ({ uid: uids[index] ?? '', content: Buffer.from(text, 'latin1') })),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service.close();
    await this.#dovecot[Symbol.asyncDispose]();
  }
}

/** A line of a script, said by this user. */
function namedFor(user: string, line: string): Buffer {
  const plain = Buffer.from(`\0${user}\0secret`).toString('base64');
  return Buffer.from(line.replaceAll('<user>', user).replaceAll('<plain>', plain), 'latin1');
}
