import { html } from 'hono/html';
import type { DeviceTraffic, FirewallLine, FirewallView } from '../../port/gate-status.ts';
import { counted } from '../../base/counted.ts';
import { formatBytes } from '../../base/size.ts';
import { fold } from './fold.ts';
import { type Html, type Row, table } from './table.ts';

/** An amount with a bar as long as its share of the largest one; the bar is for the eye, the text says it all. */
function amount(bytes: number, largest: number): Html {
  return html`${formatBytes(bytes)}
    <meter min="0" max="${Math.max(largest, 1)}" value="${bytes}" aria-hidden="true"></meter>`;
}

/** Those that used the most; a list of hundreds is read by nobody. */
const MOST_DEVICES = 20;

function deviceRows(devices: readonly DeviceTraffic[]): Row[] {
  const largest = Math.max(0, ...devices.flatMap(({ up, down }) => [up.bytes, down.bytes]));
  return devices
    .toSorted((a, b) => b.up.bytes + b.down.bytes - (a.up.bytes + a.down.bytes))
    .slice(0, MOST_DEVICES)
    .map(({ address, name, up, down }) => [
      name ?? address,
      address,
      amount(down.bytes, largest),
      amount(up.bytes, largest),
    ]);
}

function lineRow({ source, text, packets, bytes }: FirewallLine): Row {
  return [source, text, packets === null ? '' : String(packets), bytes === null ? '' : formatBytes(bytes)];
}

function moreText(more: number): Html {
  return more <= 0
    ? html``
    : html`<p class="none">
        ${counted(more, 'device')} used less: <code>gatepost firewall show</code> shows all
      </p>`;
}

/** What the firewall does, in words, and what each device of the office used. */
export function firewallSection({ lines, devices, reduced }: FirewallView): Html {
  return html`<section aria-labelledby="firewall">
    <h2 id="firewall">Firewall</h2>
    ${reduced.map((reason) => html`<p class="reason">Not in force: ${reason}</p>`)}
    ${table('Internet use by device', ['Device', 'Address', 'Received', 'Sent'], deviceRows(devices))}
    ${moreText(devices.length - MOST_DEVICES)}
    ${fold('What the firewall does', table('Rules', ['Setting', 'What it does', 'Packets', 'Size'], lines.map(lineRow)))}
  </section>`;
}
