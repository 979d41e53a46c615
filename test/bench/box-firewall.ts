import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { parseIpv4 } from '../../src/base/ipv4.ts';
import { parsePrefix4 } from '../../src/base/prefix.ts';
import type { FirewallOptions } from '../../src/engine/firewall/options.ts';
import type { Namespace } from '../lab/namespace.ts';
import type { ApplierReport } from './firewall-applier.ts';
import { FIREWALL_WIRE } from './firewall-wire.ts';
import { FIRST_PORT, TARGET_PORT, openWrtRuleset } from './openwrt-ruleset.ts';

const APPLIER = join(import.meta.dirname, 'firewall-applier.ts');

/** The policy of {@link openWrtRuleset} in our words. */
export function ourOptions(forwards: number, changed = -1): FirewallOptions {
  return {
    mode: 'firewall',
    wan: ['wan0'],
    lan: ['lan0', 'lan1'],
    lanNetworks: FIREWALL_WIRE.lanNetworks.map(parsePrefix4),
    lanServices: [],
    publicServices: [],
    forwards: Array.from({ length: forwards }, (_, index) => ({
      name: `forward ${index}`,
      protocol: 'tcp',
      port: { first: FIRST_PORT + index, last: FIRST_PORT + index },
      to: parseIpv4(FIREWALL_WIRE.device),
      toPort: index === changed ? TARGET_PORT + 1 : TARGET_PORT,
      from: [],
      enabled: true,
    })),
    oneToOne: [],
    exposedHost: null,
    blocked: { macs: [], addresses: [] },
    hairpin: true,
    pingFromWan: true,
    logDropped: false,
    offload: [],
  };
}

/** What filters in the box's namespace: nothing, a text loaded by nft, or our own firewall in a process of its own. */
export class BoxFirewall implements Disposable {
  readonly #box: Namespace;
  readonly #child: ChildProcess;
  readonly #reports: AsyncIterator<string>;

  constructor(box: Namespace) {
    this.#box = box;
    const [command = '', ...args] = box.command([
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      APPLIER,
    ]);
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    if (this.#child.stdout === null) throw new Error('Cannot read what the firewall of the bench says');
    this.#reports = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Removes every rule of anybody. */
  async clear(): Promise<void> {
    await this.#tell('teardown');
    await this.#box.output(['nft', 'flush', 'ruleset']);
  }

  async ours(options: FirewallOptions): Promise<ApplierReport> {
    const report = await this.#tell(JSON.stringify(options));
    if (report.reduced.length > 0) throw new Error(`The kernel refuses a part: ${report.reduced.join('; ')}`);
    return report;
  }

  /** Milliseconds that `nft -f` took, from its start to its end. */
  async nft(forwards: number, changed = -1): Promise<number> {
    const path = this.#box.file(`openwrt-${forwards}-${changed}.nft`);
    writeFileSync(path, openWrtRuleset(forwards, changed));
    const begin = performance.now();
    await this.#box.output(['nft', '-f', path]);
    return performance.now() - begin;
  }

  async #tell(line: string): Promise<ApplierReport> {
    this.#child.stdin?.write(`${line}\n`);
    const { done, value } = await this.#reports.next();
    if (done === true) throw new Error('Cannot go on: the firewall of the bench has ended');
    return JSON.parse(value) as ApplierReport;
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}
