import { unreachable } from '../../base/errors.ts';
import { formatIpv4 } from '../../base/ipv4.ts';
import type { Mac } from '../../base/mac.ts';
import { formatPrefix4 } from '../../base/prefix.ts';
import type { ObservedAddress, ObservedRoute } from './observed.ts';

/** A step that changes a device itself. */
export type DeviceChange =
  | { readonly kind: 'create-bridge'; readonly name: string; readonly mac: Mac | undefined }
  | {
      readonly kind: 'create-vlan';
      readonly device: string;
      /** Index and name of the device below. */
      readonly lower: number;
      readonly lowerName: string;
      readonly tag: number;
    }
  /** Notes in its description that we have made it: found by name, as a new device has no index yet. */
  | { readonly kind: 'mark-device'; readonly device: string }
  | {
      readonly kind: 'set-mac';
      readonly device: string;
      readonly index: number;
      readonly mac: Mac;
      readonly description: string;
    }
  | { readonly kind: 'delete-device'; readonly device: string; readonly index: number }
  | {
      readonly kind: 'set-master';
      readonly device: string;
      readonly index: number;
      /** Index of the bridge; 0 takes the device out of it. */
      readonly master: number;
    }
  | { readonly kind: 'set-mtu'; readonly device: string; readonly index: number; readonly mtu: number }
  | { readonly kind: 'rename'; readonly device: string; readonly index: number; readonly name: string }
  | { readonly kind: 'set-up'; readonly device: string; readonly index: number; readonly up: boolean };

/** A step that changes what goes over a device. */
export type Ipv4Change =
  | {
      readonly kind: 'add-address' | 'remove-address';
      readonly device: string;
      readonly address: ObservedAddress;
    }
  | { readonly kind: 'add-route' | 'remove-route'; readonly device: string; readonly route: ObservedRoute };

/** One step from what is to what shall be. */
export type LinkChange = DeviceChange | Ipv4Change;

export function isIpv4Change(change: LinkChange): change is Ipv4Change {
  return 'address' in change || 'route' in change;
}

/** The change in words, as the middle of a sentence: `add the address 192.168.77.1/24 to lan0`. */
export function describeChange(change: LinkChange): string {
  return isIpv4Change(change) ? describeIpv4(change) : describeDevice(change);
}

function describeDevice(change: DeviceChange): string {
  switch (change.kind) {
    case 'create-bridge':
      return `create the bridge ${change.name}`;
    case 'create-vlan':
      return `create the VLAN device ${change.device} with the tag ${change.tag} on ${change.lowerName}`;
    case 'mark-device':
      return `note on ${change.device} that the box has made it`;
    case 'set-mac':
      return `give ${change.device} the hardware address ${change.mac}`;
    case 'delete-device':
      return `delete the device ${change.device}`;
    case 'set-master':
      return change.master === 0
        ? `take ${change.device} out of its bridge`
        : `put ${change.device} into the LAN bridge`;
    case 'set-mtu':
      return `set the MTU of ${change.device} to ${change.mtu}`;
    case 'rename':
      return `give ${change.device} the name ${change.name}`;
    case 'set-up':
      return `switch ${change.device} ${change.up ? 'on' : 'off'}`;
    default:
      return unreachable(change);
  }
}

function describeIpv4(change: Ipv4Change): string {
  switch (change.kind) {
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
