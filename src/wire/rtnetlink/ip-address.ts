import { type Ipv4, ipv4Bytes, ipv4FromBytes } from '../../base/ipv4.ts';
import { type Ipv6, ipv6Bytes, ipv6FromBytes } from '../../base/ipv6.ts';
import type { Field } from '../field/field.ts';

/** An address that fills its attribute: the length, 4 or 16 bytes, tells the family. IPv4 is a number, IPv6 a bigint. */
export const ipAddress: Field<Ipv4 | Ipv6> = {
  decode(reader) {
    const length = reader.remaining;
    if (length !== 4 && length !== 16) throw reader.error(`address of ${length} bytes, 4 or 16 wanted`);
    const bytes = reader.rest();
    return length === 4 ? ipv4FromBytes(bytes) : ipv6FromBytes(bytes);
  },
  encode(writer, value) {
    writer.bytes(typeof value === 'number' ? ipv4Bytes(value) : ipv6Bytes(value));
  },
};
