import type { KernelMessage } from '../../../src/port/netlink-session.ts';
import { NETLINK, type NetlinkHandlers, type NetlinkPort } from '../../../src/port/netlink.ts';
import { openNetlinkSession } from '../../../src/service/netlink-session.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { repairNetlink } from '../repair.ts';

const PORT = 77;
const PORT_AT = 12;
const SEQUENCE_AT = 8;
/** Sequence numbers are put near those in use, so that answers find their questions. */
const WINDOW = 8;
/** Questions under way at most: a real caller waits for answers. */
const MAX_OPEN = 32;

/** The dialogue with the kernel fed with anything: whatever comes, it ends what it was asked or goes on with it. */
export const netlinkDialogTarget: FuzzTarget = {
  name: 'netlink-dialog',
  open() {
    let handlers: NetlinkHandlers | undefined;
    let lastSequence = 0;
    let sockets = 0;
    const heard: string[] = [];
    let open = 0;
    const port: NetlinkPort = {
      open(_family, given) {
        sockets++;
        handlers = given;
        return {
          localPort: PORT,
          send: (datagram) =>
            void (lastSequence = new DataView(datagram.buffer, datagram.byteOffset).getUint32(
              SEQUENCE_AT,
              true,
            )),
          join: () => {},
          close: () => {},
        };
      },
    };
    const session = openNetlinkSession(port, NETLINK.NETFILTER);
    const note = ({ type }: KernelMessage): void => void heard.push(`event ${type & 7}`);
    session.listen({ onMessage: note, onResync: () => void heard.push('resync') });
    const stream = { onReply: () => void heard.push('reply'), onRestart: () => void heard.push('restart') };
    const ask = (kind: number): void => {
      const message = { type: 0x101, flags: 0, payload: new Uint8Array(4) };
      const asked: Promise<unknown> =
        kind === 0
          ? session.transaction([message, message])
          : session.request(message, kind === 1 ? {} : kind === 2 ? { dump: true } : { dump: true, stream });
      open++;
      asked.catch(() => {}).finally(() => open--);
    };
    return (input) => {
      heard.length = 0;
      const before = sockets;
      if (open < MAX_OPEN) ask((input[SEQUENCE_AT] ?? 0) & 3);
      const datagram = repairNetlink(input).slice();
      if (datagram.length >= PORT_AT + 4) {
        const view = new DataView(datagram.buffer);
        view.setUint32(SEQUENCE_AT, Math.max(0, lastSequence - (view.getUint8(SEQUENCE_AT) % WINDOW)), true);
        if ((view.getUint8(PORT_AT) & 1) === 0) view.setUint32(PORT_AT, PORT, true);
      }
      handlers?.onDatagram(datagram);
      return `${heard.slice(0, 6).join(' ')} ${sockets - before} ${datagram[4]}`;
    };
  },
};
