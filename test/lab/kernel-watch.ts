import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';
import { waitFor } from './wait-for.ts';

// A monitor says nothing when it begins to listen, so the first mark may be missed.
const MARK_PATIENCE = 1000;

/** Sees by the reference tools what changes in the kernel: devices, addresses, routes and nftables. */
export class KernelWatch {
  readonly #namespace: Namespace;
  readonly #links: Program;
  readonly #rules: Program;
  /** Number of the mark, a change of our own that shows that both are listening, and where the watch ends. */
  #mark = 0;
  #linksFrom = 0;
  #rulesFrom = 0;

  private constructor(namespace: Namespace) {
    this.#namespace = namespace;
    this.#links = namespace.start('ip-monitor', ['ip', 'monitor', 'link', 'address', 'route', 'rule']);
    this.#rules = namespace.start('nft-monitor', ['nft', 'monitor']);
  }

  static async start(namespace: Namespace): Promise<KernelWatch> {
    // The kernel makes link-local addresses by itself and needs seconds to see that nobody else has them.
    const settled = async (): Promise<boolean> =>
      (await namespace.ip('-6', 'addr', 'show', 'tentative')) === '';
    await waitFor('the end of duplicate address detection', settled);
    const watch = new KernelWatch(namespace);
    await waitFor('both monitors', () => watch.#begin());
    watch.#linksFrom = watch.#links.log.end();
    watch.#rulesFrom = watch.#rules.log.end();
    return watch;
  }

  /** Ends the watch; a line for each change since its start. */
  async changes(): Promise<readonly string[]> {
    const [links, rules] = [this.#links, this.#rules];
    await this.#change('delete');
    await links.log.line(new RegExp(`Deleted .*${this.#address}/`), { from: this.#linksFrom });
    await rules.log.line(new RegExp(`delete table inet ${this.#table}$`, 'm'), { from: this.#rulesFrom });
    await Promise.all([links.stop(), rules.stop()]);
    const text = `${links.log.text().slice(this.#linksFrom)}\n${rules.log.text().slice(this.#rulesFrom)}`;
    const others = new RegExp(`127\\.77\\.77\\.|watch-mark|# new generation|^ +valid_lft`);
    return text.split('\n').filter((line) => line.trim() !== '' && !others.test(line));
  }

  get #address(): string {
    return `127.77.77.${this.#mark}`;
  }

  get #table(): string {
    return `watch-mark-${this.#mark}`;
  }

  async #begin(): Promise<boolean> {
    this.#mark += 1;
    await this.#change('add');
    try {
      await this.#links.line(new RegExp(`${this.#address}/`), MARK_PATIENCE);
      await this.#rules.line(new RegExp(`${this.#table}$`, 'm'), MARK_PATIENCE);
      return true;
    } catch {
      await this.#change('delete');
      return false;
    }
  }

  async #change(verb: 'add' | 'delete'): Promise<void> {
    await this.#namespace.ip('addr', verb, `${this.#address}/32`, 'dev', 'lo');
    await this.#namespace.output(['nft', verb, 'table', 'inet', this.#table]);
  }
}
