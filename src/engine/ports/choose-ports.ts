import type { Mac } from '../../base/mac.ts';

/** What a network port is for. */
export const PORT_ROLES = ['wan', 'lan'] as const;
export type PortRole = (typeof PORT_ROLES)[number];

/** The names the ports of a board get, and a configuration calls them by unless it says otherwise. */
export const PORT_NAMES: Readonly<Record<PortRole, string>> = { wan: 'wan0', lan: 'lan0' };

/** Which port is which, by hardware address: the order in which a kernel finds devices changes. */
export type PortChoice = Readonly<Partial<Record<PortRole, Mac>>>;

/** A port that nothing is known of yet. */
export interface FreePort {
  readonly name: string;
  readonly mac: Mac;
  /** Whether a DHCP server has answered on it. */
  readonly answered: boolean;
}

/** A choice for one role, and what was decisive. */
export interface Chosen {
  readonly role: PortRole;
  readonly port: FreePort;
  readonly because: 'answer' | 'several-answers' | 'no-answer' | 'only-one-left';
}

/**
 * Gives ports to the roles that have none. The provider's is the one where a DHCP server answers, with several or none the first of the
 * list, which is in the order of the board: what is built in comes first. A single port belongs to the office: its owner has to be able to
 * look at the box.
 */
export function choosePorts(roles: readonly PortRole[], free: readonly FreePort[]): readonly Chosen[] {
  const wanted = free.length === 1 && roles.length === 2 ? (['lan'] as const) : roles;
  const chosen: Chosen[] = [];
  for (const role of PORT_ROLES.filter((one) => wanted.includes(one))) {
    const left = free.filter((port) => chosen.every((one) => one.port !== port));
    const found = portFor(role, left);
    if (found !== undefined) chosen.push({ role, ...found });
  }
  return chosen;
}

/** By the number of ports where a DHCP server answers. */
const REASONS = ['no-answer', 'answer'] as const;

function portFor(role: PortRole, left: readonly FreePort[]): Omit<Chosen, 'role'> | undefined {
  const [first] = left;
  if (first === undefined) return undefined;
  if (left.length === 1) return { port: first, because: 'only-one-left' };
  const fitting = left.find(({ answered }) => answered === (role === 'wan'));
  return {
    port: fitting ?? first,
    because: REASONS[left.filter(({ answered }) => answered).length] ?? 'several-answers',
  };
}
