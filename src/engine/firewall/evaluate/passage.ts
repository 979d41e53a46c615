import type { RulesetSet } from '../ruleset.ts';
import type { Packet } from './packet.ts';
import { Registers } from './registers.ts';
import type { Surroundings } from './surroundings.ts';
import type { Tracking } from './tracking.ts';

/** A packet at a hook, and what the expressions of a rule share. Made anew for each hook; registers for each rule. */
export interface Passage {
  readonly surroundings: Surroundings;
  readonly sets: ReadonlyMap<string, RulesetSet>;
  readonly packet: Packet;
  readonly tracking: Tracking;
  /** NF_INET_* */
  readonly hook: number;
  readonly inDevice: string | null;
  readonly outDevice: string | null;
  readonly marks: Marks;
  readonly rule: RuleMemory;
}

/** Numbers that rules may leave on the packet and on its connection. */
export interface Marks {
  packet: number;
  connection: number;
}

/** What one rule remembers while its expressions run. */
export interface RuleMemory {
  readonly registers: Registers;
  /** Comments of the elements that lookups found. */
  readonly found: string[];
}

export function newRuleMemory(): RuleMemory {
  return { registers: new Registers(), found: [] };
}
