// Our firewall as a child of a bench, inside the box's namespace. Each line on its input is the options to apply, or
// "teardown"; each line of its output says what became of it, and how long it took.
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { FirewallOptions } from '../../src/engine/firewall/options.ts';
import { linuxNetlink } from '../../src/io/linux/netlink.ts';
import { NETLINK } from '../../src/port/netlink.ts';
import { startFirewall } from '../../src/service/firewall/firewall.ts';
import { openNetlinkSession } from '../../src/service/netlink-session.ts';

export interface ApplierReport {
  readonly outcome: string;
  readonly reduced: readonly string[];
  readonly milliseconds: number;
  readonly cpuMilliseconds: number;
}

const quiet = (): void => {};
const log = { debug: quiet, info: quiet, notice: quiet, warn: quiet, error: quiet, fatal: quiet };
const session = openNetlinkSession(linuxNetlink, NETLINK.NETFILTER);
const firewall = startFirewall(session, log);

async function carryOut(line: string): Promise<ApplierReport> {
  const cpu = process.cpuUsage();
  const begin = performance.now();
  let result: { outcome: string; reduced: readonly string[] } = { outcome: 'removed', reduced: [] };
  if (line === 'teardown') await firewall.teardown();
  else result = await firewall.apply(JSON.parse(line) as FirewallOptions);
  const milliseconds = performance.now() - begin;
  const { user, system } = process.cpuUsage(cpu);
  return { ...result, milliseconds, cpuMilliseconds: (user + system) / 1000 };
}

for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await carryOut(line))}\n`);
session.close();
