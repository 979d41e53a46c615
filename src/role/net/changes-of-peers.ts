import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../../config/schema.ts';

/** What changes in the roles besides this one, in the words of `config apply`: they are told, and do not tell what they did. */
export function changesOfPeers(before: Config, next: Config): string[] {
  const isOther = (part: keyof Config): boolean => !isDeepStrictEqual(before[part], next[part]);
  return [
    ...(isOther('mail') || isOther('users') ? ['mail server changed'] : []),
    ...(isOther('web') ? ['web pages changed'] : []),
  ];
}
