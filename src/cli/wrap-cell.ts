import { cellWidth } from './cell-width.ts';

/** A text as lines of at most so many columns, broken at blanks; a word that is longer by itself is left whole, to be copied. */
export function wrapCell(text: string, columns: number): readonly string[] {
  return text.split(' ').reduce<readonly string[]>((lines, word) => {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    return lines.length === 0 || cellWidth(longer) <= columns
      ? [...lines.slice(0, -1), longer]
      : [...lines, word];
  }, []);
}
