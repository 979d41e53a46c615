import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

export type Row = readonly (string | Html)[];

/** Tables of so many columns fit a phone with their lines wrapped. */
const FEW_COLUMNS = 3;

/** A table that a screen reader announces by its caption; wide ones scroll by themselves, reachable by keyboard. */
export function table(caption: string, headings: readonly string[], rows: readonly Row[]): Html {
  if (rows.length === 0) return html`<p class="none">${caption}: none</p>`;
  const width = headings.length <= FEW_COLUMNS ? 'few' : 'many';
  return html`<div class="scroll ${width}" tabindex="0" role="group" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${headings.map((heading) => html`<th scope="col">${heading}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
