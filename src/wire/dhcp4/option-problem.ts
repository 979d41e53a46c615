import { UserError } from '../../base/errors.ts';
import { knownOption } from './option-catalog.ts';
import { type OptionType, WANTED_VALUE, type WrittenValue, encodeOptionValue } from './option-value.ts';

/**
 * The server makes these itself for each message: one in their place would make leases unusable (RFC 2132 §9), or say of
 * the server what is not so: rapid commit (RFC 4039), authentication (RFC 3118), lease queries (RFC 4388), subnet selection (RFC
 * 3011). A host name for everybody would be no name of anybody.
 */
const MADE_BY_SERVER = [0, 12, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 61, 80, 81, 82, 90, 91, 92, 118, 255];

/** Lengths that a list of addresses must be a multiple of: destination and mask, or destination and router (RFC 2132 §4.3, §5.8). */
const PAIRS = [21, 33];

/** What is wrong with an option as written: at which part of it, and what would be accepted there. */
export interface OptionProblem {
  readonly part: 'code' | 'type' | 'value';
  readonly wanted: string;
}

/** What keeps an option from being handed out; undefined if nothing does. */
export function optionProblem(
  code: number,
  type: OptionType,
  value: WrittenValue,
): OptionProblem | undefined {
  if (MADE_BY_SERVER.includes(code))
    return {
      part: 'code',
      wanted: 'an option other than those the server makes itself: 12, 50 to 59, 61, 80 to 82, 90 to 92, 118',
    };
  const known = knownOption(code);
  if (known !== undefined && !known.types.includes(type)) {
    const [usual = 'hex'] = known.types;
    return {
      part: 'type',
      wanted: `"${usual}", because option ${code} (${known.name}) is ${WANTED_VALUE[usual]}`,
    };
  }
  return valueProblem(code, type, value);
}

function valueProblem(code: number, type: OptionType, value: WrittenValue): OptionProblem | undefined {
  try {
    const { length } = encodeOptionValue(type, value);
    if (PAIRS.includes(code) && length % 8 !== 0)
      return { part: 'value', wanted: 'pairs of addresses: each destination with its mask or router' };
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { part: 'value', wanted: WANTED_VALUE[type] };
  }
}
