import { NF_INET, NFT_VERDICT } from '../../../wire/nftables/constants.ts';
import { NF_CT_STATE } from '../../../wire/nftables/expression/ct.ts';
import { PRIORITY, type Ruleset, type RulesetChain, type RulesetSet } from '../ruleset.ts';
import { answerTo } from './answer.ts';
import { type ChainEnd, ChainRun, type Step } from './chain.ts';
import type { Outcome, Refusal } from './outcome.ts';
import {
  type Arrival,
  type Ends,
  type Packet,
  endsOf,
  isSamePlace,
  withDestination,
  withSource,
} from './packet.ts';
import type { Marks } from './passage.ts';
import { type Surroundings, hopTo } from './surroundings.ts';
import { NOT_TRACKED, type Tracking, track, translated, translationOf } from './tracking.ts';
import { type Way, wayOf } from './way.ts';

export type JudgedVerdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Who decided: a rule with the rules that led to its chain, the policy of a base chain, or routing. */
export type Decision =
  | { readonly by: 'rule'; readonly step: Step; readonly path: readonly Step[] }
  | { readonly by: 'policy'; readonly chain: string }
  | { readonly by: 'routing'; readonly reason: string };

/** What happens to a packet and why. */
export interface Judgement {
  readonly verdict: JudgedVerdict;
  readonly way: 'input' | 'forward' | 'output';
  /** Null for a packet to the box, and for one that routing sends nowhere. */
  readonly outDevice: string | null;
  /** The packet's ends after all translation, as the receiver sees them. */
  readonly ends: Ends;
  readonly decision: Decision;
  /** The rule that gave the connection another destination or source. */
  readonly destinationBy: Step | null;
  readonly sourceBy: Step | null;
  /** Every rule that matched, in order. */
  readonly trace: readonly Step[];
}

/** NF_IP_PRI_CONNTRACK: where the packet is given to its connection. */
const CONNTRACK_PRIORITY = -200;

type HookEnd = Pick<Judgement, 'verdict' | 'decision'>;

/**
 * What the kernel would do with a packet under a ruleset: the base chains by hook and priority, connection tracking,
 * translation and routing between them. Limits are taken not to be exceeded, sets that rules fill to have room and
 * to be empty, and neighbours to answer.
 */
export function evaluate(ruleset: Ruleset, arrival: Arrival, surroundings: Surroundings): Judgement {
  return new Walk(ruleset, arrival, surroundings).run();
}

class Walk {
  readonly #ruleset: Ruleset;
  readonly #chains: ReadonlyMap<string, RulesetChain>;
  readonly #sets: ReadonlyMap<string, RulesetSet>;
  readonly #isTranslating: boolean;
  readonly #surroundings: Surroundings;
  readonly #arrival: Arrival;
  readonly #marks: Marks = { packet: 0, connection: 0 };
  readonly #trace: Step[] = [];
  #packet: Packet;
  #tracking: Tracking = NOT_TRACKED;
  #destinationBy: Step | null = null;
  #sourceBy: Step | null = null;
  /** The last decision of a base chain of filters, which stands if no other drops the packet. */
  #decision: Decision = { by: 'routing', reason: 'no rule is there' };

  constructor(ruleset: Ruleset, arrival: Arrival, surroundings: Surroundings) {
    this.#ruleset = ruleset;
    this.#chains = new Map(ruleset.chains.map((chain) => [chain.name, chain]));
    this.#sets = new Map(ruleset.sets.map((set) => [set.name, set]));
    this.#isTranslating = ruleset.chains.some(({ base }) => base?.type === 'nat');
    this.#surroundings = surroundings;
    this.#arrival = arrival;
    this.#packet = arrival.packet;
  }

  run(): Judgement {
    const { inDevice } = this.#arrival;
    return inDevice === null ? this.#send() : this.#receive(inDevice);
  }

  #receive(inDevice: string): Judgement {
    const early = this.#meet(NF_INET.PRE_ROUTING, null);
    const way = wayOf(this.#surroundings, this.#packet, inDevice);
    if (early !== undefined) return this.#judge(way, early);
    switch (way.kind) {
      case 'nowhere':
        return this.#judge(way, lost(way));
      case 'input':
        return this.#judge(way, this.#meet(NF_INET.LOCAL_IN, null));
      case 'forward':
      default: {
        const { device } = way.hop;
        return this.#judge(
          way,
          this.#meet(NF_INET.FORWARD, device) ?? this.#meet(NF_INET.POST_ROUTING, device),
        );
      }
    }
  }

  /** A packet of the box itself. */
  #send(): Judgement {
    const hop = hopTo(this.#surroundings, this.#packet.destination);
    if (hop === undefined) {
      const reason = 'there is no route to that address';
      return this.#judge(undefined, lost({ kind: 'nowhere', reason, refusal: null }));
    }
    const { device } = hop;
    const end = this.#meet(NF_INET.LOCAL_OUT, device) ?? this.#meet(NF_INET.POST_ROUTING, device);
    return { ...this.#judge(undefined, end), outDevice: device };
  }

  #judge(way: Way | undefined, end: HookEnd | undefined): Judgement {
    const told = end === undefined ? undefined : (this.#silence(end) ?? end);
    const { verdict, decision } = told ?? { verdict: { kind: 'accepted' }, decision: this.#decision };
    return {
      verdict,
      way: way === undefined ? 'output' : way.kind === 'input' ? 'input' : 'forward',
      outDevice: way?.kind === 'forward' ? way.hop.device : null,
      ends: endsOf(this.#packet),
      decision,
      destinationBy: this.#destinationBy,
      sourceBy: this.#sourceBy,
      trace: this.#trace,
    };
  }

  /** What keeps the answer of a refusal from leaving, so that the packet is as good as dropped. */
  #silence({ verdict }: HookEnd): HookEnd | undefined {
    if (verdict.kind !== 'refused') return undefined;
    const refused = { packet: this.#packet, tracking: this.#tracking };
    const answer = answerTo(refused, verdict.refusal, this.#surroundings);
    if (answer === undefined) return undefined;
    const { packet, tracking, outDevice } = answer;
    const arrival: Arrival = { packet, inDevice: null, connection: { state: 'new' } };
    const walk = new Walk(this.#ruleset, arrival, this.#surroundings);
    walk.#tracking = tracking;
    const end = walk.#filterAll(NF_INET.LOCAL_OUT, outDevice);
    if (end === undefined) return undefined;
    this.#trace.push(...walk.#trace);
    // An error or a reset is never answered itself.
    return { ...end, verdict: { kind: 'dropped' } };
  }

  #filterAll(hook: number, outDevice: string | null): HookEnd | undefined {
    const chains = [...this.#chains.values()].filter(
      ({ base }) => base?.hook === hook && base.type === 'filter',
    );
    for (const chain of chains) {
      const end = this.#filter(chain, hook, outDevice);
      if (end !== undefined) return end;
    }
    return undefined;
  }

  /** One hook: what hangs there by priority, until something ends the packet. */
  #meet(hook: number, outDevice: string | null): HookEnd | undefined {
    const base = [...this.#chains.values()].filter((chain) => chain.base?.hook === hook);
    const filters = base
      .filter((chain) => chain.base?.type === 'filter')
      .map((chain) => ({
        priority: chain.base?.priority ?? 0,
        pass: () => this.#filter(chain, hook, outDevice),
      }));
    const stations = [...filters, ...this.#ownStations(hook, outDevice, base)];
    for (const station of stations.toSorted((a, b) => a.priority - b.priority)) {
      const end = station.pass();
      if (end !== undefined) return end;
    }
    return undefined;
  }

  /** Connection tracking at the two beginnings of a packet's way, and translation at every hook. */
  #ownStations(
    hook: number,
    outDevice: string | null,
    base: readonly RulesetChain[],
  ): { readonly priority: number; pass(): HookEnd | undefined }[] {
    const isFirst = hook === NF_INET.PRE_ROUTING || hook === NF_INET.LOCAL_OUT;
    const chains = base.filter((chain) => chain.base?.type === 'nat');
    const nat = {
      priority: isFirst ? PRIORITY.DSTNAT : PRIORITY.SRCNAT,
      pass: () => this.#translate(chains, hook, outDevice),
    };
    if (hook === NF_INET.FORWARD) return [];
    return isFirst ? [{ priority: CONNTRACK_PRIORITY, pass: () => this.#track() }, nat] : [nat];
  }

  #track(): undefined {
    this.#tracking = track(this.#arrival);
  }

  #runChain(chain: RulesetChain, hook: number, outDevice: string | null): ChainEnd {
    const run = new ChainRun(this.#chains, {
      surroundings: this.#surroundings,
      sets: this.#sets,
      packet: this.#packet,
      tracking: this.#tracking,
      hook,
      inDevice: this.#arrival.inDevice,
      outDevice,
      marks: this.#marks,
    });
    const end = run.run(chain);
    this.#trace.push(...end.steps);
    return end;
  }

  #filter(chain: RulesetChain, hook: number, outDevice: string | null): HookEnd | undefined {
    const end = this.#runChain(chain, hook, outDevice);
    const verdict = verdictOf(end.outcome);
    const decision = decisionOf(chain, end);
    const isTheFilter = hook === NF_INET.LOCAL_IN || hook === NF_INET.FORWARD || hook === NF_INET.LOCAL_OUT;
    if (verdict.kind === 'accepted' && isTheFilter) this.#decision = decision;
    return verdict.kind === 'accepted' ? undefined : { verdict, decision };
  }

  /** Rules of translation are asked once for a connection; its packets then follow what was decided. */
  #translate(chains: readonly RulesetChain[], hook: number, outDevice: string | null): HookEnd | undefined {
    const isFirst = hook === NF_INET.PRE_ROUTING || hook === NF_INET.LOCAL_OUT;
    const isNew = this.#tracking.state === NF_CT_STATE.NEW;
    for (const chain of isNew ? chains : []) {
      const end = this.#runChain(chain, hook, outDevice);
      if (end.outcome.kind === 'translate') {
        this.#note(end.outcome, end.step);
        break;
      }
      const verdict = verdictOf(end.outcome);
      if (verdict.kind !== 'accepted') return { verdict, decision: decisionOf(chain, end) };
    }
    // With its last chain of translation a kernel translates no more, not even what is running.
    if (this.#isTranslating) this.#follow(isFirst ? 'destination' : 'source');
    return undefined;
  }

  /** The connection gets its new place; one that it has already is no translation. */
  #note({ end, address, port }: Extract<Outcome, { readonly kind: 'translate' }>, step: Step | null): void {
    const before = endsOf(this.#packet)[end];
    const place = { address: address ?? before.address, port: port ?? before.port };
    if (isSamePlace(before, place)) return;
    this.#tracking = translated(this.#tracking, end, place);
    if (end === 'source') this.#sourceBy = step;
    else this.#destinationBy = step;
  }

  #follow(end: keyof Ends): void {
    const place = translationOf(this.#tracking, end);
    if (place === undefined) return;
    this.#packet = end === 'source' ? withSource(this.#packet, place) : withDestination(this.#packet, place);
  }
}

function verdictOf(outcome: ChainEnd['outcome']): JudgedVerdict {
  if (outcome.kind === 'refuse') return { kind: 'refused', refusal: outcome.refusal };
  if (outcome.kind === 'translate') return { kind: 'accepted' };
  return { kind: outcome.verdict.code === NFT_VERDICT.ACCEPT ? 'accepted' : 'dropped' };
}

function decisionOf({ name }: RulesetChain, { step, path }: ChainEnd): Decision {
  return step === null ? { by: 'policy', chain: name } : { by: 'rule', step, path };
}

function lost({ reason, refusal }: Extract<Way, { readonly kind: 'nowhere' }>): HookEnd {
  return {
    verdict: refusal === null ? { kind: 'dropped' } : { kind: 'refused', refusal },
    decision: { by: 'routing', reason },
  };
}
