import { ENGLISH, type Pop3Texts } from './texts.ts';

/** A language that replies can be in (RFC 6856 §3). */
export interface Pop3Language {
  /** RFC 5646, such as `de` or `pt-BR`. */
  readonly tag: string;
  /** In the language itself: `Deutsch`. */
  readonly name: string;
  readonly texts: Pop3Texts;
}

/** What is spoken before LANG and by whoever never says it (RFC 2277 §4.5). */
const DEFAULT: Pop3Language = { tag: 'i-default', name: 'Default', texts: ENGLISH };
const BUILT_IN: readonly Pop3Language[] = [DEFAULT, { tag: 'en', name: 'English', texts: ENGLISH }];

/** All languages that can be chosen. */
export function allLanguages(more: readonly Pop3Language[] = []): readonly Pop3Language[] {
  const others = BUILT_IN.filter(({ tag }) => !more.some((one) => isSame(one.tag, tag)));
  return [...others, ...more];
}

/** The language for a tag: `*` is the default, and `de-CH` is answered in `de` where nothing nearer is there (RFC 4647 §3.4). */
export function findLanguage(languages: readonly Pop3Language[], tag: string): Pop3Language | undefined {
  if (tag === '*') return languages.find((one) => one.tag === DEFAULT.tag);
  for (let range = tag; range !== ''; range = range.slice(0, Math.max(0, range.lastIndexOf('-')))) {
    const found = languages.find((one) => isSame(one.tag, range));
    if (found !== undefined) return found;
  }
  return undefined;
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
