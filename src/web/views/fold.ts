import { html } from 'hono/html';
import type { Html } from './table.ts';

/** What an owner wants to see only when looking for it: closed at first, and left as its reader has put it when the page changes. */
export function fold(title: string, content: Html | readonly Html[]): Html {
  return html`<details aria-label="${title}">
    <summary>${title}</summary>
    ${content}
  </details>`;
}
