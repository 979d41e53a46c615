import type { FuzzTarget } from './fuzz-target.ts';
import { conntrackTarget } from './target/conntrack.ts';
import { dhcp4ClientTarget } from './target/dhcp4-client.ts';
import { dhcp4ServerTarget } from './target/dhcp4-server.ts';
import { netlinkDialogTarget } from './target/netlink-dialog.ts';
import { nflogTarget } from './target/nflog.ts';
import { nftablesTarget } from './target/nftables.ts';
import { packetsTarget } from './target/packets.ts';
import { rtnetlinkTarget } from './target/rtnetlink.ts';

export const TARGETS: readonly FuzzTarget[] = [
  dhcp4ServerTarget,
  dhcp4ClientTarget,
  rtnetlinkTarget,
  nftablesTarget,
  netlinkDialogTarget,
  conntrackTarget,
  nflogTarget,
  packetsTarget,
];
