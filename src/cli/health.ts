import type { HealthNode, HealthReport } from '../port/health-report.ts';
import { type Command, printEither } from './command.ts';
import type { Screen } from './screen.ts';
import { formatTable } from './table.ts';

const MARKS = { ok: 'ok', warning: 'WARNING', failed: 'FAILED', unknown: 'unknown' } as const;
const WIDEST_MARK = Math.max(...Object.values(MARKS).map(({ length }) => length));

/** A group gives the reason of the worst check in it, which comes anyway. */
function isRepeated(reason: string, { children }: Pick<HealthNode, 'children'>): boolean {
  return children.some((child) => reason === `${child.name}: ${child.reason}` || isRepeated(reason, child));
}

/** The words of a reason that does not fit stand below one another, as far in as its node. */
function nodeLines(node: HealthNode, depth: number, screen: Screen): string[] {
  const mark = `${MARKS[node.state].padEnd(WIDEST_MARK)}${'  '.repeat(depth)}`;
  const isSaid = node.reason !== '' && !isRepeated(node.reason, node);
  const text = isSaid ? `${node.name}: ${node.reason}` : node.name;
  const line = formatTable([[mark, text]], screen);
  return [line, ...node.children.flatMap((child) => nodeLines(child, depth + 1, screen))];
}

export const healthCommand: Command = {
  name: 'health',
  usage: 'health [--json]',
  summary: 'the tree of checks with the reason of each',
  words: [0, 0],
  options: { json: false },
  async run(context) {
    printEither(context, await context.api.get<HealthReport>('/api/health'), ({ tree }, screen) =>
      nodeLines(tree, 0, screen).join('\n'),
    );
  },
};
