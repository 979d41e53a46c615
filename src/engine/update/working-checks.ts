import type { HealthNode, HealthReport } from '../../port/health-report.ts';

/** What an update must not break, whatever it was before. Notices are for the owner to read. */
const ESSENTIAL = ['lan', 'roles', 'services'];
const WAN = 'wan';
/**
 * Of mail only whether there is a place for it: a message that was damaged long ago and a provider who takes no mail are no fault of the
 * system, and none that another system mends.
 */
const MAIL = ['mail', 'store'] as const;

interface Part {
  readonly path: string;
  readonly node: HealthNode;
}

/** The box's own parts. */
function essentialParts({ tree }: HealthReport): readonly Part[] {
  const groups = tree.children.filter(({ name }) => ESSENTIAL.includes(name));
  const stores = tree.children
    .filter(({ name }) => name === MAIL[0])
    .flatMap(({ children }) => children.filter(({ name }) => name === MAIL[1]));
  return [
    ...groups.map((node) => ({ path: node.name, node })),
    ...stores.map((node) => ({ path: MAIL.join('/'), node })),
  ];
}

/**
 * The checks that are well, by their path in the tree (`lan/devices/address/dns`): what has to work after an update as well. If the
 * way to the Internet is broken already, none of it counts: an update must not be taken back for the provider's fault.
 */
export function workingChecks(report: HealthReport): readonly string[] {
  const wan = report.tree.children.filter(
    ({ name, state }) => name === WAN && state !== 'failed' && state !== 'unknown',
  );
  const parts = [...wan.map((node) => ({ path: WAN, node })), ...essentialParts(report)];
  return parts.flatMap(({ path, node }) => workingBelow(node, path));
}

function workingBelow(node: HealthNode, path: string): string[] {
  return [
    ...(works(node) ? [path] : []),
    ...node.children.flatMap((child) => workingBelow(child, `${path}/${child.name}`)),
  ];
}

/** A warning is no reason: a cable that somebody pulls out meanwhile must not undo an update. */
function works({ state }: HealthNode): boolean {
  return state === 'ok' || state === 'warning';
}

/** Why the box may not be updated as it is: the first of its own checks that failed. */
export function ailment(report: HealthReport): string | undefined {
  const ill = essentialParts(report).find(({ node }) => node.state === 'failed');
  if (ill === undefined) return undefined;
  const { path, node } = ill;
  return path.includes('/') ? `${path.replaceAll('/', ' ')}: ${node.reason}` : `${path} ${node.reason}`;
}

/**
 * What worked before and does not now, as one sentence; undefined if all of it does. A check that this version does not have is passed over
 * as long as its group is there: checks get other names. Without memory of before the box's own checks count.
 */
export function shortfall(before: readonly string[] | undefined, now: HealthReport): string | undefined {
  if (before === undefined) return ailment(now);
  const present = new Map(
    now.tree.children.flatMap((group) => nodesBelow(group, '')).map(([path, node]) => [path, node]),
  );
  for (const path of before) {
    const node = present.get(path);
    if (node === undefined && !path.includes('/')) return `There is no ${path} any more`;
    if (node !== undefined && !works(node)) return `${path.replaceAll('/', ' ')}: ${node.reason}`;
  }
  return undefined;
}

function nodesBelow(node: HealthNode, parent: string): [string, HealthNode][] {
  const path = parent === '' ? node.name : `${parent}/${node.name}`;
  return [[path, node], ...node.children.flatMap((child) => nodesBelow(child, path))];
}
