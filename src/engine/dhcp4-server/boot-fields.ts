import { type Ipv4, UNSPECIFIED, ipv4FromBytes, tryParseIpv4 } from '../../base/ipv4.ts';
import { fromLatin1 } from '../../base/text.ts';
import { codeOfOption } from '../../wire/dhcp4/options.ts';

/** The header fields a boot loader reads: where the file is, under which name the server goes, and the file. */
export interface BootFields {
  readonly siaddr: Ipv4;
  readonly sname: Uint8Array;
  readonly file: Uint8Array;
}

/** `sname` has 64 octets and `file` 128, the last of them zero (RFC 2131 §2). */
const MAX_SNAME = 63;
const MAX_FILE = 127;
const NONE = new Uint8Array(0);

const TFTP_SERVER_NAME = codeOfOption('tftpServerName');
const BOOT_FILE = codeOfOption('bootFile');
const TFTP_SERVERS = codeOfOption('tftpServers');

/**
 * The fields as options 66, 67 and 150 have them. PXE firmware takes server and file from the header (PXE 2.1 §2.2.3) and knows the
 * options at best as a second place, so what the owner gives as options goes into both. A name that is an address is the
 * address of the server; without one, the first of option 150 is.
 */
export function bootFieldsOf(custom: ReadonlyMap<number, Uint8Array>): BootFields {
  const name = custom.get(TFTP_SERVER_NAME) ?? NONE;
  const file = custom.get(BOOT_FILE) ?? NONE;
  const servers = custom.get(TFTP_SERVERS) ?? NONE;
  const first = servers.length >= 4 ? ipv4FromBytes(servers.subarray(0, 4)) : undefined;
  return {
    siaddr: tryParseIpv4(fromLatin1(name)) ?? first ?? UNSPECIFIED,
    sname: name.length <= MAX_SNAME ? name : NONE,
    file: file.length <= MAX_FILE ? file : NONE,
  };
}
