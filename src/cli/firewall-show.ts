import { formatBytes } from '../base/size.ts';
import type { DeviceTraffic, FirewallView } from '../port/gate-status.ts';
import { type Command, printEither } from './command.ts';
import type { Screen } from './screen.ts';
import { formatTable } from './table.ts';

function viewText({ mode, reduced, lines, devices }: FirewallView, screen: Screen): string {
  const rows = lines.map(({ source, text, packets, bytes }) => [
    source,
    packets === null ? '-' : String(packets),
    bytes === null ? '-' : formatBytes(bytes),
    text,
  ]);
  const table = formatTable([['SETTING', 'PACKETS', 'SIZE', 'WHAT IT DOES'], ...rows], screen);
  const missing = reduced.map((part) => `The kernel refused: ${part}`);
  return [`Mode ${mode}`, ...missing, '', table, '', deviceText(devices, screen)].join('\n');
}

function deviceText(devices: readonly DeviceTraffic[], screen: Screen): string {
  if (devices.length === 0) return 'No LAN device has used the Internet yet.';
  const heading = ['DEVICE', 'ADDRESS', 'MAC', 'SENT', 'PACKETS', 'RECEIVED', 'PACKETS'];
  const rows = devices.map(({ name, address, mac, up, down }) => [
    name ?? '-',
    address,
    mac ?? '-',
    formatBytes(up.bytes),
    String(up.packets),
    formatBytes(down.bytes),
    String(down.packets),
  ]);
  return formatTable([heading, ...rows], screen);
}

export const firewallShowCommand: Command = {
  name: 'firewall show',
  usage: 'firewall show [--json]',
  summary: 'what the firewall does, line by line of the configuration, and what it counted',
  words: [0, 0],
  options: { json: false },
  async run(context) {
    printEither(context, await context.api.get<FirewallView>('/api/firewall'), viewText);
  },
};
