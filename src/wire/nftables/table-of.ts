import { Reader } from '../../base/reader.ts';
import { attribute, attributes, cstring } from '../netlink/attributes.ts';
import { NFNL_SUBSYS_NFTABLES } from './constants.ts';
import { type NftPacket, header } from './message.ts';

/** NFTA_*_TABLE is attribute 1 of whatever is in a table, and so is NFTA_TABLE_NAME of the table itself. */
const inTable = attributes({ table: attribute(1, cstring) });

/** enum nft_msg_types: messages about no table. Their attribute 1 is something else. */
const NFT_MSG = { NEWGEN: 15, GETGEN: 16, TRACE: 17 } as const;
const ABOUT_NO_TABLE: ReadonlySet<number> = new Set(Object.values(NFT_MSG));

/** The table that a message is about, whatever it says of it; undefined if it is about none. @throws DecodeError */
export function tableOf({ type, payload }: NftPacket): { family: number; name: string } | undefined {
  if (type >> 8 !== NFNL_SUBSYS_NFTABLES || ABOUT_NO_TABLE.has(type & 0xff)) return undefined;
  const reader = new Reader(payload);
  const { family } = header.decode(reader);
  const { table: name } = inTable.decode(reader);
  return name === undefined ? undefined : { family, name };
}
