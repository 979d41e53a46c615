import fc from 'fast-check';
import { Ipv4 } from '../../../src/base/ipv4.ts';
import { Ipv6 } from '../../../src/base/ipv6.ts';
import { type DomainName, parseDomainName } from '../../../src/wire/dns/domain-name.ts';
import type { DnsRecord, Message, RecordData } from '../../../src/wire/dns/message.ts';

const label = fc.stringMatching(/^[a-z0-9_-]{1,12}$/);

/** Names a record's data can hold. */
export const plainName: fc.Arbitrary<DomainName> = fc
  .array(label, { maxLength: 5 })
  .map((labels) => parseDomainName(labels.length === 0 ? '.' : labels.join('.')));

/** Labels of any octets. */
export const anyLabels = fc.array(fc.uint8Array({ minLength: 1, maxLength: 63 }), { maxLength: 3 });

/** fc.record() without the null prototypes it makes by default, which no decoder does. */
function fixed<T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(shape, { noNullPrototype: true }) as fc.Arbitrary<T>;
}

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const octets = fc.uint8Array({ maxLength: 40 });

const data: fc.Arbitrary<RecordData> = fc.oneof(
  u32.map((value): RecordData => ({ type: 'A', address: Ipv4(value) })),
  fc.bigInt(0n, 2n ** 128n - 1n).map((value): RecordData => ({ type: 'AAAA', address: Ipv6(value) })),
  fixed({ type: fc.constantFrom('NS' as const, 'CNAME' as const, 'PTR' as const), target: plainName }),
  fixed({ type: fc.constant('MX' as const), preference: u16, exchange: plainName }),
  fixed({ type: fc.constant('TXT' as const), texts: fc.array(octets, { maxLength: 3 }) }),
  fixed({
    type: fc.constant('SRV' as const),
    priority: u16,
    weight: u16,
    port: u16,
    target: plainName,
  }),
  fixed({
    type: fc.constant('SOA' as const),
    mname: plainName,
    rname: plainName,
    serial: u32,
    refresh: u32,
    retry: u32,
    expire: u32,
    minimum: u32,
  }),
  fixed({ type: fc.constant('other' as const), code: fc.integer({ min: 256, max: 65_000 }), octets }),
);

const record: fc.Arbitrary<DnsRecord> = fixed({ name: plainName, class: fc.constant(1), ttl: u32, data });
const records = fc.array(record, { maxLength: 4 });

/** Whole messages. */
export const anyMessage: fc.Arbitrary<Message> = fc
  .record({
    id: u16,
    opcode: fc.integer({ min: 0, max: 15 }),
    flags: fixed({
      response: fc.boolean(),
      authoritative: fc.boolean(),
      truncated: fc.boolean(),
      recursionDesired: fc.boolean(),
      recursionAvailable: fc.boolean(),
      authenticData: fc.boolean(),
      checkingDisabled: fc.boolean(),
    }),
    rcode: fc.integer({ min: 0, max: 15 }),
    questions: fc.array(fixed({ name: plainName, type: u16, class: u16 }), { maxLength: 2 }),
    answers: records,
    authorities: records,
    additionals: records,
    edns: fc.option(
      fixed({ udpSize: u16, version: fc.integer({ min: 0, max: 255 }), dnssecOk: fc.boolean() }),
      {
        nil: undefined,
      },
    ),
  })
  .map(({ edns, ...message }) => (edns === undefined ? message : { ...message, edns }));
