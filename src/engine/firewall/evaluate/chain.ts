import { InvariantError } from '../../../base/errors.ts';
import { NFT_VERDICT } from '../../../wire/nftables/constants.ts';
import type { Verdict } from '../../../wire/nftables/data.ts';
import type { RulesetChain, RulesetRule } from '../ruleset.ts';
import { evaluateExpression } from './expressions.ts';
import { NEXT, type Outcome, unknownTo, wanted } from './outcome.ts';
import { type Passage, newRuleMemory } from './passage.ts';

/** A rule whose expressions all matched. */
export interface Step {
  readonly chain: string;
  readonly comment: string;
  /** Comments of the set and map elements by which it matched. */
  readonly found: readonly string[];
  readonly outcome: Outcome;
}

/** What a base chain does with a packet. */
export interface ChainEnd {
  readonly outcome: Exclude<Outcome, { readonly kind: 'next' | 'break' }>;
  /** The rule that decided; null for the policy of the chain. */
  readonly step: Step | null;
  /** The rules by which the chain of the deciding rule was reached, the first in the base chain. */
  readonly path: readonly Step[];
  /** All rules that matched, in order. */
  readonly steps: readonly Step[];
}

interface Frame {
  readonly chain: RulesetChain;
  readonly path: readonly Step[];
  next: number;
}

/** How deep jumps may nest (NFT_JUMP_STACK_SIZE of net/netfilter/nf_tables.h). */
const MAX_DEPTH = 16;

/** Runs a packet through a base chain and all that its rules lead to, as nft_do_chain() does. */
export class ChainRun {
  readonly #chains: ReadonlyMap<string, RulesetChain>;
  readonly #passage: Omit<Passage, 'rule'>;
  readonly #steps: Step[] = [];
  /** Where rules that jumped go on, the last on top. */
  readonly #returns: Frame[] = [];

  constructor(chains: ReadonlyMap<string, RulesetChain>, passage: Omit<Passage, 'rule'>) {
    this.#chains = chains;
    this.#passage = passage;
  }

  run(base: RulesetChain): ChainEnd {
    let frame: Frame | undefined = { chain: base, path: [], next: 0 };
    while (frame !== undefined) {
      const rule: RulesetRule | undefined = frame.chain.rules[frame.next++];
      if (rule === undefined) {
        frame = this.#returns.pop();
        continue;
      }
      const step = this.#meet(frame.chain, rule);
      if (step === undefined) continue;
      this.#steps.push(step);
      const { outcome } = step;
      if (outcome.kind === 'verdict' && !isFinal(outcome.verdict))
        frame = this.#lead(frame, outcome.verdict, step);
      else if (outcome.kind !== 'next' && outcome.kind !== 'break')
        return { outcome, step, path: frame.path, steps: this.#steps };
    }
    const code = base.base?.policy === 'drop' ? NFT_VERDICT.DROP : NFT_VERDICT.ACCEPT;
    const outcome = { kind: 'verdict', verdict: { code } } as const;
    return { outcome, step: null, path: [], steps: this.#steps };
  }

  /** The rule's outcome, or undefined if it does not match. */
  #meet(chain: RulesetChain, { expressions, comment }: RulesetRule): Step | undefined {
    const passage: Passage = { ...this.#passage, rule: newRuleMemory() };
    let outcome: Outcome = NEXT;
    for (const expression of expressions) {
      outcome = evaluateExpression(expression, passage);
      if (outcome.kind === 'break') return undefined;
      // A verdict map may say "continue", which is no verdict.
      if (outcome.kind === 'verdict' && outcome.verdict.code === NFT_VERDICT.CONTINUE) outcome = NEXT;
      if (outcome.kind !== 'next') break;
    }
    return { chain: chain.name, comment, found: passage.rule.found, outcome };
  }

  /** The rule to go on with after a jump, goto or return; undefined leads to the policy. */
  #lead(frame: Frame, { code, chain: name }: Verdict, step: Step): Frame | undefined {
    if (code === NFT_VERDICT.RETURN) return this.#returns.pop();
    if (code !== NFT_VERDICT.JUMP && code !== NFT_VERDICT.GOTO) return unknownTo(`the verdict ${code}`);
    if (code === NFT_VERDICT.JUMP && this.#returns.push(frame) > MAX_DEPTH)
      throw new InvariantError(`Cannot jump to chain ${name}: more than ${MAX_DEPTH} jumps are nested`);
    const chain = wanted(this.#chains.get(wanted(name, 'a chain to go to')), `the chain ${name}`);
    return { chain, path: [...frame.path, step], next: 0 };
  }
}

function isFinal({ code }: Verdict): boolean {
  return code === NFT_VERDICT.ACCEPT || code === NFT_VERDICT.DROP;
}
