/** One node of the tree of checks; a node below a failed one is `unknown` and says on what it depends. */
export interface HealthNode {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed' | 'unknown';
  readonly reason: string;
  readonly children: readonly HealthNode[];
}

export interface HealthReport {
  readonly ok: boolean;
  /** The first failed check in the order of the tree, or null. */
  readonly firstError: string | null;
  readonly tree: HealthNode;
}
