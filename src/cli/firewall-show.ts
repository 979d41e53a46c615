import type { DeviceTraffic, FirewallView } from '../port/gate-status.ts';
import { type Command, printEither } from './command.ts';
import { formatTable } from './table.ts';

function viewText({ mode, reduced, lines, devices }: FirewallView): string {
  const table = formatTable([
    ['FROM', 'WHAT IS DONE', 'PACKETS', 'BYTES'],
    ...lines.map(({ source, text, packets, bytes }) => [source, text, count(packets), count(bytes)]),
  ]);
  const missing = reduced.map((part) => `The kernel refused: ${part}`);
  return [`Mode ${mode}`, ...missing, '', table, ...deviceText(devices)].join('\n');
}

function count(value: number | null): string {
  return value === null ? '-' : String(value);
}

function deviceText(devices: readonly DeviceTraffic[]): readonly string[] {
  if (devices.length === 0) return [];
  const heading = ['DEVICE', 'ADDRESS', 'MAC', 'PACKETS UP', 'BYTES UP', 'PACKETS DOWN', 'BYTES DOWN'];
  const rows = devices.map(({ name, address, mac, up, down }) => [
    name ?? '-',
    address,
    mac ?? '-',
    ...[up.packets, up.bytes, down.packets, down.bytes].map(String),
  ]);
  return ['', formatTable([heading, ...rows])];
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
