import { readFileSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { KernelError } from '../../base/errors.ts';
import type { NetworkCards } from '../../port/network-card.ts';
import { kernelErrorFrom } from '../node/errors.ts';

const FOLDER = '/sys/class/net';

/** Network cards by what sysfs tells (Documentation/ABI/testing/sysfs-class-net-queues, -statistics). */
export const linuxNetworkCards: NetworkCards = {
  counters(device) {
    const sent = numberIn(`${FOLDER}/${device}/statistics/tx_packets`);
    if (sent === undefined) return undefined;
    const queues = listed(`${FOLDER}/${device}/queues`).filter((name) => name.startsWith('tx-'));
    const sum = (file: string): number =>
      queues.reduce((all, queue) => all + (numberIn(`${FOLDER}/${device}/queues/${queue}/${file}`) ?? 0), 0);
    return { sent, waiting: sum('byte_queue_limits/inflight'), timeouts: sum('tx_timeout') };
  },
  rebind(device) {
    const hardware = real(`${FOLDER}/${device}/device`);
    const driver = real(`${FOLDER}/${device}/device/driver`);
    if (hardware === undefined || driver === undefined) return false;
    try {
      for (const step of ['unbind', 'bind']) writeFileSync(`${driver}/${step}`, basename(hardware));
    } catch (error) {
      throw kernelErrorFrom(`give ${device} back to its driver`, error);
    }
    return true;
  },
};

/** Not every driver tells everything, and a device may go at any instant. */
function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (kernelErrorFrom('look at a network card', error) instanceof KernelError) return undefined;
    throw error;
  }
}

function numberIn(path: string): number | undefined {
  return orNothing(() => Number(readFileSync(path, 'latin1')));
}

function listed(path: string): readonly string[] {
  return orNothing(() => readdirSync(path)) ?? [];
}

function real(path: string): string | undefined {
  return orNothing(() => realpathSync(path));
}
