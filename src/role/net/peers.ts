import { type Duration, Seconds } from '../../base/duration.ts';
import type { QueueTrouble } from '../../engine/mail-queue/troubles.ts';
import type { MailHealth, MailboxSummary } from '../../port/mailbox.ts';
import type { LogEntry } from '../../port/log.ts';
import type { RoleStatus, ServiceStatus } from '../../port/box.ts';
import type { QueueStatus } from '../../port/queue-status.ts';
import type {
  ChildRole,
  FromRole,
  PostAnswer,
  PostCall,
  PostOptions,
  ToPost,
  ToWeb,
  WebOptions,
} from '../ipc.ts';

/** How long a role may take to follow new settings before the caller is answered all the same. */
const PATIENCE = Seconds(5);
const NO_ANSWER: PostAnswer = { what: 'refused', sentence: 'The post office does not answer' };

export interface PeersCallbacks {
  send(role: ChildRole, message: ToPost | ToWeb): void;
  onLog(entry: LogEntry): void;
  onChange(): void;
}

/** What `net` knows of the other roles, and what it has told them. */
export class Peers {
  readonly #callbacks: PeersCallbacks;
  readonly #told = new Map<ChildRole, ToPost | ToWeb>();
  readonly #services = new Map<ChildRole, readonly ServiceStatus[]>();
  #waiting: { readonly role: ChildRole; readonly done: () => void }[] = [];
  #roles: readonly RoleStatus[] = [];
  #mailboxes: readonly MailboxSummary[] = [];
  #storageProblem: string | null = null;
  #storage: MailHealth | undefined;
  #troubles: readonly QueueTrouble[] = [];
  #queue: QueueStatus | null = null;
  readonly #taken = new Map<ChildRole, string | undefined>();
  #isUp: boolean | undefined;
  readonly #calls = new Map<number, (answer: PostAnswer) => void>();
  #lastCall = 0;

  constructor(callbacks: PeersCallbacks) {
    this.#callbacks = callbacks;
  }

  get roles(): readonly RoleStatus[] {
    return this.#roles;
  }
  get mailboxes(): readonly MailboxSummary[] {
    return this.#mailboxes;
  }
  get storageProblem(): string | null {
    return this.#storageProblem;
  }
  /** Undefined before the post office has said. */
  get storage(): MailHealth | undefined {
    return this.#storage;
  }
  /** Why mail does not go out. */
  get mailTroubles(): readonly QueueTrouble[] {
    return this.#troubles;
  }
  /** Mail that waits to go out; null before the post office has said. */
  get queue(): QueueStatus | null {
    return this.#queue;
  }
  /** Of the roles that have reported since their last start; others are still coming up. */
  get services(): readonly ServiceStatus[] {
    return [...this.#services.values()].flat();
  }
  /** The sentence about a port that another program has. */
  get takenPort(): string | undefined {
    return [...this.#taken.values()].find((sentence) => sentence !== undefined);
  }
  /** Whether every role has said how its services do. */
  get haveReported(): boolean {
    return this.#told.size > 0 && [...this.#told.keys()].every((role) => this.#services.has(role));
  }

  rolesChanged(roles: readonly RoleStatus[]): void {
    this.#roles = roles;
    for (const { name, state } of roles) {
      if (state === 'running' || (name !== 'post' && name !== 'web')) continue;
      this.#services.delete(name);
      this.#taken.delete(name);
      if (name === 'post') this.#forgetPost();
    }
    this.#callbacks.onChange();
  }

  /** What a process said that has ended. */
  #forgetPost(): void {
    [this.#storageProblem, this.#storage] = [null, undefined];
    [this.#troubles, this.#queue] = [[], null];
  }

  /** A new process knows nothing yet. */
  started(role: ChildRole): void {
    const told = this.#told.get(role);
    if (told !== undefined) this.#callbacks.send(role, told);
    if (role === 'post' && this.#isUp !== undefined)
      this.#callbacks.send('post', { kind: 'uplink', isUp: this.#isUp });
  }

  /** Whether there is a way to the Internet, for the mail that wants to go out. */
  setUplink(isUp: boolean): void {
    if (isUp === this.#isUp) return;
    this.#isUp = isUp;
    this.#callbacks.send('post', { kind: 'uplink', isUp });
  }

  /** What the post office answers; a refusal if it does not. */
  async askPost(call: PostCall, patience: Duration = PATIENCE): Promise<PostAnswer> {
    const { promise, resolve } = Promise.withResolvers<PostAnswer>();
    const request = ++this.#lastCall;
    this.#calls.set(request, resolve);
    const timer = setTimeout(() => resolve(NO_ANSWER), patience);
    this.#callbacks.send('post', { kind: 'call', request, call });
    return await promise.finally(() => {
      clearTimeout(timer);
      this.#calls.delete(request);
    });
  }

  configurePost(options: PostOptions): Promise<void> {
    return this.#configure('post', { kind: 'configure', options });
  }

  configureWeb(options: WebOptions): Promise<void> {
    return this.#configure('web', { kind: 'configure', options });
  }

  heard(role: ChildRole, message: FromRole): void {
    switch (message.kind) {
      case 'log':
        this.#callbacks.onLog(message.entry);
        return;
      case 'services': {
        this.#services.set(role, message.services);
        this.#taken.set(role, message.taken);
        this.#waiting.find((one) => one.role === role)?.done();
        break;
      }
      case 'answer':
        this.#calls.get(message.request)?.(message.answer);
        return;
      case 'mailboxes':
        this.#mailboxes = message.mailboxes;
        break;
      case 'storage':
        this.#storageProblem = message.problem;
        this.#storage = message.health;
        break;
      case 'outgoing':
        [this.#troubles, this.#queue] = [message.troubles, message.waiting];
    }
    this.#callbacks.onChange();
  }

  /** Resolves when the role has followed, or has had time enough. */
  async #configure(role: ChildRole, message: ToPost | ToWeb): Promise<void> {
    if (JSON.stringify(this.#told.get(role)) === JSON.stringify(message)) return;
    this.#told.set(role, message);
    await new Promise<void>((resolve) => {
      const waiting = {
        role,
        done: (): void => {
          clearTimeout(timer);
          this.#waiting = this.#waiting.filter((one) => one !== waiting);
          resolve();
        },
      };
      // An answer that does not come must not be taken for that of later settings.
      const timer = setTimeout(waiting.done, PATIENCE);
      this.#waiting.push(waiting);
      this.#callbacks.send(role, message);
    });
  }
}
