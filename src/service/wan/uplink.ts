import type { WanAddress, WanConflict, WanLease, WanLink, WanPhase } from './wan-state.ts';

/** `address`: what is to be configured has changed. `status`: anything else that is shown. */
export type Change = 'address' | 'status';

/** One way to get to an address on the WAN. */
export interface Uplink {
  readonly method: 'static' | 'dhcp';
  readonly phase: WanPhase;
  readonly address: WanAddress | undefined;
  readonly lease: WanLease | undefined;
  readonly storeProblem: string | undefined;
  readonly trouble: string | undefined;
  readonly conflict: WanConflict | undefined;
  linkChanged(link: WanLink): void;
  /** Ends it; with `release` the address is given back to whoever granted it. Afterwards there is no address. */
  stop(release: boolean): Promise<void>;
}
