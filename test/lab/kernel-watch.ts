import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';
import { waitFor } from './wait-for.ts';

// Changes of our own, which show that both monitors are listening, and where what lies between begins and ends.
const MARK_ADDRESS = '127.77.77.77';
const MARK_TABLE = 'watch-mark';

/** Sees by the reference tools what changes in the kernel: devices, addresses, routes and nftables. */
export class KernelWatch {
  readonly #namespace: Namespace;
  readonly #links: Program;
  readonly #rules: Program;
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
    await namespace.ip('addr', 'add', `${MARK_ADDRESS}/32`, 'dev', 'lo');
    await namespace.output(['nft', 'add', 'table', 'inet', MARK_TABLE]);
    await watch.#links.line(new RegExp(MARK_ADDRESS));
    await watch.#rules.line(new RegExp(MARK_TABLE));
    watch.#linksFrom = watch.#links.log.end();
    watch.#rulesFrom = watch.#rules.log.end();
    return watch;
  }

  /** Ends the watch; a line for each change since its start. */
  async changes(): Promise<readonly string[]> {
    const [links, rules] = [this.#links, this.#rules];
    await this.#namespace.ip('addr', 'del', `${MARK_ADDRESS}/32`, 'dev', 'lo');
    await this.#namespace.output(['nft', 'delete', 'table', 'inet', MARK_TABLE]);
    await links.log.line(new RegExp(`Deleted .*${MARK_ADDRESS}`), { from: this.#linksFrom });
    await rules.log.line(new RegExp(`delete table inet ${MARK_TABLE}`), { from: this.#rulesFrom });
    await Promise.all([links.stop(), rules.stop()]);
    const text = `${links.log.text().slice(this.#linksFrom)}\n${rules.log.text().slice(this.#rulesFrom)}`;
    const others = new RegExp(`${MARK_ADDRESS}|${MARK_TABLE}|# new generation|^ +valid_lft`);
    return text.split('\n').filter((line) => line.trim() !== '' && !others.test(line));
  }
}
