import { asciiLower } from '../../base/text.ts';

/** What a domain says of the hosts that take its mail (RFC 8461 section 3.2). */
export interface StsPolicy {
  readonly mode: 'enforce' | 'testing' | 'none';
  /** Seconds. */
  readonly maxAge: number;
  /** Host names, lower case; `*.` stands for one label. */
  readonly mx: readonly string[];
}

/** Octets of a policy; a longer one is none. */
export const MAX_STS_POLICY = 64 * 2 ** 10;
/** Seconds; longer ones are cut to this (section 3.2). */
const LONGEST_AGE = 31_557_600;
const MODES = ['enforce', 'testing', 'none'] as const;

/** The id of the policy that is in force, from the TXT records of `_mta-sts.` and the domain; there must be exactly one (section 3.1). */
export function parseStsRecord(texts: readonly string[]): string | undefined {
  const ours = texts.filter((text) => /^v=STSv1[ \t]*(?:;|$)/.test(text));
  const [record] = ours;
  if (record === undefined || ours.length > 1) return undefined;
  const fields = record.split(';').map((field) => field.trim());
  return fields.map((field) => /^id=([A-Za-z0-9]{1,32})$/.exec(field)?.[1]).find((id) => id !== undefined);
}

/** By its first colon, without surrounding blanks. One pattern for all of a line is tried again from each blank: a page of nothing but blanks takes it hours. */
function pairOf(line: string): { readonly name: string; readonly value: string } {
  const colon = line.indexOf(':');
  return { name: line.slice(0, Math.max(colon, 0)).trim(), value: line.slice(colon + 1).trim() };
}

/** Undefined for what is no policy. Unknown keys are passed over; of a key given twice the first counts. */
export function parseStsPolicy(text: string): StsPolicy | undefined {
  const lines = text.slice(0, MAX_STS_POLICY).split(/\r?\n/);
  const pairs = lines.map(pairOf);
  const valuesOf = (key: string): string[] =>
    pairs.flatMap(({ name, value }) => (name === key ? [value] : []));
  const [version] = valuesOf('version');
  const mode = MODES.find((one) => one === valuesOf('mode')[0]);
  const [age = ''] = valuesOf('max_age');
  const mx = valuesOf('mx').map(asciiLower);
  if (version !== 'STSv1' || mode === undefined || !/^\d{1,10}$/.test(age)) return undefined;
  if (mx.length === 0 && mode !== 'none') return undefined;
  return { mode, maxAge: Math.min(Number(age), LONGEST_AGE), mx };
}

/** Whether the policy has this host among those that take the mail (section 4.1). */
export function fitsStsPolicy(policy: StsPolicy, host: string): boolean {
  const name = asciiLower(host);
  const parent = name.slice(name.indexOf('.') + 1);
  return policy.mx.some((pattern) =>
    pattern.startsWith('*.') ? name.includes('.') && parent === pattern.slice(2) : pattern === name,
  );
}
