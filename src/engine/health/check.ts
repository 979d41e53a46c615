import type { HealthNode, HealthReport } from '../../port/health-report.ts';

/** What one check found; the reason says it in one sentence, also when all is well. */
export interface Finding {
  readonly state: HealthNode['state'];
  readonly reason: string;
}

/** A check, and those that make sense only if it is well. */
export interface Check {
  readonly name: string;
  readonly finding: Finding;
  readonly dependents?: readonly Check[];
}

export const ok = (reason: string): Finding => ({ state: 'ok', reason });
export const warning = (reason: string): Finding => ({ state: 'warning', reason });
export const failed = (reason: string): Finding => ({ state: 'failed', reason });
export const unknown = (reason: string): Finding => ({ state: 'unknown', reason });

/**
 * A check with everything below it. Below a failed one nothing was really examined: whatever it found, it says
 * on what it depends. So the one cause is told once, and not as many failures as there are consequences.
 */
export function nodeOf(check: Check): HealthNode {
  const { name, finding, dependents = [] } = check;
  const children = dependents.map((one) =>
    finding.state === 'failed' ? nodeOf(blocked(one, name)) : nodeOf(one),
  );
  return { name, ...finding, children };
}

function blocked(check: Check, cause: string): Check {
  const dependents = (check.dependents ?? []).map((one) => blocked(one, cause));
  return { name: check.name, finding: unknown(`Not checked: dependency "${cause}" failed`), dependents };
}

const RANK: Readonly<Record<HealthNode['state'], number>> = { ok: 0, unknown: 1, warning: 2, failed: 3 };

/** A node that stands for its children: as bad as the worst of them, anywhere below. */
export function groupOf(name: string, children: readonly HealthNode[]): HealthNode {
  const worst = children
    .flatMap(flatten)
    .reduce<HealthNode | undefined>(
      (a, b) => (a === undefined || RANK[b.state] > RANK[a.state] ? b : a),
      undefined,
    );
  if (worst === undefined || worst.state === 'ok')
    return { name, state: 'ok', reason: 'All is well', children };
  return { name, state: worst.state, reason: `${worst.name}: ${worst.reason}`, children };
}

/** The node and all below it, each before its children. */
function flatten(node: HealthNode): HealthNode[] {
  return [node, ...node.children.flatMap(flatten)];
}

/** The report of a tree of groups: the first error is that of the first group with a failed check, `wan gateway: ...`. */
export function reportOf(tree: HealthNode): HealthReport {
  const group = tree.children.find((node) => node.state === 'failed');
  const firstError = group === undefined ? null : `${group.name} ${group.reason}`;
  return { ok: group === undefined, firstError, tree };
}
