import { html } from 'hono/html';
import type { HealthNode } from '../../port/health-report.ts';
import type { Html } from './table.ts';

const STATE_WORDS = { ok: 'works', warning: 'attention', failed: 'failed', unknown: 'not known' } as const;

/** State is said in words, not by colour alone. */
export function badge(state: HealthNode['state']): Html {
  return html`<span class="badge ${state}">${STATE_WORDS[state]}</span>`;
}
