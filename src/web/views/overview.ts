import { html } from 'hono/html';
import { counted } from '../../base/counted.ts';
import { formatSpan } from '../../base/time-text.ts';
import { type Trouble, troublesOf } from '../../engine/console/advice.ts';
import type { BoxStatus, LeaseStatus } from '../../port/box.ts';
import type { HealthNode, HealthReport } from '../../port/health-report.ts';
import { badge } from './badge.ts';
import { type Html, shown } from './table.ts';

/** What the overview is made of. */
export interface Overview {
  readonly status: BoxStatus;
  readonly leases: readonly LeaseStatus[];
  readonly health: HealthReport;
}

/** Groups of checks under the names they have elsewhere on the page. */
const TITLES: Readonly<Record<string, string>> = { wan: 'Internet', lan: 'Office network', mail: 'Mail' };

const RANK: Readonly<Record<HealthNode['state'], number>> = { ok: 0, unknown: 1, warning: 2, failed: 3 };

function verdict(troubles: readonly Trouble[], { tree }: HealthReport): string {
  const failed = troubles.filter(({ state }) => state === 'failed').length;
  if (failed > 0) return `${counted(failed, 'thing does', 'things do')} not work`;
  if (troubles.length > 0)
    return `Everything works; ${counted(troubles.length, 'thing needs', 'things need')} attention`;
  return tree.state === 'unknown' ? 'Not everything is known yet' : 'Everything works';
}

function troubleItem({ where, reason, advice, state }: Trouble): Html {
  const [, group = ''] = /^(wan|lan|mail)(?: |$)/.exec(where) ?? [];
  return html`<li>
    ${badge(state)}
    <strong>${TITLES[group] ?? where}</strong> <span class="said">${shown(reason)}</span>${
      advice === undefined ? '' : html` <span class="reason">${advice}</span>`
    }
  </li>`;
}

/** Its place stays when it is empty: what lies below moves nowhere, and stays open or marked. */
function troubleSection(troubles: readonly Trouble[]): Html {
  if (troubles.length === 0) return html``;
  return html`<section aria-labelledby="troubles">
    <h2 id="troubles">What is wrong</h2>
    <ul class="tree">
      ${troubles.map(troubleItem)}
    </ul>
  </section>`;
}

interface Tile {
  readonly title: string;
  /** Undefined for what is switched off. */
  readonly node: Pick<HealthNode, 'state' | 'reason'> | undefined;
  /** When all is well. */
  readonly text: string;
}

function tileItem({ title, node, text }: Tile): Html {
  const isBad = node?.state === 'failed' || node?.state === 'warning';
  return html`<li class="${node?.state ?? 'off'}">
    <strong>${title}</strong>
    ${node === undefined ? html`<span class="badge off">off</span>` : badge(node.state)}
    <span class="reason">${isBad ? 'see below' : text}</span>
  </li>`;
}

function tilesOf({ status, leases, health }: Overview): readonly Tile[] {
  const groups = health.tree.children;
  const group = (name: string): HealthNode | undefined => groups.find((node) => node.name === name);
  const own = groups.filter(({ name }) => TITLES[name] === undefined);
  const [worst] = own.toSorted((a, b) => RANK[b.state] - RANK[a.state]);
  const present = leases.filter(({ state }) => state === 'bound').length;
  const waiting = status.queue?.messages ?? 0;
  const boxes = counted(status.mailboxes.length, 'mailbox', 'mailboxes');
  return [
    { title: 'Internet', node: group('wan'), text: status.wan.address ?? 'not used' },
    { title: 'This box', node: worst, text: `running for ${formatSpan(status.uptimeMs)}` },
    {
      title: 'Office network',
      node: group('lan'),
      text: status.lan.pool === null ? status.lan.address : counted(present, 'device'),
    },
    {
      title: 'Mail',
      node: group('mail'),
      text: waiting === 0 ? boxes : `${boxes}, ${counted(waiting, 'message')} to be sent`,
    },
  ];
}

/** What an owner wants to know at a glance: whether all works, along the way from the Internet to the office, and what is wrong and what to do. */
export function overview(seen: Overview): Html {
  const { status, health } = seen;
  const troubles = troublesOf(health);
  const state = troubles[0]?.state ?? (health.tree.state === 'unknown' ? 'unknown' : 'ok');
  return html`<header>
      <h1>${status.name}.${status.domain}</h1>
      <p class="verdict ${state}" role="status">${verdict(troubles, health)}</p>
    </header>
    <ul class="way" aria-label="Overview">
      ${tilesOf(seen).map(tileItem)}
    </ul>
    <div>${troubleSection(troubles)}</div>`;
}
