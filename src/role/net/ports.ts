import { linuxNetlink } from '../../io/linux/netlink.ts';
import { RawSocketIcmp } from '../../io/linux/icmp.ts';
import { LinuxPacketPort } from '../../io/linux/packet.ts';
import { RingLog } from '../../io/log/ring-log.ts';
import { NodeClock } from '../../io/node/clock.ts';
import { nodeFiles } from '../../io/node/files.ts';
import { NodeRandom } from '../../io/node/random.ts';
import { NodeTcp } from '../../io/node/tcp.ts';
import { NodeUdp } from '../../io/node/udp.ts';
import type { Files } from '../../port/files.ts';
import type { IcmpPort } from '../../port/icmp.ts';
import { NETLINK } from '../../port/netlink.ts';
import type { NetlinkSession } from '../../port/netlink-session.ts';
import { openNetlinkSession } from '../../service/netlink-session.ts';
import { decodeEchoReply, encodeEchoRequest } from '../../wire/icmp/echo.ts';

/** The real world, as the services of `net` see it. */
export interface NetPorts {
  readonly clock: NodeClock;
  readonly random: NodeRandom;
  readonly log: RingLog;
  /** Rooted at the data directory. */
  readonly data: Files;
  /** Rooted at the run directory, which is in memory. */
  readonly runtime: Files;
  readonly udp: NodeUdp;
  readonly tcp: NodeTcp;
  readonly packets: LinuxPacketPort;
  readonly icmp: IcmpPort;
  readonly route: NetlinkSession;
  /** Another session of the same kind, for one purpose. */
  readonly openRoute: () => NetlinkSession;
  readonly netfilter: NetlinkSession;
  /** Another session of the same kind, for who listens to more than it asks for. */
  readonly openNetfilter: () => NetlinkSession;
  /** Of its own: a session reads one table at a time, and that of the connections is long. */
  readonly conntrack: NetlinkSession;
  /** Of its own: a flood of dropped packets may overrun it. */
  readonly dropped: NetlinkSession;
}

export function openPorts(dataDirectory: string, runDirectory: string): NetPorts {
  const clock = new NodeClock();
  const random = new NodeRandom();
  const log = new RingLog({ clock });
  const packetLog = log.logFor('packet');
  return {
    clock,
    random,
    log,
    data: nodeFiles(dataDirectory),
    runtime: nodeFiles(runDirectory),
    udp: new NodeUdp(),
    tcp: new NodeTcp(),
    packets: new LinuxPacketPort({
      worker: new URL('packet-worker.mjs', import.meta.url),
      onDevice: (device, error) =>
        error === undefined
          ? packetLog.notice(`${device} carries packets again`)
          : packetLog.warn(`${device} carries no packets: ${error.message}`),
    }),
    icmp: new RawSocketIcmp({ encodeRequest: encodeEchoRequest, decodeReply: decodeEchoReply }, random),
    route: openNetlinkSession(linuxNetlink, NETLINK.ROUTE),
    openRoute: () => openNetlinkSession(linuxNetlink, NETLINK.ROUTE),
    netfilter: openNetlinkSession(linuxNetlink, NETLINK.NETFILTER),
    openNetfilter: () => openNetlinkSession(linuxNetlink, NETLINK.NETFILTER),
    conntrack: openNetlinkSession(linuxNetlink, NETLINK.NETFILTER),
    dropped: openNetlinkSession(linuxNetlink, NETLINK.NETFILTER),
  };
}
