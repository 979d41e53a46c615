import { concatenation, DATA_TYPE } from '../../../wire/nftables/data-type.ts';
import type { RulesetElement, RulesetSet } from '../ruleset.ts';
import { wanted } from './outcome.ts';
import type { Passage } from './passage.ts';

/** The set of this name. @throws InvariantError for a rule that names none */
export function setOf(passage: Passage, name: string | undefined): RulesetSet {
  return wanted(passage.sets.get(wanted(name, 'the name of a set')), `the set ${name}`);
}

/** Looks the register up in a set or map; the element's comment is remembered for the rule. */
export function findElement(passage: Passage, set: RulesetSet, register: number): RulesetElement | undefined {
  const key = passage.rule.registers.load(register, concatenation(set.key).length);
  const element = set.elements.find((one) => matches(set, one, key));
  if (element?.comment !== undefined) passage.rule.found.push(element.comment);
  return element;
}

function matches(set: RulesetSet, element: RulesetElement, key: Uint8Array): boolean {
  if (!set.interval) return compareBytes(element.key, key) === 0;
  const last = element.last ?? element.key;
  // Ranges of a concatenation are ranges in each of its fields (nft_set_pipapo.c).
  return fieldsOf(set).every(
    ([from, to]) =>
      compareBytes(element.key.subarray(from, to), key.subarray(from, to)) <= 0 &&
      compareBytes(key.subarray(from, to), last.subarray(from, to)) <= 0,
  );
}

/** Where the fields of a key lie; each begins at a word. */
function fieldsOf({ key }: RulesetSet): (readonly [from: number, to: number])[] {
  let at = 0;
  return key.map((name) => {
    const from = at;
    const { length } = DATA_TYPE[name];
    at += Math.ceil(length / 4) * 4;
    return [from, from + length];
  });
}

/** As memcmp(): below, at or above zero. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? -1) - (b[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}
