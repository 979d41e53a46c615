import type { Uplink } from './uplink.ts';
import type { WanAddress, WanMethod, WanPhase } from './wan-state.ts';

type StaticMethod = WanMethod & { kind: 'static' };

/** What the owner's own setting puts on the device. */
export function staticAddress({ address: prefix, gateway, dnsServers }: StaticMethod): WanAddress {
  return { prefix, gateway, dnsServers, routes: [], domain: undefined, searchDomains: [] };
}

/** The owner's own setting; nobody is asked. */
export class StaticUplink implements Uplink {
  readonly method = 'static';
  readonly lease = undefined;
  readonly storeProblem = undefined;
  readonly trouble = undefined;
  readonly conflict = undefined;
  #address: WanAddress | undefined;

  constructor(method: StaticMethod) {
    this.#address = staticAddress(method);
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
