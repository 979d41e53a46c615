import { unreachable } from '../../base/errors.ts';
import { ETH_P } from '../../base/ether-type.ts';
import { macBytes } from '../../base/mac.ts';
import { lastAddress4 } from '../../base/prefix.ts';
import type { KernelRequest } from '../../port/netlink-session.ts';
import { encodeAll } from '../../wire/field/codec.ts';
import { NLM_F } from '../../wire/netlink/constants.ts';
import { addressMessage } from '../../wire/rtnetlink/address.ts';
import { AF, IFF, RTM, RTN, RTNH_F, RTPROT, RT_SCOPE, RT_TABLE } from '../../wire/rtnetlink/constants.ts';
import { type LinkMessage, linkMessage, linkRequest } from '../../wire/rtnetlink/link.ts';
import { routeMessage } from '../../wire/rtnetlink/route.ts';
import {
  type DeviceChange,
  type Ipv4Change,
  type LinkChange,
  describeChange,
  isIpv4Change,
} from './change.ts';
import { MADE_BY_BOX } from './mark.ts';
import type { ObservedAddress, ObservedRoute } from './observed.ts';

const ADD_ONCE = NLM_F.CREATE | NLM_F.EXCL;

interface Encoded {
  readonly type: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

function link(type: number, flags: number, value: LinkMessage): Encoded {
  return { type, flags, payload: encodeAll(linkMessage, value) };
}

function address(type: number, flags: number, value: ObservedAddress): Encoded {
  const adds = type === RTM.NEWADDR;
  const payload = encodeAll(addressMessage, {
    family: AF.INET,
    prefixLength: value.length,
    headerFlags: 0,
    scope: RT_SCOPE.UNIVERSE,
    index: value.index,
    local: value.address,
    // The kernel makes one up no more when the request comes by netlink; without it broadcasts are not received.
    broadcast: adds && value.length <= 30 ? lastAddress4(value) : undefined,
    address: value.peer,
    protocol: adds ? value.protocol : undefined,
  });
  return { type, flags, payload };
}

/**
 * CREATE alone puts a route in front of those with the same destination and metric (fib_table_insert()): it is in
 * use before the old one is removed, and one somebody else made is left behind it.
 */
function route(type: number, flags: number, value: ObservedRoute): Encoded {
  const payload = encodeAll(routeMessage, {
    family: AF.INET,
    destinationLength: value.length,
    sourceLength: 0,
    tos: 0,
    headerTable: RT_TABLE.MAIN,
    protocol: RTPROT.GATEPOST,
    scope: value.gateway === undefined ? RT_SCOPE.LINK : RT_SCOPE.UNIVERSE,
    type: RTN.UNICAST,
    flags: value.onlink ? RTNH_F.ONLINK : 0,
    destination: value.length === 0 ? undefined : value.destination,
    preferredSource: value.source,
    gateway: value.gateway,
    priority: value.metric === 0 ? undefined : value.metric,
    outputDevice: value.index,
  });
  return { type, flags, payload };
}

function encodeIpv4(change: Ipv4Change): Encoded {
  switch (change.kind) {
    case 'add-address':
      return address(RTM.NEWADDR, ADD_ONCE, change.address);
    case 'remove-address':
      return address(RTM.DELADDR, 0, change.address);
    case 'add-route':
      return route(RTM.NEWROUTE, NLM_F.CREATE, change.route);
    case 'remove-route':
      return route(RTM.DELROUTE, 0, change.route);
    default:
      return unreachable(change);
  }
}

function encodeDevice(change: DeviceChange): Encoded {
  switch (change.kind) {
    case 'create-bridge': {
      const mac = change.mac === undefined ? undefined : macBytes(change.mac);
      return link(
        RTM.NEWLINK,
        ADD_ONCE,
        linkRequest(0, { address: mac, name: change.name, info: { kind: 'bridge' } }),
      );
    }
    case 'create-vlan': {
      const vlan = { protocol: ETH_P['8021Q'], id: change.tag };
      const info = { kind: 'vlan', vlan };
      return link(RTM.NEWLINK, ADD_ONCE, linkRequest(0, { name: change.device, link: change.lower, info }));
    }
    case 'mark-device':
      return link(RTM.NEWLINK, 0, linkRequest(0, { name: change.device, description: MADE_BY_BOX }));
    case 'set-mac': {
      const { description } = change;
      return link(RTM.NEWLINK, 0, linkRequest(change.index, { address: macBytes(change.mac), description }));
    }
    case 'delete-device':
      return link(RTM.DELLINK, 0, linkRequest(change.index));
    case 'set-master':
      return link(RTM.NEWLINK, 0, linkRequest(change.index, { master: change.master }));
    case 'set-mtu':
      return link(RTM.NEWLINK, 0, linkRequest(change.index, { mtu: change.mtu }));
    case 'rename':
      return link(RTM.NEWLINK, 0, linkRequest(change.index, { name: change.name }));
    case 'set-up':
      return link(
        RTM.NEWLINK,
        0,
        linkRequest(change.index, { flags: change.up ? IFF.UP : 0, change: IFF.UP }),
      );
    default:
      return unreachable(change);
  }
}

/** The rtnetlink message that carries a change out. */
export function encodeChange(change: LinkChange): KernelRequest {
  const encoded = isIpv4Change(change) ? encodeIpv4(change) : encodeDevice(change);
  return { ...encoded, purpose: describeChange(change) };
}
