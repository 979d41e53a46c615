import { type Duration, formatDuration, Minutes, Seconds } from '../../base/duration.ts';
import { messageOf, unreachable } from '../../base/errors.ts';
import { after, between, type Instant } from '../../base/instant.ts';
import { formatIpv4, type Ipv4 } from '../../base/ipv4.ts';
import { type Mac, ZERO_MAC } from '../../base/mac.ts';
import { formatPrefix4 } from '../../base/prefix.ts';
import { isSameBinding } from '../../engine/dhcp4-client/binding.ts';
import { clientIdOf } from '../../engine/dhcp4-client/client-id.ts';
import { watchedAddress } from '../../engine/dhcp4-client/conflict.ts';
import {
  type Effect,
  type Event,
  INITIAL,
  type Lease,
  type Phase,
  type State,
} from '../../engine/dhcp4-client/state.ts';
import { stepClient } from '../../engine/dhcp4-client/step.ts';
import type { Cancel } from '../../port/clock.ts';
import { ArpWatch } from './arp-watch.ts';
import { DhcpTransport } from './dhcp-transport.ts';
import { LeaseStore } from './lease-store.ts';
import { LeaseTerm } from './lease-term.ts';
import type { Change, Uplink } from './uplink.ts';
import type { WanAddress, WanConflict, WanLease, WanLink, WanPhase, WanPorts } from './wan-state.ts';

/** After this the packet socket is opened again if the kernel refused it on a device that is up. */
const OPEN_RETRY: Duration = Seconds(5);
/** A conflict is told so long after the last packet that showed it: no packet shows its end. */
const CONFLICT_SHOWN: Duration = Minutes(10);

const PHASES: Readonly<Record<Phase['kind'], WanPhase>> = {
  stopped: 'STOPPED',
  linkDown: 'LINK-DOWN',
  init: 'INIT',
  selecting: 'SELECTING',
  requesting: 'REQUESTING',
  rebooting: 'REBOOTING',
  checking: 'CHECKING',
  bound: 'BOUND',
  renewing: 'RENEWING',
  rebinding: 'REBINDING',
};

/** In the client's options while the device is missing; nothing is sent then. */
const NO_MAC = ZERO_MAC;

export interface DhcpUplinkOptions {
  readonly device: string;
  readonly hostName: string | undefined;
  readonly onChange: (change: Change) => void;
}

/** The DHCP client at work: the engine, its clock, its packets and its small file. */
export class DhcpUplink implements Uplink {
  readonly method = 'dhcp';
  readonly #options: DhcpUplinkOptions;
  readonly #ports: WanPorts;
  readonly #store: LeaseStore;
  readonly #term: LeaseTerm;
  readonly #transport: DhcpTransport;
  readonly #arp: ArpWatch;
  #state: State = INITIAL;
  #mac: Mac = NO_MAC;
  #wake: Cancel | undefined;
  #retry: Cancel | undefined;
  #isStopped = false;
  #granted: { readonly at: Instant; readonly took: Duration } | undefined;
  #unicasts: Promise<void> = Promise.resolve();

  constructor(options: DhcpUplinkOptions, ports: WanPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#store = new LeaseStore(ports, () => options.onChange('status'));
    this.#term = new LeaseTerm(ports);
    this.#transport = new DhcpTransport(options.device, ports, (message, from) =>
      this.#fire({ kind: 'message', message, from }),
    );
    this.#arp = new ArpWatch(options.device, ports, (message) => this.#fire({ kind: 'arp', message }));
  }

  /**
   * `configured`: what the kernel has on the device; a saved lease of such an address is used from the first moment.
   * `linkOfNow`: the carrier may come or go while the file is read.
   */
  async start(linkOfNow: () => WanLink, configured: readonly Ipv4[]): Promise<void> {
    const saved = await this.#store.load();
    const adopt = saved !== undefined && configured.includes(saved.address.address);
    const remaining = adopt ? await this.#term.remaining(saved.address.address) : undefined;
    const link = linkOfNow();
    this.#mac = link.mac ?? NO_MAC;
    this.#fire({ kind: 'start', linkUp: false, saved, adopt, remaining });
    this.linkChanged(link);
  }

  get phase(): WanPhase {
    return PHASES[this.#state.phase.kind];
  }

  get address(): WanAddress | undefined {
    const binding = this.#state.phase.lease?.binding;
    if (binding === undefined) return undefined;
    const { address: prefix, gateway, routes, dnsServers, domain, searchDomains } = binding;
    return { prefix, gateway, routes, dnsServers, domain, searchDomains };
  }

  get lease(): WanLease | undefined {
    const { lease } = this.#state.phase;
    if (lease === undefined || this.#granted === undefined) return undefined;
    // Wall times are made from the monotonic ones when asked: the box may have learnt the time since.
    const { clock } = this.#ports;
    const [now, wall] = [clock.now(), clock.wallTime()];
    const { at, took } = this.#granted;
    const endless = lease.expiresAt === Infinity;
    return {
      server: lease.binding.server,
      obtained: after(wall, between(now, at)),
      took,
      expires: endless ? undefined : after(wall, between(now, lease.expiresAt)),
    };
  }

  get storeProblem(): string | undefined {
    return this.#store.problem;
  }

  get trouble(): string | undefined {
    return this.#state.trouble;
  }

  get conflict(): WanConflict | undefined {
    const { conflict } = this.#state;
    if (conflict === undefined) return undefined;
    const isOver = this.#ports.clock.now() >= after(conflict.at, CONFLICT_SHOWN);
    return isOver ? undefined : { address: conflict.address, mac: conflict.mac };
  }

  linkChanged(link: WanLink): void {
    if (this.#isStopped) return;
    this.#retry?.cancel();
    if (link.mac !== undefined && link.mac !== this.#mac) this.#becomeAnother(link.mac);
    if (link.up && link.mac !== undefined) {
      // A device that came back needs another socket.
      if (this.#state.phase.kind === 'linkDown') void this.#open();
      return;
    }
    this.#transport.close();
    this.#fire({ kind: 'link', up: false });
  }

  /** Another MAC address is another client (RFC 2131 section 4.2): what was granted to the one before is not its own. */
  #becomeAnother(mac: Mac): void {
    const isFirst = this.#mac === NO_MAC;
    const had = this.#state.phase.lease !== undefined;
    if (!isFirst) {
      this.#transport.close();
      this.#fire({ kind: 'link', up: false });
      this.#fire({ kind: 'stop', release: true });
    }
    this.#mac = mac;
    if (!isFirst) this.#fire({ kind: 'start', linkUp: false, saved: undefined, adopt: false });
    if (had && !isFirst) this.#options.onChange('address');
  }

  async stop(release: boolean): Promise<void> {
    this.#isStopped = true;
    this.#retry?.cancel();
    this.#fire({ kind: 'stop', release });
    await this.#unicasts;
    this.#transport.close();
    this.#arp.close();
    await this.#store.settled();
    await this.#term.settled();
  }

  async #open(): Promise<void> {
    const { clock, log } = this.#ports;
    try {
      if (await this.#transport.open()) this.#fire({ kind: 'link', up: true });
    } catch (error) {
      if (this.#isStopped) return;
      log.error(`Cannot ask for an address on ${this.#options.device}: ${messageOf(error)}`);
      this.#retry?.cancel();
      this.#retry = clock.wake(after(clock.now(), OPEN_RETRY), () => void this.#open());
    }
  }

  #fire(event: Event): void {
    const { clock, random } = this.#ports;
    const before = this.#state;
    const { state, effects } = stepClient(this.#state, event, {
      now: clock.now(),
      random: (limit) => random.below(limit),
      options: {
        mac: this.#mac,
        clientId: clientIdOf(this.#mac),
        hostName: this.#options.hostName,
      },
    });
    this.#state = state;
    this.#wake?.cancel();
    this.#arp.watch(state.phase.kind === 'linkDown' ? undefined : watchedAddress(state));
    for (const effect of effects) this.#carryOut(effect);
    this.#tell(before, state);
  }

  #tell(before: State, now: State): void {
    // A released address is reported when its release is on the way: it must not be taken off the device before.
    if (now.phase.kind === 'stopped') return;
    if (!isSameLease(before.phase.lease, now.phase.lease)) this.#options.onChange('address');
    else if (before.phase !== now.phase || before.conflict?.mac !== now.conflict?.mac) {
      this.#options.onChange('status');
    }
  }

  #carryOut(effect: Effect): void {
    const { clock, log } = this.#ports;
    switch (effect.kind) {
      case 'broadcast':
        return this.#transport.broadcast(effect.message, effect.source);
      case 'unicast':
        this.#unicasts = this.#transport.unicast(effect.message, effect.source, effect.server);
        return;
      case 'arp':
        return this.#arp.send(effect.purpose, effect.address, this.#mac);
      case 'configure':
        return this.#configured(effect);
      case 'unconfigure':
        this.#granted = undefined;
        return log.notice(`The WAN address is given up: ${effect.reason}`);
      case 'saveLease':
        return this.#store.save(effect.binding);
      case 'forgetLease':
        return this.#store.forget();
      case 'report':
        return log.warn(effect.text);
      case 'wake':
        this.#wake = clock.wake(effect.at, () => this.#fire({ kind: 'wake' }));
        return;
      default:
        return unreachable(effect);
    }
  }

  #configured(effect: Effect & { kind: 'configure' }): void {
    const { lease, origin, took } = effect;
    if (origin !== 'adopted') this.#term.note(lease);
    const { log, clock } = this.#ports;
    const { address, server } = lease.binding;
    const text = `The WAN address ${formatPrefix4(address)} of the server ${formatIpv4(server)} is ours (${origin})`;
    if (origin === 'renewed' || origin === 'rebound') {
      log.info(text);
      this.#granted ??= { at: clock.now(), took };
      return;
    }
    log.notice(`${text}, after ${formatDuration(took)}`);
    this.#granted = { at: clock.now(), took };
  }
}

/** Whether both want the same configured; the times may differ. */
function isSameLease(a: Lease | undefined, b: Lease | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return isSameBinding(a.binding, b.binding);
}
