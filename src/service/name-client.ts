import { DecodeError } from '../base/errors.ts';
import { Seconds } from '../base/duration.ts';
import { after } from '../base/instant.ts';
import { fromLatin1 } from '../base/text.ts';
import type { Clock } from '../port/clock.ts';
import type { MxRecord, NameAnswer, NameLookup } from '../port/name-lookup.ts';
import type { Random } from '../port/random.ts';
import type { TcpPort } from '../port/tcp.ts';
import type { Endpoint, IpAddress, UdpDialer } from '../port/udp.ts';
import { CLASS, OPCODE, RCODE, TYPE, UDP_SIZE } from '../wire/dns/constants.ts';
import { decodeMessage } from '../wire/dns/decode-message.ts';
import { type DomainName, tryParseDomainName } from '../wire/dns/domain-name.ts';
import { encodeMessage } from '../wire/dns/encode-message.ts';
import type { Message, RecordData } from '../wire/dns/message.ts';
import { FrameSplitter, frameMessage } from '../wire/dns/stream-frame.ts';

export interface NameClientPorts {
  readonly udp: UdpDialer;
  readonly tcp: TcpPort;
  readonly clock: Clock;
  readonly random: Random;
  /** The resolvers, in the order they are asked; asked for at every question. */
  readonly servers: () => readonly Endpoint[];
}

/** The box's own resolver asks several upstreams before it gives up: longer than each of them takes. */
const UDP_TIMEOUT = Seconds(6);
const TCP_TIMEOUT = Seconds(10);
/** Rounds over the servers. */
const ROUNDS = 2;
/** Aliases followed for one question, in an answer and from one answer to the next; with more it has failed. */
const MOST_ALIASES = 8;

const NOT_ANSWERED = 'no name server answers';

type Data<T extends RecordData['type']> = Extract<RecordData, { type: T }>;
type Asked = 'A' | 'AAAA' | 'MX' | 'TXT';

/** Asks the box's own resolver for what the delivery of mail has to know (RFC 1035 section 7): no cache, that is the resolver's. */
export class NameClient implements NameLookup {
  readonly #ports: NameClientPorts;

  constructor(ports: NameClientPorts) {
    this.#ports = ports;
  }

  async mx(domain: string): Promise<NameAnswer<MxRecord>> {
    const answer = await this.#lookUp(domain, 'MX');
    return mapRecords(answer, ({ preference, exchange }) => ({ preference, exchange }));
  }

  async addresses(host: string): Promise<NameAnswer<IpAddress>> {
    const [four, six] = await Promise.all([this.#lookUp(host, 'A'), this.#lookUp(host, 'AAAA')]);
    const records = [
      ...(four.kind === 'found' ? four.records : []),
      ...(six.kind === 'found' ? six.records : []),
    ].map(({ address }) => address);
    if (records.length > 0) return { kind: 'found', records };
    if (four.kind === 'failed') return four;
    if (six.kind === 'failed') return six;
    const exists = [four, six].some((answer) => answer.kind === 'none' && answer.nameExists);
    return { kind: 'none', nameExists: exists };
  }

  async texts(name: string): Promise<NameAnswer<string>> {
    const answer = await this.#lookUp(name, 'TXT');
    return mapRecords(answer, ({ texts }) => texts.map(fromLatin1).join(''));
  }

  async #lookUp<T extends Asked>(text: string, type: T): Promise<NameAnswer<Data<T>>> {
    let name = tryParseDomainName(text);
    for (let aliases = 0; name !== undefined && aliases <= MOST_ALIASES; aliases++) {
      const message: Message | undefined = await this.#ask(name, TYPE[type]);
      if (message === undefined)
        return { kind: 'failed', reason: `Cannot find out about ${text}: ${NOT_ANSWERED}` };
      if (message.rcode !== RCODE.NOERROR && message.rcode !== RCODE.NXDOMAIN)
        return {
          kind: 'failed',
          reason: `Cannot find out about ${text}: the name server answers ${message.rcode}`,
        };
      const end = endOfAliases(message, name);
      if (end === undefined) break;
      const records = message.answers
        .filter((record) => record.name === end && record.data.type === type)
        .map(({ data }) => data as Data<T>);
      if (records.length > 0) return { kind: 'found', records };
      if (end === name || message.rcode === RCODE.NXDOMAIN)
        return { kind: 'none', nameExists: message.rcode === RCODE.NOERROR };
      name = end;
    }
    return name === undefined
      ? { kind: 'none', nameExists: false }
      : { kind: 'failed', reason: `Cannot find out about ${text}: its aliases lead nowhere` };
  }

  async #ask(name: DomainName, type: number): Promise<Message | undefined> {
    for (let round = 0; round < ROUNDS; round++) {
      for (const server of this.#ports.servers()) {
        const message = await this.#askOne(server, name, type);
        if (message !== undefined) return message;
      }
    }
    return undefined;
  }

  async #askOne(server: Endpoint, name: DomainName, type: number): Promise<Message | undefined> {
    const id = this.#ports.random.below(0x1_0000);
    const question = encodeQuestion(id, name, type);
    const accept = (bytes: Uint8Array): Message | undefined => accepted(bytes, { id, name, type });
    const answer = await this.#overUdp(server, question, accept);
    return answer?.flags.truncated === true ? await this.#overTcp(server, question, accept) : answer;
  }

  async #overUdp(
    server: Endpoint,
    question: Uint8Array,
    accept: (bytes: Uint8Array) => Message | undefined,
  ): Promise<Message | undefined> {
    const { promise, resolve } = Promise.withResolvers<Message | undefined>();
    const { clock, udp } = this.#ports;
    const timer = clock.wake(after(clock.now(), UDP_TIMEOUT), () => resolve(undefined));
    try {
      const socket = await udp.connect(server, {
        onDatagram: (bytes) => {
          const message = accept(bytes);
          if (message !== undefined) resolve(message);
        },
        onUnreachable: () => resolve(undefined),
      });
      socket.send(question);
      return await promise.finally(() => socket.close());
    } catch {
      return undefined;
    } finally {
      timer.cancel();
    }
  }

  async #overTcp(
    server: Endpoint,
    question: Uint8Array,
    accept: (bytes: Uint8Array) => Message | undefined,
  ): Promise<Message | undefined> {
    const { promise, resolve } = Promise.withResolvers<Message | undefined>();
    const { clock, tcp } = this.#ports;
    const timer = clock.wake(after(clock.now(), TCP_TIMEOUT), () => resolve(undefined));
    try {
      const connection = await tcp.connect(server, TCP_TIMEOUT);
      const splitter = new FrameSplitter();
      connection.onData((chunk) => {
        const message = splitter
          .push(chunk)
          .map(accept)
          .find((one) => one !== undefined);
        if (message !== undefined) resolve(message);
      });
      connection.onClose(() => resolve(undefined));
      connection.write(frameMessage(question));
      return await promise.finally(() => connection.destroy());
    } catch {
      return undefined;
    } finally {
      timer.cancel();
    }
  }
}

function mapRecords<T, U>(answer: NameAnswer<T>, map: (record: T) => U): NameAnswer<U> {
  return answer.kind === 'found' ? { kind: 'found', records: answer.records.map(map) } : answer;
}

function encodeQuestion(id: number, name: DomainName, type: number): Uint8Array {
  return encodeMessage({
    id,
    opcode: OPCODE.QUERY,
    flags: {
      response: false,
      authoritative: false,
      truncated: false,
      recursionDesired: true,
      recursionAvailable: false,
      authenticData: false,
      checkingDisabled: false,
    },
    rcode: RCODE.NOERROR,
    questions: [{ name, type, class: CLASS.IN }],
    answers: [],
    authorities: [],
    additionals: [],
    edns: { udpSize: UDP_SIZE, version: 0, dnssecOk: false },
  });
}

/** The message if it answers the question; anything else may be somebody else's. */
function accepted(
  bytes: Uint8Array,
  asked: { readonly id: number; readonly name: DomainName; readonly type: number },
): Message | undefined {
  try {
    const message = decodeMessage(bytes);
    const [question] = message.questions;
    const fits =
      message.flags.response &&
      message.id === asked.id &&
      question?.name === asked.name &&
      question.type === asked.type;
    return fits ? message : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Where the aliases among the answers lead to from `name`; undefined if they go round, or on and on. */
function endOfAliases({ answers }: Message, name: DomainName): DomainName | undefined {
  let end = name;
  for (let step = 0; step <= MOST_ALIASES; step++) {
    const alias = answers.find((record) => record.name === end && record.data.type === 'CNAME');
    if (alias?.data.type !== 'CNAME') return end;
    end = alias.data.target;
  }
  return undefined;
}
