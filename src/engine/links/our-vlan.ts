import { MADE_BY_BOX } from './mark.ts';
import type { ObservedLink } from './observed.ts';

/** Whether the box has made this VLAN device: only those are changed and deleted. */
export function isOurVlan({ kind, description }: ObservedLink): boolean {
  return kind === 'vlan' && description === MADE_BY_BOX;
}

/** The VLAN device the box has made on `lower`, if it is as wanted. */
export function findVlan(
  links: readonly ObservedLink[],
  lower: ObservedLink,
  vlan: { readonly name: string; readonly tag: number },
): ObservedLink | undefined {
  return links.find(
    (link) =>
      link.name === vlan.name && isOurVlan(link) && link.lower === lower.index && link.vlanTag === vlan.tag,
  );
}
