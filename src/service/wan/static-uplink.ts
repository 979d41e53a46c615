import type { Uplink } from './uplink.ts';
import type { WanAddress, WanMethod, WanPhase } from './wan-state.ts';

/** The owner's own setting; nobody is asked. */
export class StaticUplink implements Uplink {
  readonly method = 'static';
  readonly lease = undefined;
  readonly storeProblem = undefined;
  readonly conflict = undefined;
  #address: WanAddress | undefined;

  constructor(method: WanMethod & { kind: 'static' }) {
    const { address: prefix, gateway, dnsServers } = method;
    this.#address = { prefix, gateway, dnsServers, routes: [], domain: undefined, searchDomains: [] };
  }

  get phase(): WanPhase {
    return this.#address === undefined ? 'STOPPED' : 'STATIC';
  }

  get address(): WanAddress | undefined {
    return this.#address;
  }

  linkChanged(): void {
    // A static address does not depend on the link.
  }

  async stop(): Promise<void> {
    this.#address = undefined;
  }
}
