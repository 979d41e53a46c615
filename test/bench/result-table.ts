import type { Figure } from './figure.ts';
import { median } from './median.ts';

const GAP = '   ';

/** The results as text: figure, ours, each peer, ratio of ours to the best peer; medians throughout. */
export function resultTable(figures: readonly Figure[]): string {
  const header = ['bench', 'figure', 'gatepost', 'peer', '', 'ratio'];
  const rows = figures.flatMap(figureRows);
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd();
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function figureRows(figure: Figure): string[][] {
  const ours = median(figure.ours);
  const peers = Object.entries(figure.peers);
  if (peers.length === 0) peers.push(['none', []]);
  return peers.map(([peer, values], index) => {
    const theirs = median(values);
    return [
      index === 0 ? figure.bench : '',
      index === 0 ? figure.name : '',
      index === 0 ? quantity(ours, figure.unit) : '',
      peer,
      quantity(theirs, figure.unit),
      ratio(ours, theirs),
    ];
  });
}

function quantity(value: number, unit: string): string {
  if (Number.isNaN(value)) return 'not run';
  return `${value.toLocaleString('en', { maximumSignificantDigits: 3, useGrouping: false })} ${unit}`;
}

function ratio(ours: number, theirs: number): string {
  return Number.isNaN(ours / theirs) ? '' : (ours / theirs).toFixed(2);
}
