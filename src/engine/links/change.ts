import { unreachable } from '../../base/errors.ts';
import { formatIpv4 } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';
import { formatPrefix4 } from '../../base/prefix.ts';
import type { ObservedAddress, ObservedRoute } from './observed.ts';

/** One step from what is to what shall be. */
export type LinkChange =
  | { readonly kind: 'create-bridge'; readonly name: string; readonly mac: Mac | undefined }
  | { readonly kind: 'delete-device'; readonly device: string; readonly index: number }
  | {
      readonly kind: 'set-master';
      readonly device: string;
      readonly index: number;
      /** Index of the bridge; 0 takes the device out of it. */
      readonly master: number;
    }
  | { readonly kind: 'set-mtu'; readonly device: string; readonly index: number; readonly mtu: number }
  | { readonly kind: 'set-up'; readonly device: string; readonly index: number; readonly up: boolean }
  | {
      readonly kind: 'add-address' | 'remove-address';
      readonly device: string;
      readonly address: ObservedAddress;
    }
  | { readonly kind: 'add-route' | 'remove-route'; readonly device: string; readonly route: ObservedRoute };

/** The change in words, as the middle of a sentence: `add the address 192.168.77.1/24 to lan0`. */
export function describeChange(change: LinkChange): string {
  switch (change.kind) {
    case 'create-bridge':
      return `create the bridge ${change.name}`;
    case 'delete-device':
      return `delete the device ${change.device}`;
    case 'set-master':
      return change.master === 0
        ? `take ${change.device} out of its bridge`
        : `put ${change.device} into the LAN bridge`;
    case 'set-mtu':
      return `set the MTU of ${change.device} to ${change.mtu}`;
    case 'set-up':
      return `switch ${change.device} ${change.up ? 'on' : 'off'}`;
    case 'add-address':
      return `add the address ${formatPrefix4(change.address)} to ${change.device}`;
    case 'remove-address':
      return `remove the address ${formatPrefix4(change.address)} from ${change.device}`;
    case 'add-route':
      return `add the route ${describeRoute(change.route)} over ${change.device}`;
    case 'remove-route':
      return `remove the route ${describeRoute(change.route)} over ${change.device}`;
    default:
      return unreachable(change);
  }
}

function describeRoute(route: ObservedRoute): string {
  const destination = formatPrefix4({ address: route.destination, length: route.length });
  return route.gateway === undefined ? destination : `${destination} by ${formatIpv4(route.gateway)}`;
}
