import { html } from 'hono/html';
import type { BoxStatus, LeaseStatus, NameStatus } from '../../port/box.ts';
import type { FirewallView } from '../../port/gate-status.ts';
import type { HealthNode, HealthReport } from '../../port/health-report.ts';
import type { QueueDestination } from '../../port/mail-queue-view.ts';
import { badge } from './badge.ts';
import { firewallSection } from './firewall-section.ts';
import { formatBytes } from '../../base/size.ts';
import { NO_TIME, formatSpan, formatTime } from '../../base/time-text.ts';
import { fold } from './fold.ts';
import { overview } from './overview.ts';
import { type Html, shown, table } from './table.ts';

/** What the page shows at one moment. */
export interface Snapshot {
  readonly status: BoxStatus;
  readonly leases: readonly LeaseStatus[];
  readonly names: readonly NameStatus[];
  readonly health: HealthReport;
  readonly firewall: FirewallView;
  /** Mail for other hosts. */
  readonly waiting: readonly QueueDestination[];
}

function facts(pairs: readonly (readonly [string, string | Html])[]): Html {
  return html`<dl>
    ${pairs.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

function healthItem(node: HealthNode): Html {
  return html`<li>
    ${badge(node.state)}
    <strong>${node.name}</strong
    >${node.reason === '' ? '' : html` <span class="reason">${shown(node.reason)}</span>`}
    ${
      node.children.length === 0
        ? ''
        : html`<ul>
            ${node.children.map(healthItem)}
          </ul>`
    }
  </li>`;
}

function internetFact({ internet }: BoxStatus['wan']): readonly (readonly [string, string])[] {
  return internet === undefined || internet === 'off' ? [] : [['Internet', internet]];
}

function leaseText({ server, expires }: NonNullable<BoxStatus['wan']['lease']>): string {
  const end = formatTime(expires);
  return end === NO_TIME ? `from ${server}` : `from ${server}, ends ${end}`;
}

/** The states of the DHCP client (RFC 2131 figure 5) in which there is an address, and those without it. */
const STATES: Readonly<Record<string, string>> = {
  OFF: 'not used',
  STATIC: 'fixed address',
  BOUND: 'address from the provider',
  RENEWING: 'address from the provider, being renewed',
  REBINDING: 'address from the provider, being renewed from any server',
};

function wanSection({ wan }: BoxStatus): Html {
  const lease = wan.lease;
  return html`<section aria-labelledby="wan">
    <h2 id="wan">Internet</h2>
    ${facts([
      ['Port', `${wan.device}, link ${wan.link}`],
      ['Address', wan.address ?? 'none'],
      ['Router of the provider', wan.gateway ?? 'none'],
      ['State', STATES[wan.state] ?? `asks the provider for an address (${wan.state})`],
      ...internetFact(wan),
      ...(lease === null ? [] : ([['Lease', leaseText(lease)]] as const)),
    ])}
  </section>`;
}

function lanSection({ lan, mode, uptimeMs, version }: BoxStatus): Html {
  return html`<section aria-labelledby="lan">
    <h2 id="lan">Office network</h2>
    ${facts([
      ['Port', lan.devices.map(({ name, link }) => `${name}, link ${link}`).join('; ')],
      ['Address of the box', lan.address],
      [
        'Addresses given out',
        lan.pool === null ? 'none: DHCP is off' : `${lan.pool.first} to ${lan.pool.last}`,
      ],
      ['Mode', mode],
      ['Running for', formatSpan(uptimeMs)],
      ['Version', version],
    ])}
  </section>`;
}

/** `1.2 GiB of 2.0 GiB`; a full mailbox takes nothing more. */
function sizeOf({ octets, quota }: BoxStatus['mailboxes'][number]): string {
  return quota === null ? formatBytes(octets) : `${formatBytes(octets)} of ${formatBytes(quota)}`;
}

function queueFact({ queue }: BoxStatus): Html {
  if (queue === null) return html``;
  const since = queue.oldest === null ? '' : `, the oldest since ${formatTime(queue.oldest)}`;
  const held = queue.held === 0 ? '' : `, ${queue.held} of them held`;
  const what = queue.messages === 0 ? 'none' : `${queue.messages}${held}${since}`;
  return facts([['Messages waiting to be sent', what]]);
}

/** Domains for which mail has waited for longest. A page with hundreds of them is read by nobody, and sent again with every change. */
const MOST_DOMAINS = 20;

function waitingTable(waiting: readonly QueueDestination[]): Html {
  if (waiting.length === 0) return html``;
  const longest = waiting.toSorted((a, b) => Date.parse(a.oldest) - Date.parse(b.oldest));
  const more = waiting.length - MOST_DOMAINS;
  const rows = table(
    'Where mail waits to go',
    ['Domain', 'Messages', 'Oldest', 'Why', 'Next try'],
    longest
      .slice(0, MOST_DOMAINS)
      .map(({ destination, messages, held, oldest, problem, nextTry }) => [
        destination,
        held === 0 ? String(messages) : `${messages}, ${held} of them held`,
        formatTime(oldest),
        problem ?? '',
        nextTry === null ? '' : formatTime(nextTry),
      ]),
  );
  return more <= 0
    ? rows
    : html`${rows}
        <p class="none">Mail waits for ${more} more domains: <code>gatepost mail queue</code> shows all</p>`;
}

/** More are looked up, not watched. */
const MOST_DEVICES = 50;

function leaseTable(leases: readonly LeaseStatus[]): Html {
  const rows = table(
    'Leases',
    ['Address', 'Name', 'MAC', 'State', 'Until'],
    leases.map((l) => [
      l.address,
      l.nameProblem === null ? (l.name ?? '') : `${l.name ?? ''} (${l.nameProblem})`,
      l.mac,
      l.state,
      l.expires === null ? '' : formatTime(l.expires),
    ]),
  );
  return leases.length > MOST_DEVICES ? fold(`All ${leases.length} addresses`, rows) : rows;
}

function tables({ status, leases, firewall, waiting }: Snapshot): Html {
  return html`<section aria-labelledby="devices">
      <h2 id="devices">Devices</h2>
      ${leaseTable(leases)}
    </section>
    <section aria-labelledby="mail">
      <h2 id="mail">Mail</h2>
      ${queueFact(status)} ${waitingTable(waiting)}
      ${table(
        'Mailboxes',
        ['User', 'Messages', 'Size'],
        status.mailboxes.map((m) => [m.user, String(m.messages), sizeOf(m)]),
      )}
    </section>
    ${firewallSection(firewall)}`;
}

/** What is looked up rather than watched. */
function details({ status, names, health }: Snapshot): Html {
  return html`<section aria-labelledby="details">
    <h2 id="details">Details</h2>
    ${fold(
      'All checks',
      html`<ul class="tree">
        ${healthItem(health.tree)}
      </ul>`,
    )}
    ${fold(
      'Names',
      table(
        'Names the box answers for',
        ['Name', 'Type', 'Value', 'Origin'],
        names.map((n) => [n.name, n.type, n.value, n.origin]),
      ),
    )}
    ${fold('Services', [
      table(
        'Services',
        ['Service', 'State', 'Where'],
        status.services.map((s) => [s.name, badge(s.ok ? 'ok' : 'failed'), s.detail]),
      ),
      table(
        'Roles',
        ['Role', 'State', 'Restarts'],
        status.roles.map((r) => [r.name, r.state, String(r.restarts)]),
      ),
    ])}
  </section>`;
}

/** Everything that lives: sent with the page, and again with every change while the page is open. */
export function sections(snapshot: Snapshot): Html {
  return html`${overview(snapshot)}
    <div class="pair">${wanSection(snapshot.status)}${lanSection(snapshot.status)}</div>
    ${tables(snapshot)}${details(snapshot)}`;
}
