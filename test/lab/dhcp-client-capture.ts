import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';
import { waitFor } from './wait-for.ts';

/** A DHCP message as tcpdump tells it. */
export interface SeenMessage {
  /** Discover, Offer, Request, ACK, NACK, Decline, Release, Inform */
  readonly type: string;
  readonly from: string;
  readonly to: string;
  /** Of the client the message is from or for. */
  readonly mac: string;
  /** Fields of the header that are not zero, by tcpdump's names: Client-IP, Your-IP, Gateway-IP. */
  readonly fields: ReadonlyMap<string, string>;
  /** Options by number, with tcpdump's text. */
  readonly options: ReadonlyMap<number, string>;
  readonly text: string;
}

/** Everything of DHCP that passes a device, by tcpdump. */
export class DhcpCapture {
  readonly #program: Program;

  private constructor(program: Program) {
    this.#program = program;
  }

  static async start(host: Namespace, device: string): Promise<DhcpCapture> {
    const filter = ['udp', 'and', '(', 'port', '67', 'or', 'port', '68', ')'];
    const program = host.start(`tcpdump-${device}`, [
      'tcpdump',
      '-i',
      device,
      '-l',
      '-n',
      '-vvv',
      '-e',
      ...filter,
    ]);
    await program.line(/listening on/);
    return new DhcpCapture(program);
  }

  /** The messages of a client until now, the first one first. */
  of(mac: string): SeenMessage[] {
    return this.#program.log
      .text()
      .split(/^(?=\d\d:\d\d:\d\d\.\d+ )/m)
      .filter((text) => text.includes(`Client-Ethernet-Address ${mac}`))
      .map((text) => readMessage(text, mac));
  }

  /** Waits for a message from or for the client after the first `seen` ones, of any type if none is given. */
  next(mac: string, type: string | undefined, seen = 0): Promise<SeenMessage> {
    return waitFor(`a ${type ?? 'message'} of ${mac}`, () =>
      this.of(mac)
        .slice(seen)
        .find((message) => type === undefined || message.type === type),
    ).catch((error: unknown) => {
      const all = this.of(mac).map(({ text }) => text);
      throw new Error(`${String(error)}; seen were\n${all.join('')}`);
    });
  }
}

function readMessage(text: string, mac: string): SeenMessage {
  const [, from = '', to = ''] = /^\s+(\S+) > (\S+): /m.exec(text) ?? [];
  const fields = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(/^\t {2}([A-Z]\w+-IP) (\S+)$/gm))
    fields.set(name, value);
  const options = new Map<number, string>();
  for (const [, code = '', value = ''] of text.matchAll(
    /^\t {4}\S+ \((\d+)\), length \d+: ?((?:.*)(?:\n\t {6}.*)*)/gm,
  ))
    options.set(Number(code), value.replaceAll(/\s+/g, ' ').trim());
  return { type: options.get(53) ?? '', from, to, mac, fields, options, text };
}

/** The option numbers of a parameter request list. */
export function requestedOptions(message: SeenMessage): number[] {
  return [...(message.options.get(55) ?? '').matchAll(/\((\d+)\)/g)].map(([, code]) => Number(code));
}
