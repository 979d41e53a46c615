import { type Duration, Seconds, inSeconds } from '../../base/duration.ts';
import { KernelError } from '../../base/errors.ts';
import { after, between } from '../../base/instant.ts';
import { UNSPECIFIED } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';
import { clientIdOf } from '../../engine/dhcp4-client/client-id.ts';
import { discover } from '../../engine/dhcp4-client/request.ts';
import type { Cancel } from '../../port/clock.ts';
import { MESSAGE_TYPE, OP } from '../../wire/dhcp4/constants.ts';
import { DhcpTransport } from './dhcp-transport.ts';
import type { WanPorts } from './wan-state.ts';

/** Questions, and how long after each the next one comes; a modem that has just seen its cable takes some seconds. */
const ASKS = 3;
const ASK_EVERY: Duration = Seconds(2);

type ProbePorts = Pick<WanPorts, 'clock' | 'random' | 'packets' | 'udp' | 'log'>;

/**
 * Whether a DHCP server answers on a device: the question of a client that goes no further, so that no lease is taken and nothing is
 * configured. Resolves with the first offer, or when nobody has made one in time.
 */
export async function probeOffer(
  { device, mac }: { readonly device: string; readonly mac: Mac },
  ports: ProbePorts,
): Promise<boolean> {
  const { clock, random } = ports;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const xid = random.below(2 ** 32);
  const transport = new DhcpTransport(device, ports, (message) => {
    const isOffer = message.op === OP.BOOTREPLY && message.options.messageType === MESSAGE_TYPE.OFFER;
    if (isOffer && message.xid === xid) resolve(true);
  });
  const client = { mac, clientId: clientIdOf(mac), hostName: undefined };
  const begun = clock.now();
  let next: Cancel | undefined;
  const ask = (count: number): void => {
    if (count === 0) return resolve(false);
    const secs = Math.floor(inSeconds(between(begun, clock.now())));
    transport.broadcast(discover(client, { xid, secs }, undefined), UNSPECIFIED);
    next = clock.wake(after(clock.now(), ASK_EVERY), () => ask(count - 1));
  };
  try {
    await transport.open();
    ask(ASKS);
    return await promise;
  } catch (error) {
    // Pulled out while it was being asked.
    if (error instanceof KernelError) return false;
    throw error;
  } finally {
    next?.cancel();
    transport.close();
  }
}
