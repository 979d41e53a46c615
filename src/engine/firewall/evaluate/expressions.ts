import { NFT_REG } from '../../../wire/nftables/constants.ts';
import type { Data } from '../../../wire/nftables/data.ts';
import { NFT_CMP } from '../../../wire/nftables/expression/cmp.ts';
import { NFT_CT } from '../../../wire/nftables/expression/ct.ts';
import { NFT_DYNSET_F } from '../../../wire/nftables/expression/dynset.ts';
import { NFT_EXTHDR_F_PRESENT } from '../../../wire/nftables/expression/exthdr.ts';
import { NFT_LIMIT_F_INV } from '../../../wire/nftables/expression/limit.ts';
import { NFT_LOOKUP_F_INV } from '../../../wire/nftables/expression/lookup.ts';
import { NFT_META } from '../../../wire/nftables/expression/meta.ts';
import { NFT_RANGE } from '../../../wire/nftables/expression/range.ts';
import { NFT_RT } from '../../../wire/nftables/expression/rt.ts';
import type { Expression } from '../../../wire/nftables/expression.ts';
import type { RulesetElement } from '../ruleset.ts';
import { bitwiseResult, swapped } from './arithmetic.ts';
import { compareBytes, findElement, setOf } from './element.ts';
import { connectionFact, fibOf, metaOf, payloadOf } from './facts.ts';
import { BREAK, NEXT, type Outcome, nextIf, unknownTo, wanted } from './outcome.ts';
import type { Passage } from './passage.ts';
import { refusalBy } from './refusal.ts';
import { masqueraded, translatedBy } from './translation.ts';

type Kind = Expression['kind'];
type OfKind<K extends Kind> = Extract<Expression, { readonly kind: K }>;
type Handler<E> = (expression: E, passage: Passage) => Outcome;

/** Every kind of expression there is a codec for; a new one is an error here until its meaning is added. */
const HANDLERS: { readonly [K in Kind]: Handler<OfKind<K>> } = {
  bitwise: (expression, { rule: { registers } }) => {
    const length = wanted(expression.length, 'the length of bitwise');
    const value = registers.load(wanted(expression.sreg, 'the source of bitwise'), length);
    return store(expression.dreg, bitwiseResult(expression, value), registers);
  },
  byteorder: (expression, { rule: { registers } }) => {
    const length = wanted(expression.length, 'the length of byteorder');
    const value = registers.load(wanted(expression.sreg, 'the source of byteorder'), length);
    return store(
      expression.dreg,
      swapped(value, wanted(expression.size, 'the size of byteorder')),
      registers,
    );
  },
  cmp: compare,
  counter: () => NEXT,
  ct: connection,
  dynset: fillSet,
  // The packets judged here have no options, and what is written over one changes no verdict.
  exthdr: (expression, { rule: { registers } }) => {
    if (expression.sreg !== undefined) return NEXT;
    const isQuestion = ((expression.flags ?? 0) & NFT_EXTHDR_F_PRESENT) !== 0;
    return isQuestion ? store(expression.dreg, Uint8Array.of(0), registers) : BREAK;
  },
  fib: (expression, passage) => {
    const value = fibOf(passage, wanted(expression.flags, 'the flags of fib'), expression.result);
    return store(expression.dreg, value, passage.rule.registers);
  },
  // Only connections that have been answered are taken; for all others the rule ends.
  flow_offload: () => BREAK,
  immediate: ({ dreg, data }, { rule: { registers } }) =>
    applyData(wanted(dreg, 'the target of immediate'), data, registers),
  limit: withinLimit,
  log: () => NEXT,
  lookup: lookUp,
  masq: masqueraded,
  meta: ({ key, dreg, sreg }, passage) => {
    const { registers } = passage.rule;
    const name = wanted(key, 'the key of meta');
    if (sreg === undefined) return store(dreg, metaOf(passage, name), registers);
    if (name !== NFT_META.MARK) return unknownTo(`a change of meta key ${name}`);
    passage.marks.packet = hostNumber(registers.load(sreg, 4));
    return NEXT;
  },
  nat: translatedBy,
  objref: ({ name, sreg, set }, passage) => {
    if (name !== undefined) return NEXT;
    const found = findElement(passage, setOf(passage, set), wanted(sreg, 'the key of objref'));
    return nextIf(found !== undefined);
  },
  payload: ({ base, offset, length, dreg, sreg }, passage) => {
    if (sreg !== undefined) return unknownTo('a change of the packet');
    const value = payloadOf(
      passage,
      wanted(base, 'the base of payload'),
      wanted(offset, 'the offset of payload'),
      wanted(length, 'the length of payload'),
    );
    return value === undefined ? BREAK : store(dreg, value, passage.rule.registers);
  },
  range: ({ sreg, op, from, to }, { rule: { registers } }) => {
    const [low, high] = [bytesOf(from), bytesOf(to)];
    const value = registers.load(wanted(sreg, 'the source of range'), low.length);
    const isInside = compareBytes(low, value) <= 0 && compareBytes(value, high) <= 0;
    return nextIf(isInside === (op === NFT_RANGE.EQ));
  },
  reject: refusalBy,
  rt: ({ key, dreg }, { rule: { registers } }) => {
    if (key !== NFT_RT.TCPMSS) return unknownTo(`rt key ${key}`);
    return store(dreg, ETHERNET_MSS, registers);
  },
  unknown: ({ name }) => unknownTo(`the expression ${name}`),
};

/** What fits into 1500 bytes behind the headers of IPv4 and TCP, in host order. */
const ETHERNET_MSS = Uint8Array.of(1460 & 255, 1460 >> 8);

/** What an expression does to a packet at a hook. @throws InvariantError for one that the evaluator does not know */
export function evaluateExpression(expression: Expression, passage: Passage): Outcome {
  // Each handler takes the kind it stands under, which the type of the table says and that of a look-up cannot.
  const handler = HANDLERS[expression.kind] as Handler<Expression>;
  return handler(expression, passage);
}

type Registers = Passage['rule']['registers'];

function store(register: number | undefined, value: Uint8Array, registers: Registers): Outcome {
  registers.store(wanted(register, 'a target register'), value);
  return NEXT;
}

function bytesOf(data: Data | undefined): Uint8Array {
  return wanted(data?.value, 'a constant');
}

function hostNumber(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
}

/** A constant into a register, or a verdict. */
function applyData(register: number, data: Data | undefined, registers: Registers): Outcome {
  if (register !== NFT_REG.VERDICT) return store(register, bytesOf(data), registers);
  return { kind: 'verdict', verdict: wanted(data?.verdict, 'a verdict') };
}

function compare({ sreg, op, data }: OfKind<'cmp'>, { rule: { registers } }: Passage): Outcome {
  const constant = bytesOf(data);
  const order = compareBytes(registers.load(wanted(sreg, 'the source of cmp'), constant.length), constant);
  const holds: Readonly<Record<number, boolean>> = {
    [NFT_CMP.EQ]: order === 0,
    [NFT_CMP.NEQ]: order !== 0,
    [NFT_CMP.LT]: order < 0,
    [NFT_CMP.LTE]: order <= 0,
    [NFT_CMP.GT]: order > 0,
    [NFT_CMP.GTE]: order >= 0,
  };
  return nextIf(holds[wanted(op, 'the operator of cmp')] ?? unknownTo(`the comparison ${op}`));
}

function connection({ key, dreg, sreg, direction }: OfKind<'ct'>, passage: Passage): Outcome {
  const { registers } = passage.rule;
  const name = wanted(key, 'the key of ct');
  if (sreg !== undefined) {
    if (name !== NFT_CT.MARK) return unknownTo(`a change of ct key ${name}`);
    passage.marks.connection = hostNumber(registers.load(sreg, 4));
    return NEXT;
  }
  const value = connectionFact(passage, name, direction);
  return value === undefined ? BREAK : store(dreg, value, registers);
}

/** No limit is taken to be exceeded. */
function withinLimit({ flags }: OfKind<'limit'>): Outcome {
  return nextIf(((flags ?? 0) & NFT_LIMIT_F_INV) === 0);
}

function lookUp({ sreg, dreg, set, flags }: OfKind<'lookup'>, passage: Passage): Outcome {
  const found = findElement(passage, setOf(passage, set), wanted(sreg, 'the key of lookup'));
  const isInverted = ((flags ?? 0) & NFT_LOOKUP_F_INV) !== 0;
  if ((found !== undefined) === isInverted) return BREAK;
  if (found === undefined || dreg === undefined) return NEXT;
  return applyData(dreg, dataOf(found), passage.rule.registers);
}

function dataOf({ value }: RulesetElement): Data {
  if (value === undefined || 'counter' in value) return unknownTo('a look-up of a value that is none');
  return 'verdict' in value ? { verdict: value.verdict } : { value: value.bytes };
}

/** A set that rules fill is taken to have room; what its element itself asks is then asked. */
function fillSet({ flags, expression, expressions = [] }: OfKind<'dynset'>, passage: Passage): Outcome {
  if (((flags ?? 0) & NFT_DYNSET_F.INV) !== 0) return BREAK;
  const own = expression === undefined ? expressions : [expression];
  for (const one of own) {
    const outcome = evaluateExpression(one, passage);
    if (outcome.kind !== 'next') return outcome;
  }
  return NEXT;
}
