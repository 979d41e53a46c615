import { type Duration, Milliseconds, Seconds } from '../../base/duration.ts';
import { after } from '../../base/instant.ts';
import { DecodeError, KernelError } from '../../base/errors.ts';
import { ETH_P } from '../../base/ether-type.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import { BROADCAST_MAC, type Mac } from '../../base/mac.ts';
import type { PacketSocket, ReceivedPacket } from '../../port/packet.ts';
import { ARP, decodeArp, encodeArpRequest } from '../../wire/arp/message.ts';
import type { WanPorts } from './wan-state.ts';

const ECHO_TIMEOUT: Duration = Seconds(2);
const ARP_TIMEOUT: Duration = Milliseconds(1000);

export interface ProbeTarget {
  readonly device: string;
  readonly gateway: Ipv4;
  /** Our own address and MAC on the device. */
  readonly source: Ipv4;
  readonly mac: Mac;
}

type ProbePorts = Pick<WanPorts, 'clock' | 'icmp' | 'packets'>;

/**
 * Whether the gateway is there: it answers an echo request, or at least ARP, because many a provider's gateway is told not
 * to answer pings. Nothing beyond the gateway is asked.
 */
export async function probeGateway(target: ProbeTarget, ports: ProbePorts): Promise<boolean> {
  return (await answersEcho(target, ports)) || (await answersArp(target, ports));
}

async function answersEcho(target: ProbeTarget, ports: ProbePorts): Promise<boolean> {
  try {
    return await ports.icmp.echo(target.gateway, ECHO_TIMEOUT);
  } catch (error) {
    // No route, no buffer: the same as no answer.
    if (error instanceof KernelError) return false;
    throw error;
  }
}

async function answersArp(target: ProbeTarget, ports: ProbePorts): Promise<boolean> {
  const answer = Promise.withResolvers<boolean>();
  const onPacket = (packet: ReceivedPacket): void => {
    if (isReply(packet.payload, target)) answer.resolve(true);
  };
  let socket: PacketSocket;
  try {
    socket = await ports.packets.open(target.device, { etherType: ETH_P.ARP }, onPacket);
  } catch (error) {
    if (error instanceof KernelError) return false;
    throw error;
  }
  const timer = ports.clock.wake(after(ports.clock.now(), ARP_TIMEOUT), () => answer.resolve(false));
  socket.send(
    BROADCAST_MAC,
    encodeArpRequest({ senderMac: target.mac, senderAddress: target.source, targetAddress: target.gateway }),
  );
  const answered = await answer.promise;
  timer.cancel();
  socket.close();
  return answered;
}

function isReply(payload: Uint8Array, target: ProbeTarget): boolean {
  try {
    const { operation, senderAddress } = decodeArp(payload);
    return operation === ARP.REPLY && senderAddress === target.gateway;
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}
