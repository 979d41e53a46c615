import { InvariantError } from '../../base/errors.ts';
import { Writer } from '../../base/writer.ts';
import { HEADER_BIT, HEADER_LENGTH, LARGEST_MESSAGE } from './constants.ts';
import type { DomainName } from './domain-name.ts';
import type { DnsRecord, HeaderFlags, Message } from './message.ts';
import { writeName } from './name.ts';
import { appendEdns } from './packed.ts';
import { encodeData, typeOfData } from './record-data.ts';

function wordOf(message: Message): number {
  const bits: readonly [keyof HeaderFlags, number][] = [
    ['response', HEADER_BIT.QR],
    ['authoritative', HEADER_BIT.AA],
    ['truncated', HEADER_BIT.TC],
    ['recursionDesired', HEADER_BIT.RD],
    ['recursionAvailable', HEADER_BIT.RA],
    ['authenticData', HEADER_BIT.AD],
    ['checkingDisabled', HEADER_BIT.CD],
  ];
  const flags = bits.reduce((word, [name, bit]) => (message.flags[name] ? word | bit : word), 0);
  return flags | (message.opcode << 11) | (message.rcode & 15);
}

function writeRecord(writer: Writer, record: DnsRecord, asked: DomainName | undefined): void {
  // Most owners are the name asked for, which stands right behind the header.
  if (record.name === asked) writer.u16(0xc000 | HEADER_LENGTH);
  else writeName(writer, record.name);
  const data = encodeData(record.data);
  writer.u16(typeOfData(record.data)).u16(record.class).u32(record.ttl).u16(data.length).bytes(data);
}

/** The octets of a message, of any length up to 65535: cutting it to a client's size is the sender's part. */
export function encodeMessage(message: Message): Uint8Array<ArrayBuffer> {
  const writer = new Writer(512);
  writer.u16(message.id).u16(wordOf(message));
  const sections = [message.answers, message.authorities, message.additionals];
  writer.u16(message.questions.length);
  for (const section of sections) writer.u16(section.length);
  for (const question of message.questions) {
    writeName(writer, question.name);
    writer.u16(question.type).u16(question.class);
  }
  const asked = message.questions[0]?.name;
  for (const record of sections.flat()) writeRecord(writer, record, asked);
  const bytes = writer.finish();
  const whole = message.edns === undefined ? bytes : appendEdns(bytes, message.edns, message.rcode);
  if (whole.length > LARGEST_MESSAGE)
    throw new InvariantError(`Cannot encode a message of ${whole.length} octets`);
  return whole;
}
