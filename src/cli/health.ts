import type { HealthNode, HealthReport } from '../port/health-report.ts';
import { type Command, printEither } from './command.ts';

const MARKS = { ok: 'ok     ', warning: 'WARNING', failed: 'FAILED ', unknown: 'unknown' } as const;

function nodeLines(node: HealthNode, depth: number): string[] {
  const line = `${MARKS[node.state]} ${'  '.repeat(depth)}${node.name}${node.reason === '' ? '' : `: ${node.reason}`}`;
  return [line, ...node.children.flatMap((child) => nodeLines(child, depth + 1))];
}

export const healthCommand: Command = {
  name: 'health',
  usage: 'health [--json]',
  summary: 'the tree of checks with the reason of each',
  words: [0, 0],
  options: { json: false },
  async run(context) {
    printEither(context, await context.api.get<HealthReport>('/api/health'), ({ tree }) =>
      nodeLines(tree, 0).join('\n'),
    );
  },
};
