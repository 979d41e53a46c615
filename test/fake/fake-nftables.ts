import { InvariantError, KernelError } from '../../src/base/errors.ts';
import type { Cancel } from '../../src/port/clock.ts';
import type { KernelMessage, KernelRequest, NetlinkSession } from '../../src/port/netlink-session.ts';
import { type NftMessage, decodeNft, encodeNft } from '../../src/wire/nftables/message.ts';

/** An in-memory nf_tables: keeps what transactions add by table and gives it back in dumps. */
export class FakeNftables implements NetlinkSession {
  /** Every transaction as it was sent, batch marks included. */
  readonly transactions: (readonly KernelRequest[])[] = [];
  /** Refuses the next transaction with this errno. */
  refusal: string | undefined;
  /** Called before each dump, to change something meanwhile. */
  onDump: () => void = () => {};
  generation = 1;
  #content: NftMessage[] = [];

  /** Tables and what is in them. */
  get content(): readonly NftMessage[] {
    return this.#content;
  }

  add(...messages: readonly NftMessage[]): void {
    this.#content.push(...messages);
    this.generation++;
  }

  request(message: KernelRequest, options: { readonly dump?: boolean } = {}): Promise<KernelMessage[]> {
    const question = decodeNft(message);
    if (question?.operation !== 'get') throw new InvariantError('Cannot answer what is no GET request');
    if (question.kind === 'generation') {
      const body = { id: this.generation };
      return Promise.resolve([this.#reply({ operation: 'add', family: 0, kind: 'generation', body })]);
    }
    if (options.dump !== true) throw new InvariantError(`Cannot answer a single GET of ${question.kind}`);
    this.onDump();
    return Promise.resolve(
      this.#content.filter((one) => isAsked(question, one)).map((one) => this.#reply(one)),
    );
  }

  #reply(message: NftMessage): KernelMessage {
    return { flags: 0, ...encodeNft(message) };
  }

  transaction(requests: readonly KernelRequest[]): Promise<void> {
    this.transactions.push(requests);
    if (this.refusal !== undefined) {
      const error = new KernelError('load the firewall', this.refusal);
      this.refusal = undefined;
      return Promise.reject(error);
    }
    for (const message of requests.map(decodeNft)) {
      if (message?.kind === 'table')
        this.#content = this.#content.filter((one) => !isOf(one, message.body.name));
      if (message?.operation === 'add') this.#content.push(message);
    }
    this.generation++;
    return Promise.resolve();
  }

  join(): void {}
  listen(): Cancel {
    return { cancel: () => {} };
  }
  close(): void {}
}

function isOf({ kind, body }: NftMessage, table: string | undefined): boolean {
  if (kind === 'table') return body.name === table;
  return 'table' in body && body.table === table;
}

function isAsked(question: NftMessage, one: NftMessage): boolean {
  if (question.kind !== one.kind) return false;
  if (question.kind === 'elements' && one.kind === 'elements')
    return isOf(one, question.body.table) && one.body.set === question.body.set;
  const table = 'table' in question.body ? question.body.table : undefined;
  return table === undefined || isOf(one, table);
}
