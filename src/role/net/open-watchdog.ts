import { readFileSync } from 'node:fs';
import { KernelError } from '../../base/errors.ts';
import { DNS_PORT } from '../../base/upstream.ts';
import { readBoard } from '../../config/board.ts';
import { linuxWatchdogs } from '../../io/linux/watchdog-device.ts';
import type { WatchdogDevice } from '../../port/watchdog.ts';
import type { UdpDialer } from '../../port/udp.ts';
import { NameClient } from '../../service/name-client.ts';
import { type SelfCheck, Watchdog, type WatchdogPorts } from '../../service/watchdog/watchdog.ts';
import type { RunSettings } from '../settings.ts';
import type { NetPorts } from './ports.ts';
import type { NetServices } from './services.ts';

interface GivenPorts extends Pick<WatchdogPorts, 'restart' | 'onRestarted' | 'checks'> {
  /** The box works without one that is broken: the owner is told. */
  readonly onMissing: (sentence: string) => void;
}

/** What feeds the board's watchdog; undefined if it has none, or one that cannot be used. @throws UserError */
export async function openWatchdog(
  board: RunSettings['board'],
  { data, clock, log }: Pick<NetPorts, 'data' | 'clock' | 'log'>,
  given: GivenPorts,
): Promise<Watchdog | undefined> {
  if (board === undefined) return undefined;
  const { watchdog } = readBoard(readFileSync(board.file, 'utf8'));
  if (watchdog === undefined) return undefined;
  let device: WatchdogDevice;
  try {
    device = await linuxWatchdogs.open(watchdog);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    given.onMissing(error.message);
    return undefined;
  }
  return new Watchdog({ ...given, device, files: data, clock, log: log.logFor('watchdog') });
}

/** What the box asks itself: the kernel, the worker that carries DHCP, its own name server as a LAN client would. */
export function selfChecks(
  ports: Pick<NetPorts, 'clock' | 'random' | 'packets' | 'tcp'> & { readonly udp: UdpDialer },
  services: Pick<NetServices, 'config' | 'devices' | 'links'>,
): ReadonlyMap<string, SelfCheck> {
  const names = new NameClient({
    ...ports,
    servers: () => [{ address: services.config.lan.address.address, port: DNS_PORT }],
  });
  return new Map<string, SelfCheck>([
    ['the kernel', async () => void (await services.links?.snapshot())],
    ['packets', () => ports.packets.alive()],
    [
      'names',
      async () => {
        if (isLanMissing(services)) return;
        const answer = await names.addresses(`admin.${services.config.system.domain}`);
        if (answer.kind === 'failed') throw new Error(answer.reason);
      },
    ],
  ]);
}

/** Without its device the LAN has no address that could be asked: an adapter that was pulled out is no fault that a restart mends. */
function isLanMissing({ config, devices }: Pick<NetServices, 'config' | 'devices'>): boolean {
  return devices.find(devices.names(config).lan) === undefined;
}
