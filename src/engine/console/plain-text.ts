/**
 * Text as every screen shows it: printable ASCII. Letters lose their marks, anything else becomes a question mark; the fonts of a text console and
 * the terminals on serial lines agree on no more, and a control character in a name must not move the cursor.
 */
export function plainText(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .replaceAll('ß', 'ss')
    .replaceAll(/\s/g, ' ')
    .replaceAll(/[^ -~]/gu, '?');
}

/** Lines of at most `columns` characters, broken at blanks where there are any. */
export function wrapText(text: string, columns: number): readonly string[] {
  const width = Math.max(1, columns);
  const lines: string[] = [];
  let rest = plainText(text).trim();
  while (rest.length > width) {
    const blank = rest.lastIndexOf(' ', width);
    const cut = blank > 0 ? blank : width;
    lines.push(rest.slice(0, cut).trimEnd());
    rest = rest.slice(cut).trimStart();
  }
  return rest === '' && lines.length > 0 ? lines : [...lines, rest];
}
