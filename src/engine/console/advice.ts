import type { HealthNode, HealthReport } from '../../port/health-report.ts';

/** Something that is wrong, and what to do. */
export interface Trouble {
  /** `failed` or `warning`. */
  readonly state: HealthNode['state'];
  readonly where: string;
  readonly reason: string;
  readonly advice: string | undefined;
}

/** By the path in the tree of checks; the longest that fits counts. */
const ADVICE: Readonly<Record<string, string>> = {
  'wan/link': "Is the modem on, and its cable in the provider's port of the box?",
  'wan/link/address':
    'Switch the modem off and on. A provider that knows devices by MAC address or VLAN has to be asked.',
  'wan/link/address/gateway': 'Switch the modem off and on; then ask the provider.',
  'wan/link/address/gateway/name servers': 'Look at dns.upstreams of the configuration.',
  'wan/link/address/gateway/name servers/internet': 'Ask the provider.',
  'lan/devices': "Is the office's switch on, and its cable in the office's port of the box?",
  'mail/store': 'Look at the log; restore a backup if mail is damaged.',
  roles: 'It is started again by itself; if that goes on, restart the board.',
};

/** What has failed first in each row of checks, then what the owner should know; in the order of the tree. */
export function troublesOf({ tree }: HealthReport): readonly Trouble[] {
  const all = tree.children.flatMap((group) => below(group, group.name));
  return [
    ...all.filter(({ state }) => state === 'failed'),
    ...all.filter(({ state }) => state === 'warning'),
  ];
}

/** A node of a group has a reason of its own when no node below says it. */
function below(node: HealthNode, path: string): readonly Trouble[] {
  const deeper = node.children.flatMap((child) => below(child, `${path}/${child.name}`));
  if (deeper.length > 0 || (node.state !== 'failed' && node.state !== 'warning')) return deeper;
  const where = path.replace(/^(notices|services|roles)\//, '').replaceAll('/', ' ');
  return [{ where, reason: node.reason, advice: adviceOf(path), state: node.state }];
}

function adviceOf(path: string): string | undefined {
  const fitting = Object.keys(ADVICE).filter((key) => path === key || path.startsWith(`${key}/`));
  const [longest] = fitting.toSorted((a, b) => b.length - a.length);
  return longest === undefined ? undefined : ADVICE[longest];
}
