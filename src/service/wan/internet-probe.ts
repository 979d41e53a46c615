import { type Duration, Seconds } from '../../base/duration.ts';
import { DecodeError, KernelError } from '../../base/errors.ts';
import { after } from '../../base/instant.ts';
import type { Ipv4 } from '../../base/ipv4.ts';
import type { Endpoint, UdpSocket } from '../../port/udp.ts';
import { decodeNtp, encodeNtp, isNtpAnswer, NTP_PORT, ntpQuestion } from '../../wire/ntp/message.ts';
import type { WanPorts } from './wan-state.ts';

const NTP_TIMEOUT: Duration = Seconds(3);
const INTERNET_ECHO_TIMEOUT: Duration = Seconds(2);

export type InternetPorts = Pick<WanPorts, 'clock' | 'random' | 'udp' | 'icmp' | 'resolve'>;

/** `kiss`: the server is there and wants to be asked less (RFC 5905 section 7.4). */
export type InternetAnswer = 'answered' | 'kiss' | 'silent';

/** Whether a time server answers: a question for the time, or at least an echo request. */
export async function probeInternet(
  server: Ipv4,
  source: Ipv4,
  ports: InternetPorts,
): Promise<InternetAnswer> {
  const answer = await askTime(server, source, ports);
  if (answer !== 'silent') return answer;
  try {
    return (await ports.icmp.echo(server, INTERNET_ECHO_TIMEOUT)) ? 'answered' : 'silent';
  } catch (error) {
    if (error instanceof KernelError) return 'silent';
    throw error;
  }
}

async function askTime(server: Ipv4, source: Ipv4, ports: InternetPorts): Promise<InternetAnswer> {
  const { clock, udp, random } = ports;
  const transmitTime = (BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32));
  const answer = Promise.withResolvers<InternetAnswer>();
  const onDatagram = (datagram: Uint8Array, from: Endpoint): void => {
    if (from.address !== server || from.port !== NTP_PORT) return;
    const found = readAnswer(datagram, transmitTime);
    if (found !== undefined) answer.resolve(found);
  };
  let socket: UdpSocket;
  try {
    socket = await udp.bind({ address: source, port: 0 }, onDatagram);
  } catch (error) {
    // The address is not configured yet, or no more.
    if (error instanceof KernelError) return 'silent';
    throw error;
  }
  const timer = clock.wake(after(clock.now(), NTP_TIMEOUT), () => answer.resolve('silent'));
  socket.send(encodeNtp(ntpQuestion(transmitTime)), { address: server, port: NTP_PORT });
  const found = await answer.promise;
  timer.cancel();
  socket.close();
  return found;
}

function readAnswer(datagram: Uint8Array, transmitTime: bigint): InternetAnswer | undefined {
  try {
    const message = decodeNtp(datagram);
    if (!isNtpAnswer(message, transmitTime)) return undefined;
    return message.stratum === 0 ? 'kiss' : 'answered';
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
