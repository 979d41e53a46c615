import { Box } from '../lab/box.ts';
import { boxConfig } from '../lab/box-config.ts';
import type { Stand } from './bench-wire.ts';
import type { Contestant } from './contestant.ts';

/** Gatepost with a fixed WAN address, so that no provider's DHCP server is part of what is measured. */
export function gatepostContestant({ namespace, address, prefix }: Stand): Contestant {
  const config = boxConfig({
    wan: { device: 'wan0', ipv4: { method: 'static', address: '203.0.113.50/24', gateway: '203.0.113.1' } },
    lan: { devices: ['lan0'], address: prefix },
  });
  const box = new Box(namespace, config);
  return {
    name: 'gatepost',
    namespace,
    address,
    launch: () => {
      box.launch();
    },
    stop: async () => {
      await box.stop();
    },
    crash: () => box.crash(),
    pids: () => box.pids(),
  };
}
