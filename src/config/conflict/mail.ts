import type { Problem } from '../../base/errors.ts';
import type { Config } from '../schema.ts';
import { type Finder, repeated } from './finder.ts';

function userProblems({ users, mail }: Config): Problem[] {
  const names = users.map(({ name }) => name);
  const twice = repeated(names).map(({ index, earlier }) => ({
    path: `users[${index}].name`,
    found: `"${names[index]}"`,
    wanted: `a name other than that of users[${earlier}]`,
  }));
  const known = new Set([...names, ...Object.keys(mail.aliases)]);
  const dangling = Object.entries(mail.aliases).flatMap(([alias, members]) =>
    members.flatMap((member, index) =>
      member.includes('@') || known.has(member) || member === 'admin'
        ? []
        : [
            {
              path: `mail.aliases.${alias}[${index}]`,
              found: `"${member}"`,
              wanted: 'a user, another alias or an outside address',
            },
          ],
    ),
  );
  return [...twice, ...dangling];
}

/** What a sender can write before the `@` without quotes, at most 64 characters (RFC 5321 section 4.5.3.1.1, RFC 6531). */
const ALIAS_NAME = /^[a-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff.-]{1,64}$/i;

function aliasProblems({ mail }: Config): Problem[] {
  const names = Object.keys(mail.aliases);
  const wrong = names
    .filter((name) => !ALIAS_NAME.test(name))
    .map((name) => ({
      path: `mail.aliases.${name}`,
      found: JSON.stringify(name),
      wanted: 'a name such as "sales", without "@"',
    }));
  const twice = repeated(names.map((name) => name.normalize('NFC').toLowerCase())).map(
    ({ index, earlier }) => ({
      path: `mail.aliases.${names[index]}`,
      found: JSON.stringify(names[index]),
      wanted: `a name other than "${names[earlier]}": case does not count`,
    }),
  );
  return [...wrong, ...twice];
}

function catchAllProblems({ users, mail }: Config): Problem[] {
  if (mail.catchAll === null || users.some(({ name }) => name === mail.catchAll)) return [];
  return [{ path: 'mail.catchAll', found: `"${mail.catchAll}"`, wanted: 'the name of a user, or null' }];
}

function listenerProblems({ mail }: Config): Problem[] {
  return repeated(mail.listeners.map(({ service }) => service)).map(({ index, earlier }) => ({
    path: `mail.listeners[${index}].service`,
    found: `"${mail.listeners[index]?.service}"`,
    wanted: `a service other than that of mail.listeners[${earlier}]`,
  }));
}

export const MAIL_FINDERS: readonly Finder[] = [
  { parts: ['users', 'mail'], find: userProblems },
  { parts: ['mail'], find: aliasProblems },
  { parts: ['users', 'mail'], find: catchAllProblems },
  { parts: ['mail'], find: listenerProblems },
];
