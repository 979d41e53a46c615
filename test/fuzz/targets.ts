import type { FuzzTarget } from './fuzz-target.ts';
import { clientSetupTarget } from './target/client-setup.ts';
import { conntrackTarget } from './target/conntrack.ts';
import { dhcp4ClientTarget } from './target/dhcp4-client.ts';
import { dhcp4ServerTarget } from './target/dhcp4-server.ts';
import { mailTextTarget } from './target/mail-text.ts';
import { netlinkDialogTarget } from './target/netlink-dialog.ts';
import { nflogTarget } from './target/nflog.ts';
import { nftablesTarget } from './target/nftables.ts';
import { packetsTarget } from './target/packets.ts';
import { pop3ServerTarget } from './target/pop3-server.ts';
import { rtnetlinkTarget } from './target/rtnetlink.ts';
import { smtpClientTarget } from './target/smtp-client.ts';
import { smtpServerTarget } from './target/smtp-server.ts';

export const TARGETS: readonly FuzzTarget[] = [
  dhcp4ServerTarget,
  dhcp4ClientTarget,
  rtnetlinkTarget,
  nftablesTarget,
  netlinkDialogTarget,
  conntrackTarget,
  nflogTarget,
  packetsTarget,
  smtpServerTarget,
  pop3ServerTarget,
  smtpClientTarget,
  mailTextTarget,
  clientSetupTarget,
];
