import { Seconds } from '../../base/duration.ts';
import { KernelError, messageOf } from '../../base/errors.ts';
import { type Instant, after, between } from '../../base/instant.ts';
import { tryParseMac } from '../../base/mac.ts';
import { fromUtf8, utf8 } from '../../base/text.ts';
import type { Config } from '../../config/schema.ts';
import { encodeChange } from '../../engine/links/encode-change.ts';
import type { ObservedLink } from '../../engine/links/observed.ts';
import {
  type Chosen,
  type FreePort,
  PORT_ROLES,
  type PortChoice,
  type PortRole,
  choosePorts,
} from '../../engine/ports/choose-ports.ts';
import { macOf, nameChanges, openRoles, unclaimed } from '../../engine/ports/name-changes.ts';
import { placeOf } from '../../io/linux/device-place.ts';
import type { Cancel } from '../../port/clock.ts';
import { type Links, startLinks } from '../../service/links/links.ts';
import { PORTS_FILE } from '../../service/reset/reset.ts';
import { probeOffer } from '../../service/wan/offer-probe.ts';
import type { NetPorts } from './ports.ts';
import { switchOn } from './switch-on.ts';

/** Adapters on USB are found some seconds after what is built in. */
const SECOND_PORT_WITHIN = Seconds(30);
/** A cable's two ends agree within these, or there is nothing at the other. */
const CARRIER_WITHIN = Seconds(6);
/** A port that is known may only be slow or loose: another one takes its place when it has been away for so long. */
const REPLACED_AFTER = Seconds(60);

/** Reasons for which another port may be the right one. */
const GUESSES: ReadonlySet<Chosen['because']> = new Set(['no-answer', 'several-answers']);

export interface PortKeeperParts {
  readonly ports: NetPorts;
  /** The configuration that the owner wants. */
  readonly config: () => Config;
  /** What is being done, for people who wait for the box to start; undefined when it is over. */
  readonly onProgress: (sentence: string | undefined) => void;
  /** What the owner has to do about the ports; undefined when that is nothing. */
  readonly onProblem: (sentence: string | undefined) => void;
  /** What the owner has to know of a choice that may be wrong, or may be another one after the next start. */
  readonly onGuess: (sentence: string) => void;
  /** A port has got its role while the box runs. */
  readonly onNamed: () => Promise<void>;
}

/**
 * Finds out at the first start of a board which network port is the provider's, keeps that, and gives the ports their names at every start. A
 * port that appears later takes the role that is free.
 */
export class PortKeeper {
  readonly #parts: PortKeeperParts;
  #choice: PortChoice = {};
  #awaySince: Instant | undefined;
  #again: Cancel | undefined;
  #turn: Promise<void> = Promise.resolve();
  /** There is one port, and whether another DHCP server answers there. */
  #alone: { readonly answered: boolean } | undefined;

  constructor(parts: PortKeeperParts) {
    this.#parts = parts;
  }

  /**
   * Gives the ports their roles, before any service of the box runs on one. The result is what the box can do with them: all that its
   * configuration wants, or be a host of the office.
   */
  async start(): Promise<Config> {
    const { ports, onProgress } = this.#parts;
    this.#choice = await this.#load();
    let changed: (() => void) | undefined;
    const links = await startLinks(ports.route, ports.clock, {
      onLink: () => changed?.(),
      onSide: () => undefined,
      onMissing: () => undefined,
      onRepair: () => undefined,
      onFailure: () => undefined,
    });
    const look = new PortLook(ports, links, (listener) => (changed = listener));
    try {
      return await this.#name(look);
    } finally {
      links.close();
      onProgress(undefined);
    }
  }

  async #name(look: PortLook): Promise<Config> {
    const config = this.#parts.config();
    const roles = openRoles(config, await look.links());
    if (roles.length > 0 && !isEmpty(this.#choice)) await this.#forgetOtherBoard(config, look);
    if (roles.length > 0 && isEmpty(this.#choice)) {
      this.#parts.onProgress('The network ports are looked for');
      await look.until((links) => unclaimed(config, {}, links).length >= roles.length, SECOND_PORT_WITHIN);
      const free = unclaimed(config, {}, await look.links());
      this.#parts.onProgress(`It is found out which of ${free.length} network ports leads to the provider`);
      await this.#take(choosePorts(roles, await look.probed(free)));
    }
    await this.#rename(roles, await look.links());
    return await this.#possible(look);
  }

  /**
   * A card that is put into another board knows none of its ports. The one that appears first would be the office's by then, and
   * half of the time that is the provider's cable: what leads where is found out as at a first start.
   */
  async #forgetOtherBoard(config: Config, look: PortLook): Promise<void> {
    const { ports, onProgress } = this.#parts;
    const isKnown = (links: readonly ObservedLink[]): boolean =>
      PORT_ROLES.some((role) => this.#isThere(role, links));
    if (isKnown(await look.links())) return;
    onProgress('The network ports are looked for');
    await look.until(isKnown, SECOND_PORT_WITHIN);
    const links = await look.links();
    if (isKnown(links) || unclaimed(config, this.#choice, links).length === 0) return;
    ports.log.logFor('ports').notice('This is another board: none of the ports known is there');
    this.#choice = {};
  }

  /** A single port serves the office as an ordinary host does; where somebody else gives addresses, the box gives none. */
  async #possible(look: PortLook): Promise<Config> {
    const config = this.#parts.config();
    const links = await look.links();
    const [lan] = links.filter((link) => macOf(link) === this.#choice.lan);
    if (!openRoles(config, links).includes('wan') || this.#choice.wan !== undefined || lan === undefined)
      return config;
    const [{ answered } = { answered: false }] = await look.probed([lan]);
    this.#alone = { answered };
    const dhcp = answered ? ' Another DHCP server answers there, so that the box gives no addresses.' : '';
    this.#parts.onProblem(
      `There is only one network port, ${lan.name} (${macOf(lan)}): the box is a host of the office, and has no way to the Internet of its own.${dhcp} Connect a second network adapter: it becomes the provider's port by itself`,
    );
    return this.possible(config);
  }

  /** What the box can do of a configuration with the ports there are: without one for the WAN it is a host of the office. */
  possible(config: Config): Config {
    if (this.#alone === undefined || !openRoles(config, []).includes('wan')) return config;
    const { dhcp } = config;
    return {
      ...config,
      mode: 'lan-only',
      dhcp: { ...dhcp, enabled: dhcp.enabled && !this.#alone.answered },
    };
  }

  /** To be called when devices have changed: gives a port that has come what is missing. */
  follow(links: () => readonly ObservedLink[]): void {
    this.#turn = this.#turn
      .then(() => this.#followNow(links))
      .catch((error: unknown) => this.#parts.onProblem(messageOf(error)));
  }

  async #followNow(links: () => readonly ObservedLink[]): Promise<void> {
    const { clock } = this.#parts.ports;
    const config = this.#parts.config();
    const roles = openRoles(config, links());
    if (roles.length === 0) return;
    // The office first: without a port of its own nobody can look at the box.
    const [role] = roles.toReversed().filter((one) => !this.#isThere(one, links()));
    const [free] = unclaimed(config, this.#choice, links());
    const mac = free === undefined ? undefined : macOf(free);
    this.#awaySince = role === undefined ? undefined : (this.#awaySince ?? clock.now());
    if (role !== undefined && free !== undefined && mac !== undefined && this.#mayReplace(role, links)) {
      const port = { name: free.name, mac, answered: false };
      await this.#take([{ role, port, because: 'only-one-left' }]);
    }
    if (!(await this.#rename(roles, links()))) return;
    this.#awaySince = undefined;
    if (this.#isThere('wan', links())) this.#alone = undefined;
    this.#parts.onProblem(undefined);
    await this.#parts.onNamed();
  }

  #isThere(role: PortRole, links: readonly ObservedLink[]): boolean {
    return this.#choice[role] !== undefined && links.some((link) => macOf(link) === this.#choice[role]);
  }

  /** A role that no port ever had is taken at once. */
  #mayReplace(role: PortRole, links: () => readonly ObservedLink[]): boolean {
    const { clock } = this.#parts.ports;
    const since = this.#awaySince ?? clock.now();
    if (this.#choice[role] === undefined || between(since, clock.now()) >= REPLACED_AFTER) return true;
    this.#again?.cancel();
    this.#again = clock.wake(after(since, REPLACED_AFTER), () => this.follow(links));
    return false;
  }

  async #take(chosen: readonly Chosen[]): Promise<void> {
    const { ports, onGuess } = this.#parts;
    if (chosen.length === 0) return;
    const log = ports.log.logFor('ports');
    const taken = Object.fromEntries(chosen.map(({ role, port }) => [role, port.mac]));
    this.#choice = { ...this.#choice, ...taken };
    for (const one of chosen) log.notice(sentenceOf(one));
    const guess = chosen.find(({ role, because }) => role === 'wan' && GUESSES.has(because));
    if (guess !== undefined) onGuess(sentenceOf(guess));
    await this.#keep();
  }

  /** Ports without a memory are found out again at the next start; a box that did not start would be no better. */
  async #keep(): Promise<void> {
    const { data } = this.#parts.ports;
    try {
      await data.makeDirectory('state');
      await data.replace(PORTS_FILE, utf8(JSON.stringify(this.#choice)));
    } catch (error) {
      this.#parts.onGuess(
        `It is found out again at every start, as which port is which cannot be kept: ${messageOf(error)}`,
      );
    }
  }

  /** Whether there was something to do. */
  async #rename(roles: readonly PortRole[], links: readonly ObservedLink[]): Promise<boolean> {
    const changes = nameChanges(this.#choice, roles, links);
    if (changes.length > 0) await this.#parts.ports.route.transaction(changes.map(encodeChange));
    return changes.length > 0;
  }

  async #load(): Promise<PortChoice> {
    const { data, log } = this.#parts.ports;
    try {
      const bytes = await data.read(PORTS_FILE);
      return bytes === undefined ? {} : choiceOf(JSON.parse(fromUtf8(bytes)));
    } catch (error) {
      log.logFor('ports').warn(`Cannot read which port is which, it is found out again: ${messageOf(error)}`);
      return {};
    }
  }
}

/** The devices before any service follows them. */
class PortLook {
  readonly #ports: NetPorts;
  readonly #links: Links;
  readonly #onChange: (listener: () => void) => void;

  constructor(ports: NetPorts, links: Links, onChange: (listener: () => void) => void) {
    this.#ports = ports;
    this.#links = links;
    this.#onChange = onChange;
  }

  async links(): Promise<readonly ObservedLink[]> {
    return (await this.#links.snapshot()).links;
  }

  /** Waits until the devices are so, or for as long as is given. */
  async until(
    isSo: (links: readonly ObservedLink[]) => boolean,
    patience: typeof CARRIER_WITHIN,
  ): Promise<void> {
    const { clock } = this.#ports;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => void this.links().then((links) => (isSo(links) ? resolve() : undefined), reject);
    const timer = clock.wake(after(clock.now(), patience), resolve);
    this.#onChange(look);
    look();
    await promise.finally(() => timer.cancel());
  }

  /** The ports in the order of the board, and on which a DHCP server answers. Nothing is configured on them. */
  async probed(free: readonly ObservedLink[]): Promise<readonly FreePort[]> {
    const { route, log } = this.#ports;
    await switchOn(free, { route, log: log.logFor('ports') });
    const mine = (links: readonly ObservedLink[]): readonly ObservedLink[] =>
      links.filter(({ index }) => free.some((one) => one.index === index));
    await this.until((links) => mine(links).every(({ carrier }) => carrier), CARRIER_WITHIN);
    const now = mine(await this.links()).toSorted((a, b) => (placeOr(a) < placeOr(b) ? -1 : 1));
    const answers = await Promise.all(now.map((link) => this.#answers(link)));
    return now.flatMap((link, at) => {
      const mac = macOf(link);
      return mac === undefined ? [] : [{ name: link.name, mac, answered: answers[at] ?? false }];
    });
  }

  async #answers({ name, mac, carrier }: ObservedLink): Promise<boolean> {
    const { clock, random, packets, udp, log } = this.#ports;
    if (!carrier || mac === undefined) return false;
    return await probeOffer({ device: name, mac }, { clock, random, packets, udp, log: log.logFor('ports') });
  }
}

/** Virtual ones in the order in which they were made. */
function placeOr({ name, index }: ObservedLink): string {
  try {
    const place = placeOf(name);
    return place.startsWith('2') ? `2 ${String(index).padStart(6, '0')}` : place;
  } catch (error) {
    if (error instanceof KernelError) return '3';
    throw error;
  }
}

function isEmpty(choice: PortChoice): boolean {
  return PORT_ROLES.every((role) => choice[role] === undefined);
}

function choiceOf(value: unknown): PortChoice {
  if (typeof value !== 'object' || value === null) return {};
  const texts = value as Partial<Record<PortRole, unknown>>;
  return Object.fromEntries(
    PORT_ROLES.flatMap((role) => {
      const mac = typeof texts[role] === 'string' ? tryParseMac(texts[role]) : undefined;
      return mac === undefined ? [] : [[role, mac]];
    }),
  );
}

function sentenceOf({ role, port, because }: Chosen): string {
  const where = `The port ${port.name} (${port.mac}) is the ${role === 'wan' ? "provider's" : "office's"}`;
  if (role === 'lan' || because === 'only-one-left') return `${where} from now on`;
  if (because === 'answer') return `${where} from now on: a DHCP server answers there`;
  return because === 'several-answers'
    ? `${where} from now on, as the first of those where a DHCP server answers. If the modem is at another one, change the cables over; the office is to have no DHCP server besides the box`
    : `${where} from now on, as the first of the board: no DHCP server has answered on any. If the modem is at another one, change the cables over, or reset the box with the modem switched on`;
}
