import { printable } from '../base/printable.ts';
import { cellWidth } from './cell-width.ts';
import type { Screen } from './screen.ts';
import { wrapCell } from './wrap-cell.ts';

const GAP = '  ';

/** A longer cell is none that a person reads in a table. */
const MOST_LETTERS = 2000;

/** With less room for the last column its text stays one line. */
const LEAST_ROOM = 20;

const NUMBER = /^\d+(\.\d+)?([KMGT]| [KMGT]iB| bytes?)?$/;

/**
 * Rows of cells as aligned text; the first row is the heading. A column of numbers stands to the right. Where a terminal is too narrow
 * the last column takes several lines. What a peer has written controls no terminal.
 */
export function formatTable(rows: readonly (readonly string[])[], screen?: Screen): string {
  const cells = rows.map((row) => row.map((cell) => printable(cell, MOST_LETTERS)));
  const widths: number[] = [];
  for (const row of cells)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cellWidth(cell));
  const isRight = widths.map((_, at) => isNumeric(cells.slice(1).map((row) => row[at] ?? '')));
  return cells.flatMap((row) => rowLines({ row, widths, isRight }, screen)).join('\n');
}

function isNumeric(column: readonly string[]): boolean {
  return (
    column.some((cell) => NUMBER.test(cell)) &&
    column.every((cell) => cell === '-' || cell === '' || NUMBER.test(cell))
  );
}

interface Aligned {
  readonly row: readonly string[];
  readonly widths: readonly number[];
  readonly isRight: readonly boolean[];
}

function rowLines({ row, widths, isRight }: Aligned, screen: Screen | undefined): readonly string[] {
  const padded = row.map((cell, at) => {
    const blanks = ' '.repeat(Math.max(0, (widths[at] ?? 0) - cellWidth(cell)));
    return isRight[at] === true ? blanks + cell : cell + blanks;
  });
  const indent = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0);
  const room = (screen?.columns ?? Infinity) - indent;
  const last = row.length === widths.length ? row.at(-1) : undefined;
  if (last === undefined || cellWidth(last) <= room || room < LEAST_ROOM) return [padded.join(GAP).trimEnd()];
  const [first = '', ...others] = wrapCell(last, room);
  return [
    [...padded.slice(0, -1), first].join(GAP).trimEnd(),
    ...others.map((line) => ' '.repeat(indent) + line),
  ];
}
