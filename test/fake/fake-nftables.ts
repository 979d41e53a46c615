import { InvariantError, KernelError } from '../../src/base/errors.ts';
import { toHex } from '../../src/base/hex.ts';
import { NetlinkError } from '../../src/engine/netlink-dialog/netlink-error.ts';
import type { Cancel } from '../../src/port/clock.ts';
import type { KernelMessage, KernelRequest, NetlinkSession } from '../../src/port/netlink-session.ts';
import type { Element } from '../../src/wire/nftables/element.ts';
import { type NftMessage, decodeNft, encodeNft } from '../../src/wire/nftables/message.ts';

const BATCH_BEGIN = 0x10;

/** What the fake kernel says to one message. */
class Refusal extends Error {
  readonly errno: string;

  constructor(errno: string, text: string) {
    super(text);
    this.errno = errno;
  }
}

/**
 * An in-memory nf_tables: carries transactions out as a whole or not at all, with the kernel's rules of what must be
 * there before it is named and what cannot go while it is named, and gives its content back in dumps.
 */
export class FakeNftables implements NetlinkSession {
  /** Every transaction as it was sent, batch marks included. */
  readonly transactions: (readonly KernelRequest[])[] = [];
  /** The errno for a message this kernel has no support for. */
  refuses: (message: NftMessage) => string | undefined = () => undefined;
  /** Called before each answer to a dump, and before each transaction, to change something meanwhile. */
  onDump: () => void = () => {};
  onTransaction: () => void = () => {};
  /** Carries the next transaction out, but its answer is lost. */
  losesAnswer = false;
  generation = 1;
  #content: NftMessage[] = [];
  #nextHandle = 1n;

  /** Tables and what is in them; the elements of a set are one message. */
  get content(): readonly NftMessage[] {
    return this.#content;
  }

  /** The messages of the transactions so far, without the marks. */
  get sent(): readonly (readonly NftMessage[])[] {
    return this.transactions.map((requests) => requests.map(decodeNft).filter((one) => one !== undefined));
  }

  /** What somebody else does. */
  add(...messages: readonly NftMessage[]): void {
    this.#content = this.#outcome(messages);
    this.generation++;
  }

  /** Lets an element of a set count. */
  count(set: string, key: Uint8Array, packets: bigint, bytes: bigint): void {
    this.#content = this.#content.map((one) => {
      if (one.kind !== 'elements' || one.body.set !== set) return one;
      const elements = (one.body.elements ?? []).map((element) =>
        toHex(element.key?.value ?? new Uint8Array()) === toHex(key)
          ? { ...element, expression: { kind: 'counter' as const, packets, bytes } }
          : element,
      );
      return { ...one, body: { ...one.body, elements } };
    });
  }

  /** Lets a base chain hang elsewhere, which nothing but a new table can undo. */
  move(chain: string): void {
    this.#content = this.#content.map((one) =>
      one.kind === 'chain' && one.body.name === chain
        ? { ...one, body: { ...one.body, hook: { ...one.body.hook, priority: 77 } } }
        : one,
    );
  }

  request(message: KernelRequest, options: { readonly dump?: boolean } = {}): Promise<KernelMessage[]> {
    const question = decodeNft(message);
    if (question?.operation !== 'get') throw new InvariantError('Cannot answer what is no GET request');
    if (question.kind === 'generation') {
      const body = { id: this.generation };
      return Promise.resolve([this.#reply({ operation: 'add', family: 0, kind: 'generation', body })]);
    }
    const isDump = options.dump === true;
    if (isDump) this.onDump();
    const found = this.#content.filter((one) => isAsked(question, one));
    if (!isDump && found.length === 0)
      return Promise.reject(new NetlinkError([message], 0, { errno: 'ENOENT', text: '', offset: undefined }));
    return Promise.resolve(found.map((one) => this.#reply(one)));
  }

  #reply(message: NftMessage): KernelMessage {
    return { flags: 0, ...encodeNft(message) };
  }

  transaction(requests: readonly KernelRequest[]): Promise<void> {
    this.transactions.push(requests);
    this.onTransaction();
    const [begin] = requests;
    const generation = begin?.type === BATCH_BEGIN ? generationOf(begin.payload) : undefined;
    if (generation !== undefined && generation !== this.generation)
      return Promise.reject(refused(requests, 0, new Refusal('ERESTART', '')));
    let index = 0;
    try {
      this.#content = this.#outcome(messagesOf(requests), (at) => (index = at + 1));
      this.generation++;
      if (!this.losesAnswer) return Promise.resolve();
      this.losesAnswer = false;
      return Promise.reject(new KernelError('receive netlink messages', 'ENOBUFS'));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return Promise.reject(refused(requests, index, error));
    }
  }

  #outcome(messages: readonly NftMessage[], at: (index: number) => void = () => {}): NftMessage[] {
    let content = [...this.#content];
    for (const [index, message] of messages.entries()) {
      at(index);
      const errno = this.refuses(message);
      if (errno !== undefined) throw new Refusal(errno, '');
      content = message.operation === 'add' ? this.#added(content, message) : without(content, message);
    }
    return content;
  }

  #added(content: NftMessage[], message: NftMessage): NftMessage[] {
    const { kind, body } = message;
    if (kind !== 'table')
      needs(content, (one) => one.kind === 'table' && isOf(one, tableOf(message)), 'the table');
    checkReferences(content, message);
    if (kind === 'elements') return withElements(content, message);
    const there = content.find((one) => kind !== 'rule' && isSame(one, message));
    const handle = this.#nextHandle++;
    if (there === undefined) return [...content, { ...message, body: { ...body, handle } } as NftMessage];
    if (there.kind !== 'chain' || kind !== 'chain') return content;
    const { policy } = body;
    if (policy === undefined) return content;
    if (there.body.hook === undefined) throw new Refusal('EOPNOTSUPP', 'no base chain');
    return content.map((one) => (one === there ? { ...there, body: { ...there.body, policy } } : one));
  }

  join(): void {}
  listen(): Cancel {
    return { cancel: () => {} };
  }
  close(): void {}
}

function refused(
  requests: readonly KernelRequest[],
  index: number,
  { errno, message }: Refusal,
): NetlinkError {
  return new NetlinkError(requests, index, { errno, text: message, offset: undefined });
}

function messagesOf(requests: readonly KernelRequest[]): NftMessage[] {
  return requests.slice(1, -1).map((request) => {
    const message = decodeNft(request);
    if (message === undefined) throw new InvariantError(`Cannot carry out a message of type ${request.type}`);
    return message;
  });
}

/** struct nfgenmsg, then NFNL_BATCH_GENID: u16 length, u16 type, big-endian number. */
function generationOf(payload: Uint8Array): number | undefined {
  if (payload.length < 12) return undefined;
  return new DataView(payload.buffer, payload.byteOffset).getUint32(8);
}

function tableOf({ kind, body }: NftMessage): string | undefined {
  if (kind === 'table') return body.name;
  return 'table' in body ? body.table : undefined;
}

function isOf(one: NftMessage, table: string | undefined): boolean {
  return tableOf(one) === table;
}

function nameOf({ kind, body }: NftMessage): string | undefined {
  if (kind === 'elements') return body.set;
  if (kind === 'rule') return body.chain;
  return 'name' in body ? body.name : undefined;
}

function isSame(one: NftMessage, other: NftMessage): boolean {
  return one.kind === other.kind && isOf(one, tableOf(other)) && nameOf(one) === nameOf(other);
}

function isAsked(question: NftMessage, one: NftMessage): boolean {
  if (question.kind !== one.kind) return false;
  if (question.kind === 'elements') return isSame(question, one);
  const table = tableOf(question);
  return table === undefined || isOf(one, table);
}

function needs(content: readonly NftMessage[], is: (one: NftMessage) => boolean, what: string): void {
  if (!content.some(is)) throw new Refusal('ENOENT', `${what} is not there`);
}

type Reference = readonly [kind: NftMessage['kind'], name: string];

/** What a message names. */
function references(message: NftMessage): Reference[] {
  if (message.kind === 'rule') return (message.body.expressions ?? []).flatMap(expressionReferences);
  if (message.kind !== 'elements' || message.operation !== 'add') return [];
  return (message.body.elements ?? []).flatMap(({ object, data }): Reference[] => [
    ...(object === undefined ? [] : [['object', object] as const]),
    ...(data?.verdict?.chain === undefined ? [] : [['chain', data.verdict.chain] as const]),
  ]);
}

function expressionReferences(expression: object): Reference[] {
  const { set, name, flowTable, data } = expression as {
    set?: string;
    name?: string;
    flowTable?: string;
    data?: { verdict?: { chain?: string } };
  };
  const chain = data?.verdict?.chain;
  return [
    ...(set === undefined ? [] : [['set', set] as const]),
    ...(name === undefined || set !== undefined ? [] : [['object', name] as const]),
    ...(flowTable === undefined ? [] : [['flowTable', flowTable] as const]),
    ...(chain === undefined ? [] : [['chain', chain] as const]),
  ];
}

function checkReferences(content: readonly NftMessage[], message: NftMessage): void {
  const own: readonly Reference[] =
    message.kind === 'rule'
      ? [['chain', message.body.chain ?? '']]
      : message.kind === 'elements'
        ? [['set', message.body.set ?? '']]
        : [];
  for (const [kind, name] of [...own, ...references(message)])
    needs(
      content,
      (one) => one.kind === kind && isOf(one, tableOf(message)) && nameOf(one) === name,
      `${kind} ${name}`,
    );
}

function keyOf({ flags = 0, key, keyEnd }: Element): string {
  return [flags, ...[key, keyEnd].map((part) => toHex(part?.value ?? new Uint8Array()))].join(' ');
}

function elementsOf(message: NftMessage | undefined): readonly Element[] {
  return message?.kind === 'elements' ? (message.body.elements ?? []) : [];
}

/** What the kernel makes of an element: where the set declares a counter, it has one. */
function grown(element: Element, declaration: NftMessage | undefined): Element {
  const counts = declaration?.kind === 'set' ? declaration.body.expression : undefined;
  return counts === undefined ? element : { ...element, expression: element.expression ?? counts };
}

function withElements(content: NftMessage[], message: NftMessage & { kind: 'elements' }): NftMessage[] {
  const { table, set } = message.body;
  const there = content.find((one) => one.kind === 'elements' && isSame(one, message));
  const declaration = content.find((one) => one.kind === 'set' && one.body.name === set);
  const elements = new Map(elementsOf(there).map((one) => [keyOf(one), one]));
  for (const element of elementsOf(message)) {
    if (elements.has(keyOf(element))) throw new Refusal('EEXIST', `element ${keyOf(element)}`);
    elements.set(keyOf(element), grown(element, declaration));
  }
  const all = [...elements.values()];
  return [...content.filter((one) => one !== there), { ...message, body: { table, set, elements: all } }];
}

/** @throws Refusal for what is not there or is still in use */
function without(content: NftMessage[], message: NftMessage): NftMessage[] {
  const table = tableOf(message);
  if (message.kind === 'table') {
    needs(content, (one) => isSame(one, message), 'the table');
    return content.filter((one) => !isOf(one, table));
  }
  if (message.kind === 'rule') return content.filter((one) => !isSame(one, message));
  if (message.kind === 'elements') return withoutElements(content, message);
  needs(content, (one) => isSame(one, message), `${message.kind} ${nameOf(message)}`);
  const isUsed = content.some(
    (one) =>
      isOf(one, table) &&
      references(one).some(([kind, name]) => kind === message.kind && name === nameOf(message)),
  );
  if (isUsed) throw new Refusal('EBUSY', `${message.kind} ${nameOf(message)} is in use`);
  return content.filter((one) => !isSame(one, message) && !isPartOf(one, message));
}

/** Rules go with their chain and elements with their set. */
function isPartOf(one: NftMessage, whole: NftMessage): boolean {
  if (!isOf(one, tableOf(whole)) || nameOf(one) !== nameOf(whole)) return false;
  return (one.kind === 'rule' && whole.kind === 'chain') || (one.kind === 'elements' && whole.kind === 'set');
}

function withoutElements(content: NftMessage[], message: NftMessage & { kind: 'elements' }): NftMessage[] {
  const { table, set, elements: named } = message.body;
  const there = content.find((one) => isSame(one, message));
  const elements = new Map(elementsOf(there).map((one) => [keyOf(one), one]));
  if (named === undefined) elements.clear();
  for (const key of (named ?? []).map(keyOf))
    if (!elements.delete(key)) throw new Refusal('ENOENT', `element ${key}`);
  const all = [...elements.values()];
  const rest = content.filter((one) => one !== there);
  return [...rest, { ...message, operation: 'add', body: { table, set, elements: all } }];
}
