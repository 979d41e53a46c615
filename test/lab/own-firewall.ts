import { linuxNetlink } from '../../src/io/linux/netlink.ts';
import type { NetlinkSession } from '../../src/port/netlink-session.ts';
import { NETLINK } from '../../src/port/netlink.ts';
import { type Firewall, startFirewall } from '../../src/service/firewall/firewall.ts';
import { openNetlinkSession } from '../../src/service/netlink-session.ts';
import { MemoryLog } from '../fake/memory-log.ts';

/** The firewall of the network namespace that the test runs in, on a session of its own. */
export interface OwnFirewall {
  readonly session: NetlinkSession;
  readonly firewall: Firewall;
  readonly log: MemoryLog;
}

export function openFirewall(): OwnFirewall {
  const session = openNetlinkSession(linuxNetlink, NETLINK.NETFILTER);
  const log = new MemoryLog();
  return { session, firewall: startFirewall(session, log), log };
}
