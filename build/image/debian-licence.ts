/**
 * Short names of Debian's machine-readable copyright format 1.0, to those of SPDX. What is not here goes into the list
 * as it is, with its whole text.
 */
const NAMES: Readonly<Record<string, string>> = {
  'apache-2.0': 'Apache-2.0',
  'artistic-2.0': 'Artistic-2.0',
  'bsd-2-clause': 'BSD-2-Clause',
  'bsd-3-clause': 'BSD-3-Clause',
  'bsd-4-clause': 'BSD-4-Clause',
  'bsl-1.0': 'BSL-1.0',
  'cc0-1.0': 'CC0-1.0',
  expat: 'MIT',
  'gfdl-1.3': 'GFDL-1.3-only',
  'gpl-1+': 'GPL-1.0-or-later',
  'gpl-2': 'GPL-2.0-only',
  'gpl-2.0': 'GPL-2.0-only',
  'gpl-2+': 'GPL-2.0-or-later',
  'gpl-2.0+': 'GPL-2.0-or-later',
  'gpl-3': 'GPL-3.0-only',
  'gpl-3.0': 'GPL-3.0-only',
  'gpl-3+': 'GPL-3.0-or-later',
  'gpl-3.0+': 'GPL-3.0-or-later',
  isc: 'ISC',
  'lgpl-2': 'LGPL-2.0-only',
  'lgpl-2+': 'LGPL-2.0-or-later',
  'lgpl-2.1': 'LGPL-2.1-only',
  'lgpl-2.1+': 'LGPL-2.1-or-later',
  'lgpl-3': 'LGPL-3.0-only',
  'lgpl-3+': 'LGPL-3.0-or-later',
  mit: 'MIT',
  'mpl-2.0': 'MPL-2.0',
  openssl: 'OpenSSL',
  zlib: 'Zlib',
};

/**
 * The licences of a package by its copyright file, as an SPDX expression; undefined if the file has not the machine-readable
 * form, or names a licence that has no name in SPDX.
 */
export function licenceOf(copyright: string): string | undefined {
  if (!/^Format:/m.test(copyright)) return undefined;
  const fields = [...copyright.matchAll(/^License:[ \t]*(\S.*)$/gm)].map(([, names = '']) => names.trim());
  if (fields.length === 0) return undefined;
  const terms = fields.map((field) => expressionOf(field));
  const named = terms.filter((term) => term !== undefined);
  if (named.length < terms.length) return undefined;
  const sorted = [...new Set(named)].toSorted((a, b) => (a < b ? -1 : 1));
  return sorted.length === 1
    ? sorted[0]
    : sorted.map((term) => (term.includes(' ') ? `(${term})` : term)).join(' AND ');
}

/** `GPL-2+ or Artistic-2.0, and Expat`: the comma binds less than the words. */
function expressionOf(field: string): string | undefined {
  const words = field.replaceAll(',', '').split(/\s+/);
  const terms = words.map((word) =>
    /^(?:and|or)$/i.test(word) ? word.toUpperCase() : NAMES[word.toLowerCase()],
  );
  // A comma changes how "and" and "or" belong together: such a field is left to its text.
  const isMixed = terms.includes('AND') && terms.includes('OR');
  return terms.includes(undefined) || isMixed ? undefined : terms.join(' ');
}
