import { ETH_P } from '../../base/ether-type.ts';
import { type Ipv4, UNSPECIFIED } from '../../base/ipv4.ts';
import { BROADCAST_MAC } from '../../base/mac.ts';
import { encodeChange } from '../../engine/links/encode-change.ts';
import { linuxNetworkCards } from '../../io/linux/network-card.ts';
import { CardWatch, type CardWatchPorts } from '../../service/cards/card-watch.ts';
import { encodeArpRequest } from '../../wire/arp/message.ts';
import type { NetPorts } from './ports.ts';
import type { NetServices } from './services.ts';

type Callbacks = Pick<CardWatchPorts, 'onReset' | 'onProblem'>;

/** What looks after the network cards of the ports in use. */
export function openCards(
  { clock, packets, route }: Pick<NetPorts, 'clock' | 'packets' | 'route'>,
  services: NetServices,
  callbacks: Callbacks,
): CardWatch {
  const linkOf = (device: string) => services.devices.find(device);
  return new CardWatch({
    ...callbacks,
    clock,
    cards: linuxNetworkCards,
    devices: () =>
      portsInUse(services).flatMap((device) => {
        const link = linkOf(device);
        return link === undefined ? [] : [{ device, carrier: link.up && link.carrier }];
      }),
    send: async (device) => {
      const address = addressOn(device, services);
      const mac = linkOf(device)?.mac;
      if (address === undefined || mac === undefined) return false;
      const socket = await packets.open(device, { etherType: ETH_P.ARP, arpAddress: address }, () => {});
      // The question whether anybody else has the box's own address (RFC 5227 section 2.1.1): harmless.
      const question = { senderMac: mac, senderAddress: UNSPECIFIED, targetAddress: address };
      socket.send(BROADCAST_MAC, encodeArpRequest(question));
      socket.close();
      return true;
    },
    restartLink: async (device) => {
      const index = linkOf(device)?.index;
      if (index === undefined) return;
      for (const up of [false, true])
        await route.transaction([encodeChange({ kind: 'set-up', device, index, up })]);
    },
  });
}

function portsInUse({ config, devices }: NetServices): readonly string[] {
  const names = config.mode === 'lan-only' ? config.lan.devices : [config.wan.device, ...config.lan.devices];
  return names.flatMap((name) => devices.find(name)?.name ?? []);
}

function addressOn(device: string, services: NetServices): Ipv4 | undefined {
  const { config, devices } = services;
  const isWan = devices.find(config.wan.device)?.name === device;
  return isWan ? services.wanState()?.address?.prefix.address : config.lan.address.address;
}
