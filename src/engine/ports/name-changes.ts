import type { Mac } from '../../base/mac.ts';
import type { LinkChange } from '../links/change.ts';
import { findDevice } from '../links/side.ts';
import type { ObservedLink } from '../links/observed.ts';
import { PORT_NAMES, type PortChoice, type PortRole } from './choose-ports.ts';

/** Kinds of devices that are a plug: real ones have none, and virtual cables stand for them. */
const PLUGS = new Set([undefined, 'veth']);

/** The roles that a configuration calls by the usual names and that no device has. */
export function openRoles(
  { mode, wan, lan }: NamedPorts,
  links: readonly ObservedLink[],
): readonly PortRole[] {
  const isOpen = (role: PortRole): boolean => links.every(({ name }) => name !== PORT_NAMES[role]);
  return [
    ...(mode !== 'lan-only' && wan.device === PORT_NAMES.wan && isOpen('wan') ? (['wan'] as const) : []),
    ...(lan.devices.includes(PORT_NAMES.lan) && isOpen('lan') ? (['lan'] as const) : []),
  ];
}

/** What a configuration says of its ports. */
export interface NamedPorts {
  readonly mode: string;
  readonly wan: { readonly device: string };
  readonly lan: { readonly devices: readonly string[] };
}

/** Ports that nobody has spoken for: neither the configuration nor an earlier choice. */
export function unclaimed(
  { wan, lan }: NamedPorts,
  choice: PortChoice,
  links: readonly ObservedLink[],
): readonly ObservedLink[] {
  const usual = new Set<string>(Object.values(PORT_NAMES));
  const configured = [wan.device, ...lan.devices].map((device) => findDevice(links, device));
  const known = new Set<Mac | undefined>([choice.wan, choice.lan]);
  return links.filter(
    (link) =>
      !link.loopback &&
      PLUGS.has(link.kind) &&
      link.mac !== undefined &&
      link.master === undefined &&
      !usual.has(link.name) &&
      !configured.includes(link) &&
      !known.has(macOf(link)),
  );
}

/** The address a port is remembered by: the one burnt in. */
export function macOf({ permanentMac, mac }: ObservedLink): Mac | undefined {
  return permanentMac ?? mac;
}

/** Gives the ports of a choice their names; the kernel renames a device only while it is switched off. */
export function nameChanges(
  choice: PortChoice,
  roles: readonly PortRole[],
  links: readonly ObservedLink[],
): readonly LinkChange[] {
  return roles.flatMap((role): LinkChange[] => {
    const link = links.find((one) => choice[role] !== undefined && macOf(one) === choice[role]);
    if (link === undefined) return [];
    const { index, name } = link;
    return [
      { kind: 'set-up', device: name, index, up: false },
      { kind: 'rename', device: name, index, name: PORT_NAMES[role] },
    ];
  });
}
