import { html } from 'hono/html';
import { printable } from '../../base/printable.ts';
import type { HtmlEscapedString } from 'hono/utils/html';

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

export type Row = readonly (string | Html)[];

/** Letters of a cell that stays one line; a longer one takes several before the table is wider than the page. */
const ONE_LINE = 30;

/** Nobody reads a longer text here. */
const MOST_LETTERS = 2000;

/** What a peer may have written, without what turns its writing direction around or cannot be seen. */
export function shown(text: string): string {
  return printable(text, MOST_LETTERS);
}

function contentOf(cell: string | Html): string | Html {
  return typeof cell === 'string' ? shown(cell) : cell;
}

function cellOf(cell: string | Html, heading: string | undefined): Html {
  if (cell === '') return html`<td role="cell"></td>`;
  if (typeof cell === 'string' && cell.length > ONE_LINE)
    return html`<td role="cell" class="long" data-heading="${heading}">${shown(cell)}</td>`;
  return html`<td role="cell" data-heading="${heading}">${contentOf(cell)}</td>`;
}

/**
 * A table that a screen reader announces by its caption; what is too wide scrolls by itself, reachable by keyboard. On a
 * phone the style takes rows apart, each cell with its heading: the roles are there because a browser may see no table then.
 */
export function table(caption: string, headings: readonly string[], rows: readonly Row[]): Html {
  if (rows.length === 0) return html`<p class="none">${caption}: none</p>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${caption}">
    <table role="table">
      <caption>
        ${caption}
      </caption>
      <thead role="rowgroup">
        <tr role="row">
          ${headings.map((heading) => html`<th role="columnheader" scope="col">${heading}</th>`)}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${rows.map(
          ([first = '', ...cells]) =>
            html`<tr role="row">
              <th role="rowheader" scope="row">${contentOf(first)}</th>
              ${cells.map((cell, i) => cellOf(cell, headings[i + 1]))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
