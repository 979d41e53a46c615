import { UserError } from '../../base/errors.ts';
import type { LinkChange } from './change.ts';
import type { ObservedLink, ObservedNetwork } from './observed.ts';
import { diffVlan } from './diff-vlan.ts';
import { type Side, findBridge } from './side.ts';
import { LAN_BRIDGE } from './wanted.ts';

/**
 * Bridge, ports, VLAN device, MTU and switching on, in the order in which each step finds what it needs.
 * @throws UserError when a device that is no bridge has the name of the LAN bridge
 */
export function diffDevices(side: Side, observed: ObservedNetwork): LinkChange[] {
  const [first] = side.members;
  if (side.bridged && side.base === undefined) {
    if (first === undefined) return [];
    if (observed.links.some(({ name }) => name === LAN_BRIDGE)) {
      throw new UserError(
        `Cannot put the LAN devices together: a device named ${LAN_BRIDGE} exists and is no bridge; rename or remove it`,
      );
    }
    // Without an address of its own a bridge takes the lowest of its ports', and changes it as ports come and go.
    return [{ kind: 'create-bridge', name: LAN_BRIDGE, mac: first.mac }];
  }
  return [
    ...diffPorts(side, observed),
    ...devicesOf(side).flatMap((link) => diffDevice(side, link)),
    ...diffVlan(side, observed),
  ];
}

/** Ports before the bridge, the device below before the VLAN device: what makes the other work comes first. */
function devicesOf({ base, members }: Side): readonly ObservedLink[] {
  return base === undefined || members.includes(base) ? members : [...members, base];
}

function diffPorts(side: Side, observed: ObservedNetwork): LinkChange[] {
  const { base, members } = side;
  if (!side.bridged || base === undefined) return leaveBridge(members, observed);
  const enter = members.filter(({ master }) => master !== base.index);
  const leave = observed.links.filter((link) => link.master === base.index && !members.includes(link));
  return [...leave.map((link) => setMaster(link, 0)), ...enter.map((link) => setMaster(link, base.index))];
}

/** Only our own bridge is left: a device somebody else has bonded or bridged stays where it is. */
function leaveBridge(members: readonly ObservedLink[], observed: ObservedNetwork): LinkChange[] {
  const bridge = findBridge(observed.links);
  if (bridge === undefined) return [];
  return members.filter(({ master }) => master === bridge.index).map((link) => setMaster(link, 0));
}

function setMaster({ name: device, index }: ObservedLink, master: number): LinkChange {
  return { kind: 'set-master', device, index, master };
}

function diffDevice(side: Side, link: ObservedLink): LinkChange[] {
  const { mtu, up } = side.wanted;
  const { name: device, index } = link;
  const changes: LinkChange[] = [];
  if (mtu !== undefined && link.mtu !== mtu) changes.push({ kind: 'set-mtu', device, index, mtu });
  if (up && !link.up) changes.push({ kind: 'set-up', device, index, up });
  return changes;
}

/** Switching off, which takes all routes of the device with it and therefore comes last. */
export function diffSwitchOff(side: Side): LinkChange[] {
  if (side.wanted.up) return [];
  return devicesOf(side)
    .filter((link) => link.up)
    .map(({ name: device, index }) => ({ kind: 'set-up', device, index, up: false }));
}

/** The bridge of an earlier configuration with several LAN devices, once the only one is there to take over. */
export function leftoverBridge(lan: Side | undefined, observed: ObservedNetwork): ObservedLink | undefined {
  if (lan === undefined || lan.bridged || lan.base === undefined) return undefined;
  return lan.base.name === LAN_BRIDGE ? undefined : findBridge(observed.links);
}
